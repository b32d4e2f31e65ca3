/** The head of the page: what is played. */
import type { VNode } from 'preact';
import { comparison, scenarios } from '../../scenarios/index.ts';
import type { Setup } from '../model/setup.ts';
import { SEED_MAX, scenarioOf, seedOf, setupOf } from '../model/setup.ts';
import { Pages } from './pages.tsx';

/** What the head needs. */
export interface HeaderProps {
  readonly setup: Setup;
  readonly isComparing: boolean;
  readonly open: (setup: Setup) => void;
  readonly compare: () => void;
  /** Puts another run beside this one, or takes it away. */
  readonly compareWith?: (() => void) | undefined;
  readonly copyLink: () => void;
  readonly savePcap?: () => void;
  readonly help: () => void;
  readonly notice: string;
}

/** The menu's last entry, which has a page of its own. */
const COMPARE = comparison.name;

/** The head. */
export function Header(props: HeaderProps): VNode {
  const { setup, isComparing, open, compare, compareWith, copyLink, savePcap, help, notice } = props;
  return (
    <header class="head">
      <h1>Portico Lab</h1>
      <Pages isLive={false} />
      <label class="wide">
        <span class="sr">Scenario</span>
        <select
          value={setup.scenario}
          onChange={(event) => {
            const { value } = event.currentTarget;
            if (value === COMPARE) compare();
            else open(setupOf(value));
          }}
        >
          {scenarios.map(({ name, title }, index) => (
            <option key={name} value={name}>
              {index + 1}. {title}
            </option>
          ))}
          <option value={COMPARE}>UDP and TCP side by side</option>
        </select>
      </label>
      {!isComparing && <VariantMenu setup={setup} open={open} />}
      {(!isComparing || setup.scenario === COMPARE) && <SeedField setup={setup} open={open} />}
      {!isComparing && (
        <label>
          <span class="sr">Profile</span>
          <select
            title="Whose choices TCP makes"
            value={setup.profile}
            onChange={(event) =>
              open({ ...setup, profile: event.currentTarget.value === 'rfc' ? 'rfc' : 'linux' })
            }
          >
            <option value="linux">as Linux</option>
            <option value="rfc">as the books</option>
          </select>
        </label>
      )}
      <span class="tools">
        <output aria-live="polite">{notice}</output>
        <button type="button" title="Copy the address of this run" onClick={copyLink}>
          Link
        </button>
        {compareWith && (
          <button
            type="button"
            aria-pressed={isComparing}
            title="This run and another side by side"
            onClick={compareWith}
          >
            Compare
          </button>
        )}
        {savePcap && (
          <button type="button" title="Save what the first host saw, for Wireshark" onClick={savePcap}>
            pcap
          </button>
        )}
        <button type="button" aria-label="Help" title="Keys and signs (?)" onClick={help}>
          ?
        </button>
      </span>
    </header>
  );
}

interface ChoiceProps {
  readonly setup: Setup;
  readonly open: (setup: Setup) => void;
}

/** Which variant of the scenario, where there are several. */
export function VariantMenu({ setup, open }: ChoiceProps): VNode | null {
  const { variants } = scenarioOf(setup.scenario);
  if (variants.length === 1) return null;
  return (
    <label class="wide variant">
      <span class="sr">Variant</span>
      <select
        value={setup.variant}
        onChange={(event) => open({ ...setup, variant: event.currentTarget.value, changes: [] })}
      >
        {variants.map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The seed. */
export function SeedField({ setup, open }: ChoiceProps): VNode {
  return (
    <label>
      Seed
      <input
        class="seed"
        type="number"
        min="0"
        max={SEED_MAX}
        value={setup.seed}
        onChange={(event) => open({ ...setup, seed: seedOf(event.currentTarget.value) })}
      />
    </label>
  );
}
