/** A list of faults as data: to be printed, sent, made by chance, and made smaller while a test still fails. */
import type { PartitionHow } from '../engines/sim/actions.ts';
import type { Fault } from '../engines/sim/fault.ts';
import { RandomStream } from '../engines/sim/random.ts';
import type { SimNet } from './simnet.ts';
import type { Way } from './way.ts';

/** Where and when a planned fault acts. */
interface Planned {
  /** The name of the link: `client-server`. */
  readonly link: string;
  /** The name of the host that the packets go to; both ways when left out. */
  readonly toward?: string;
  /** Only from this time on, and before the other, in milliseconds. */
  readonly fromMs?: number;
  readonly untilMs?: number;
}

/** One fault of a plan. */
export type PlannedFault = Planned &
  (
    | { readonly kind: 'drop'; readonly nth: readonly number[] }
    | { readonly kind: 'loss' | 'corrupt'; readonly probability: number }
    | { readonly kind: 'burst'; readonly pGoodBad: number; readonly pBadGood: number }
    | { readonly kind: 'duplicate'; readonly probability: number; readonly copies: number }
    | { readonly kind: 'reorder'; readonly probability: number; readonly gap: number }
    | { readonly kind: 'delay'; readonly probability: number; readonly delayMs: number }
    | { readonly kind: 'partition'; readonly how: PartitionHow }
  );

/** Faults, in the order in which they are installed. */
export type FaultPlan = readonly PlannedFault[];

/** Installs a plan. Its faults may do nothing: chance made them. @throws RangeError for a link that there is not. */
export function installPlan(sim: SimNet, plan: FaultPlan): Fault[] {
  return plan.map((fault) => install(wayOf(sim, fault), fault));
}

function wayOf(sim: SimNet, { link, toward }: Planned): Way {
  const wire = sim.wires.find(({ name }) => name === link);
  if (!wire) throw new RangeError(`The network has no link ${link}`);
  if (toward === undefined) return wire.both;
  const host = wire.ends.find(({ name }) => name === toward);
  if (!host) throw new RangeError(`The link ${link} does not end at ${toward}`);
  return wire.toward(host);
}

function install(way: Way, fault: PlannedFault): Fault {
  const { fromMs = 0, untilMs = Number.POSITIVE_INFINITY } = fault;
  const selector = { fromMs, untilMs, optional: true };
  switch (fault.kind) {
    case 'drop':
      return way.drop({ ...selector, nth: fault.nth });
    case 'loss':
      return way.loss(fault.probability, selector);
    case 'corrupt':
      return way.corrupt({ ...selector, probability: fault.probability });
    case 'burst':
      return way.lossBurst(fault, selector);
    case 'duplicate':
      return way.duplicate({ ...selector, probability: fault.probability }, { copies: fault.copies });
    case 'reorder':
      return way.reorder({ gap: fault.gap }, { ...selector, probability: fault.probability });
    case 'delay':
      return way.delay(fault.delayMs, { ...selector, probability: fault.probability });
    case 'partition':
      return way.partition({ ...selector, how: fault.how });
  }
}

/** What a plan by chance is made for. */
export interface RandomPlanOptions {
  readonly link: string;
  /** The names of the hosts at its ends. */
  readonly hosts: readonly [string, string];
  /** The most faults; 4 when left out. */
  readonly faultsMax?: number;
  /** When the last of it ends, in milliseconds, so that a test that waits gets its answer; 2,000 when left out. */
  readonly untilMs?: number;
}

/** Makes a plan by chance: the same for the same seed. */
export function randomPlan(
  seed: number,
  { link, hosts, faultsMax = 4, untilMs = 2000 }: RandomPlanOptions,
): FaultPlan {
  const random = new RandomStream(seed, 'plan', link);
  return Array.from({ length: random.integer(0, faultsMax) }, () => {
    const toward = [hosts[0], hosts[1], undefined][random.integer(0, 2)];
    const fromMs = random.integer(0, untilMs - 1);
    const where = {
      link,
      ...(toward === undefined ? {} : { toward }),
      fromMs: random.chance(0.5) ? 0 : fromMs,
      untilMs: random.integer(fromMs + 1, untilMs),
    };
    return { ...where, ...randomFault(random) };
  });
}

type FaultPart<F = PlannedFault> = F extends Planned ? Omit<F, keyof Planned> : never;

function randomFault(random: RandomStream): FaultPart {
  const probability = random.integer(1, 50) / 100;
  switch (random.integer(0, 7)) {
    case 0:
      return { kind: 'drop', nth: Array.from({ length: random.integer(1, 4) }, () => random.integer(1, 30)) };
    case 1:
      return { kind: 'loss', probability };
    case 2:
      return { kind: 'corrupt', probability };
    case 3:
      return { kind: 'burst', pGoodBad: probability / 5, pBadGood: random.integer(10, 90) / 100 };
    case 4:
      return { kind: 'duplicate', probability, copies: random.integer(1, 3) };
    case 5:
      return { kind: 'reorder', probability, gap: random.integer(1, 5) };
    case 6:
      return { kind: 'delay', probability, delayMs: random.integer(1, 200) };
    default:
      return { kind: 'partition', how: 'blackhole' };
  }
}
