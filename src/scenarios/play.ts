/** Plays a scenario: builds its network, runs it to the end of its plan, and looks at the sockets where it says so. */
import type { Host, Profile, SimNet, SocketRow, Wire } from '../sim/index.ts';
import { SimulationError, simnet } from '../sim/index.ts';
import type { Plan, Scenario, ScenarioProgram, ScenarioVariant, Stage } from './scenario.ts';

/** How long the network goes on when the programs have ended, so that what is on its way arrives. */
const AFTER_MS = 100;
/** What is typed where a program asks for a line, unless another line is given. */
export const INPUT = 'hello';
/** A run with changes can be another than was meant, and need not end; this is more than happens in any scenario. */
const HAPPENINGS_MAX = 50_000;

/** How to play. */
export interface PlayOptions {
  readonly seed?: number;
  readonly profile?: Profile;
  /** The name of a variant; the first when left out. */
  readonly variant?: string;
  /** The probability with which every link loses a packet beyond what the scenario loses, 0 to 1. */
  readonly loss?: number;
  /** What is typed where a program asks for a line; `hello` when left out. */
  readonly input?: string;
  /**
   * Changes the network before it runs: further faults, hosts, other links. A program that fails then, or waits for
   * ever, is part of the picture: the run ends without an error, and the performance says how (`end`).
   */
  readonly change?: (made: Made) => void;
  /** Called before the run and after each of its events, when all programs wait. Must change nothing. */
  readonly watch?: (sim: SimNet) => void;
}

/** A network that has been built and has not run. */
export interface Made {
  readonly sim: SimNet;
  readonly wires: readonly Wire[];
  /** What runs where: the programs that a host was given. */
  readonly programs: readonly HostedProgram[];
  /** Starts a program on a host at a time, as the scenario does with its own. */
  run(host: Host, program: ScenarioProgram, atMs: number): void;
}

/** A program and its host. */
export interface HostedProgram {
  readonly host: Host;
  /** Its name there: with a number where there are several. */
  readonly name: string;
  readonly program: ScenarioProgram;
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
  readonly programs: readonly HostedProgram[];
  readonly end: PlayEnd;
}

/** How a run ended: as its plan says, or before, because nothing can happen any more, or too much did. */
export type PlayEnd = 'planned' | 'idle' | 'full';

/** @throws RangeError for a variant that there is not. */
export async function play(scenario: Scenario, options: PlayOptions = {}): Promise<Performance> {
  const { seed = 1, profile = 'linux' } = options;
  const variant = variantOf(scenario, options.variant);
  // a run that is full is told from its beginning
  const sim = simnet({ seed, profile, traceEventsMax: 2 * HAPPENINGS_MAX });
  const making = new Making(sim, options);
  const looks: Look[] = [];
  const plan = variant.build(making.stage());
  const look = () => looks.push(lookAt(sim));
  for (const ms of plan.looksMs ?? []) sim.at(ms, look);
  options.change?.(making);
  const end = await perform(sim, plan, options);
  look();
  const { wires, programs } = making;
  return { scenario, variant, sim, wires, looks, programs, end };
}

/** Runs to the end of the plan. */
async function perform(sim: SimNet, plan: Plan, options: PlayOptions): Promise<PlayEnd> {
  const { loss = 0, change, watch } = options;
  const mayFail = loss > 0 || change !== undefined;
  const isDone = plan.until === undefined ? () => false : settled(plan.until, mayFail);
  const isFull = () => {
    watch?.(sim);
    return mayFail && sim.traceEvents.length >= HAPPENINGS_MAX;
  };
  const end = await runOn(sim, () => isFull() || isDone(), plan, mayFail);
  if (isFull()) return 'full';
  if (!isDone()) return end;
  await runOn(sim, isFull, { forMs: AFTER_MS }, mayFail);
  return isFull() ? 'full' : 'planned';
}

/** Runs until it is time; a program that fails does not keep the others from going on where it may fail. */
async function runOn(
  sim: SimNet,
  until: () => boolean,
  { until: awaited, forMs }: Plan,
  mayFail: boolean,
): Promise<PlayEnd> {
  const endMs = forMs === undefined ? undefined : sim.now + forMs;
  for (;;) {
    try {
      await sim.run({ until, ...(endMs === undefined ? {} : { forMs: Math.max(0, endMs - sim.now) }) });
      return 'planned';
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error;
      // nothing was waited for: it has simply come to rest
      if (error.code === 'IDLE' && awaited === undefined) return 'planned';
      if (!mayFail) throw error;
      if (error.code !== 'PROGRAM') return 'idle';
    }
  }
}

/** Whether these programs have ended; where one may fail, all of them. */
function settled(results: readonly Promise<unknown>[], mayFail: boolean): () => boolean {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  const all: Promise<unknown> = mayFail ? Promise.allSettled(results) : Promise.all(results);
  all.then(settle, settle);
  return () => isSettled;
}

function variantOf({ name, variants }: Scenario, wanted: string | undefined): ScenarioVariant {
  const variant = wanted === undefined ? variants[0] : variants.find((one) => one.name === wanted);
  if (variant) return variant;
  const names = variants.map((one) => one.name).join(', ');
  throw new RangeError(`The scenario ${name} has the variants ${names}, got ${wanted}`);
}

/** What a scenario is built with, and what it has built. */
class Making implements Made {
  readonly sim: SimNet;
  readonly wires: Wire[] = [];
  readonly programs: HostedProgram[] = [];
  readonly #loss: number;
  readonly #input: string;

  constructor(sim: SimNet, { loss = 0, input = INPUT }: PlayOptions) {
    this.sim = sim;
    this.#loss = loss;
    this.#input = input;
  }

  stage(): Stage {
    return {
      sim: this.sim,
      host: (name, ip, ...programs) => {
        const host: Host = this.sim.host(name, { ip });
        const results = programs.map((program, index) =>
          this.#start(host, program, programs.length > 1 ? `${program.name} ${index + 1}` : program.name),
        );
        return { host, results };
      },
      link: (a, b, options) => {
        const wire = this.sim.link(a, b, options);
        this.wires.push(wire);
        if (this.#loss > 0) wire.both.loss(this.#loss, { optional: true });
        return wire;
      },
    };
  }

  run(host: Host, program: ScenarioProgram, atMs: number): void {
    this.sim.at(atMs, () => void this.#start(host, program, program.name));
  }

  #start(host: Host, program: ScenarioProgram, name: string): Promise<unknown> {
    this.programs.push({ host, name, program });
    return host.run(name, (context) => program.body({ ...context, input: () => this.#input }));
  }
}

function lookAt(sim: SimNet): Look {
  const hosts = sim.hosts.map((host) => ({ host: host.name, sockets: sim.sockets(host).rows }));
  return { timeMs: sim.now, hosts };
}
