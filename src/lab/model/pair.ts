/** Which two runs are compared, as the page's address says it: UDP and TCP under the same losses, or any two of a scenario. */
import { comparison } from '../../scenarios/index.ts';
import type { Setup } from './setup.ts';
import { readSetup, SEED_MAX, scenarioOf, setupOf, variantOf, writeSetup } from './setup.ts';

/** What is compared. */
export interface Pair {
  readonly left: Setup;
  readonly right: Setup;
}

/** UDP and TCP. */
export function bothTransports(seed: number): Pair {
  return {
    left: { ...setupOf(comparison.name, 'udp'), seed },
    right: { ...setupOf(comparison.name, 'tcp'), seed },
  };
}

/** Whether it is UDP and TCP. */
export function isTransports({ left }: Pair): boolean {
  return left.scenario === comparison.name;
}

/** A run and what it is compared with first: itself as it was before it was changed, the next variant, or another seed. */
export function pairOf(left: Setup): Pair {
  if (left.changes.length > 0) return { left, right: { ...left, changes: [] } };
  const { variants } = scenarioOf(left.scenario);
  const at = variants.findIndex(({ name }) => name === left.variant);
  const next = variants[(at + 1) % variants.length];
  return next && variants.length > 1
    ? { left, right: { ...left, variant: next.name } }
    : { left, right: { ...left, seed: left.seed < SEED_MAX ? left.seed + 1 : 0 } };
}

/** Reads the address: the run on the left is written as ever, that on the right is one word of it. */
export function readPair(query: string): { readonly pair: Pair; readonly timeUs: number | undefined } {
  const words = new URLSearchParams(query);
  const { setup: left, timeUs } = readSetup(query);
  const other = words.get('with');
  if (!words.has('scenario')) return { pair: bothTransports(left.seed), timeUs };
  if (other === null) return { pair: pairOf(left), timeUs };
  const right = readSetup(other).setup;
  return { pair: { left, right: right.scenario === left.scenario ? right : left }, timeUs };
}

/** Writes the address. */
export function writePair(pair: Pair, timeUs: number): string {
  const { left, right } = pair;
  const words = new URLSearchParams(isTransports(pair) ? { seed: String(left.seed) } : writeSetup(left, 0));
  words.set('view', 'compare');
  if (!isTransports(pair)) words.set('with', writeSetup(right, 0));
  if (timeUs > 0) words.set('t', String(Math.round(timeUs)));
  return `?${words}`;
}

/** What each is called: by what makes it another run than the other. */
export function namesOf({ left, right }: Pair): readonly [string, string] {
  const name = (one: Setup, other: Setup) => {
    const words = [
      ...(one.variant === other.variant ? [] : [variantOf(scenarioOf(one.scenario), one.variant).title]),
      ...(one.seed === other.seed ? [] : [`seed ${one.seed}`]),
      ...(one.profile === other.profile ? [] : [one.profile === 'rfc' ? 'as the books' : 'as Linux']),
      ...(one.changes.length === other.changes.length
        ? []
        : [one.changes.length > 0 ? 'changed' : 'unchanged']),
    ];
    return words.join(', ') || `seed ${one.seed}`;
  };
  return [name(left, right), name(right, left)];
}
