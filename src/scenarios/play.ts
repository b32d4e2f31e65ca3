/** Plays a scenario: builds its network, runs it to the end of its plan, and looks at the sockets where it says so. */
import type { Host, Profile, SimNet, SocketRow, Wire } from '../sim/index.ts';
import { SimulationError, simnet } from '../sim/index.ts';
import type { Scenario, ScenarioVariant, Stage } from './scenario.ts';

/** How long the network goes on when the programs have ended, so that what is on its way arrives. */
const AFTER_MS = 100;

/** How to play. */
export interface PlayOptions {
  readonly seed?: number;
  readonly profile?: Profile;
  /** The name of a variant; the first when left out. */
  readonly variant?: string;
  /** The probability with which every link loses a packet beyond what the scenario loses, 0 to 1. */
  readonly loss?: number;
}

/** The sockets of all hosts at one time. */
export interface Look {
  readonly timeMs: number;
  readonly hosts: readonly { readonly host: string; readonly sockets: readonly SocketRow[] }[];
}

/** What was played. */
export interface Performance {
  readonly scenario: Scenario;
  readonly variant: ScenarioVariant;
  readonly sim: SimNet;
  readonly wires: readonly Wire[];
  /** In order; the last is that of the end. */
  readonly looks: readonly Look[];
}

/** @throws RangeError for a variant that there is not. */
export async function play(scenario: Scenario, options: PlayOptions = {}): Promise<Performance> {
  const { seed = 1, profile = 'linux', loss = 0 } = options;
  const variant = variantOf(scenario, options.variant);
  const sim = simnet({ seed, profile });
  const wires: Wire[] = [];
  const looks: Look[] = [];
  const plan = variant.build(stageOf(sim, wires, loss));
  const look = () => looks.push(lookAt(sim));
  for (const ms of plan.looksMs ?? []) sim.at(ms, look);
  try {
    await sim.run({
      ...(plan.until === undefined ? {} : { until: Promise.all(plan.until) }),
      ...(plan.forMs === undefined ? {} : { forMs: plan.forMs }),
    });
    if (plan.until !== undefined) await sim.run({ forMs: AFTER_MS });
  } catch (error) {
    // more is lost than the programs are made for: that one waits for ever is what there is to see
    if (!(loss > 0 && error instanceof SimulationError && error.code === 'IDLE')) throw error;
  }
  look();
  return { scenario, variant, sim, wires, looks };
}

function variantOf({ name, variants }: Scenario, wanted: string | undefined): ScenarioVariant {
  const variant = wanted === undefined ? variants[0] : variants.find((one) => one.name === wanted);
  if (variant) return variant;
  const names = variants.map((one) => one.name).join(', ');
  throw new RangeError(`The scenario ${name} has the variants ${names}, got ${wanted}`);
}

function stageOf(sim: SimNet, wires: Wire[], loss: number): Stage {
  return {
    sim,
    host: (name, ip, ...programs) => {
      const host: Host = sim.host(name, { ip });
      const results = programs.map(({ name: program, body }, index) =>
        host.run(programs.length > 1 ? `${program} ${index + 1}` : program, body),
      );
      return { host, results };
    },
    link: (a, b, options) => {
      const wire = sim.link(a, b, options);
      wires.push(wire);
      if (loss > 0) wire.both.loss(loss, { optional: true });
      return wire;
    },
  };
}

function lookAt(sim: SimNet): Look {
  const hosts = sim.hosts.map((host) => ({ host: host.name, sockets: sim.sockets(host).rows }));
  return { timeMs: sim.now, hosts };
}
