/** What is played, as the page's address says it: scenario, variant, seed, profile, typed line and changes. The same address is the same run. */
import type { Scenario, ScenarioVariant } from '../../scenarios/index.ts';
import { comparison, INPUT, scenarios } from '../../scenarios/index.ts';
import type { Profile } from '../../sim/index.ts';
import type { Change } from './change.ts';
import { formatChanges, parseChanges } from './change.ts';

/** What is played. */
export interface Setup {
  readonly scenario: string;
  readonly variant: string;
  readonly seed: number;
  readonly profile: Profile;
  /** What is typed where a program asks for a line. */
  readonly input: string;
  readonly changes: readonly Change[];
}

/** So much of a name that there is not is said. */
const QUOTED_MAX = 40;
/** A typed line is no longer than this. */
export const INPUT_MAX = 60;
/** The largest seed of a simulated network. */
export const SEED_MAX: number = 2 ** 31 - 1;

/** The scenario of that name; the first for a name that there is not. */
export function scenarioOf(name: string): Scenario {
  const [first] = scenarios;
  const scenario = [...scenarios, comparison].find((one) => one.name === name) ?? first;
  if (!scenario) throw new Error('There is no scenario');
  return scenario;
}

/** The variant of that name; the first for a name that there is not. */
export function variantOf(scenario: Scenario, name: string): ScenarioVariant {
  return scenario.variants.find((one) => one.name === name) ?? scenario.variants[0];
}

/** How a scenario is played when nothing more is said. */
export function setupOf(name: string, variant = ''): Setup {
  const scenario = scenarioOf(name);
  const { name: chosen } = variantOf(scenario, variant);
  return { scenario: scenario.name, variant: chosen, seed: 1, profile: 'linux', input: INPUT, changes: [] };
}

/** What an address says. */
export interface Read {
  readonly setup: Setup;
  readonly timeUs: number | undefined;
  /** What in it there is not, or no more, in a sentence for whoever was sent it; empty when there is all. */
  readonly lack: string;
}

/** Reads the address. Teachers write `?scenario=8b` too: the eighth scenario, its second variant. */
export function readSetup(query: string): Read {
  const words = new URLSearchParams(query);
  const asked = words.get('scenario') ?? '';
  const [name, letter] = numbered(asked);
  const variant = words.get('variant') ?? letter;
  const time = Number(words.get('t') ?? Number.NaN);
  const setup: Setup = {
    ...setupOf(name, variant),
    seed: seedOf(words.get('seed') ?? ''),
    profile: words.get('profile') === 'rfc' ? 'rfc' : 'linux',
    input: (words.get('input') ?? INPUT).slice(0, INPUT_MAX),
    changes: parseChanges(words.get('changes') ?? ''),
  };
  return {
    setup,
    timeUs: Number.isFinite(time) && time >= 0 ? time : undefined,
    lack: lackOf(setup, { asked, name, variant, changes: words.get('changes') ?? '' }),
  };
}

function lackOf(
  setup: Setup,
  { asked, name, variant, changes }: Readonly<Record<'asked' | 'name' | 'variant' | 'changes', string>>,
): string {
  const quoted = (text: string) => `“${text.slice(0, QUOTED_MAX)}”`;
  if (asked !== '' && setup.scenario !== name)
    return `There is no scenario ${quoted(asked)}: this is the first.`;
  if (variant !== '' && setup.variant !== variant)
    return `There is no variant ${quoted(variant)}: this is the first.`;
  const unknown = changes === '' ? 0 : changes.split(',').length - setup.changes.length;
  if (unknown === 0) return '';
  return unknown === 1
    ? 'A change in the address can’t be made: the run is without it.'
    : `${unknown} changes in the address can’t be made: the run is without them.`;
}

/** The seed that a text says, or the nearest that there is; 1 for none. */
export function seedOf(text: string): number {
  const seed = Math.trunc(Number(text || 1));
  return Number.isNaN(seed) ? 1 : Math.max(0, Math.min(SEED_MAX, seed));
}

function numbered(text: string): readonly [string, string] {
  const [, number, letter = 'a'] = /^(\d+)([a-z])?$/.exec(text) ?? [];
  if (number === undefined) return [text, ''];
  const scenario = scenarios[Number(number) - 1];
  return [scenario?.name ?? '', scenario?.variants[letter.charCodeAt(0) - 97]?.name ?? ''];
}

/** Writes the address: what is as usual is left out. */
export function writeSetup(setup: Setup, timeUs: number): string {
  const { scenario, variant, seed, profile, input, changes } = setup;
  const words = new URLSearchParams({ scenario, variant, seed: String(seed) });
  if (profile !== 'linux') words.set('profile', profile);
  if (input !== INPUT) words.set('input', input);
  if (changes.length > 0) words.set('changes', formatChanges(changes));
  if (timeUs > 0) words.set('t', String(Math.round(timeUs)));
  return `?${words}`;
}
