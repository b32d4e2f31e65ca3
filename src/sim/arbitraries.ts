/** Plans of faults for property tests with fast-check, which is handed in: a package that a user has or has not. */
import type { PartitionHow } from '../engines/sim/actions.ts';
import type { RandomPlanOptions } from './plan.ts';

/** An arbitrary of fast-check, as far as it is used here. */
interface Arbitrary<T> {
  map<U>(mapper: (value: T) => U): Arbitrary<U>;
}

/** What is used of fast-check 3 and 4. */
export interface FastCheck<Made> {
  integer(range: { min: number; max: number }): Arbitrary<number>;
  constant<const T>(value: T): Arbitrary<T>;
  constantFrom<const T>(...values: T[]): Arbitrary<T>;
  // each field has its own type, and only fast-check's own types say so; the casts below do
  record(fields: Record<string, unknown>): Made;
  oneof(...arbitraries: Made[]): Made;
  array(arbitrary: Made, range: { maxLength: number }): Made;
}

/**
 * Plans of faults of one link. A failing plan shrinks to few faults with small numbers.
 *
 * @param fc - the module `fast-check`.
 * @example
 * ```ts
 * import fc from 'fast-check';
 * import type { FaultPlan } from 'portico/sim';
 * import { faultPlans } from 'portico/sim';
 *
 * const plans = faultPlans(fc as never, { link: 'client-server', hosts: ['client', 'server'] }) as fc.Arbitrary<FaultPlan>;
 * fc.assert(fc.property(plans, (plan) => plan.length <= 4));
 * ```
 */
export function faultPlans<Made>(fc: FastCheck<Made>, options: RandomPlanOptions): Made {
  const { link, hosts, faultsMax = 4, untilMs = 2000 } = options;
  const percent = fc.integer({ min: 0, max: 50 }).map((value) => value / 100);
  const where = {
    link: fc.constant(link),
    toward: fc.constantFrom<string | undefined>(undefined, ...hosts),
    fromMs: fc.integer({ min: 0, max: untilMs }),
    untilMs: fc.integer({ min: 0, max: untilMs }),
  };
  const how: PartitionHow = 'blackhole';
  const kinds: Record<string, Record<string, unknown>> = {
    loss: { probability: percent },
    corrupt: { probability: percent },
    burst: { pGoodBad: percent, pBadGood: fc.integer({ min: 10, max: 100 }).map((value) => value / 100) },
    duplicate: { probability: percent, copies: fc.integer({ min: 1, max: 3 }) },
    reorder: { probability: percent, gap: fc.integer({ min: 1, max: 5 }) },
    delay: { probability: percent, delayMs: fc.integer({ min: 1, max: 200 }) },
    partition: { how: fc.constant(how) },
  };
  const faults = Object.entries(kinds).map(([kind, fields]) =>
    fc.record({ kind: fc.constant(kind), ...where, ...fields }),
  );
  return fc.array(fc.oneof(...faults), { maxLength: faultsMax });
}
