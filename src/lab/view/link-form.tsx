/** The link panel: delay, loss and bandwidth of every link, from now on. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { LinkChange } from '../model/change.ts';
import type { Setup } from '../model/setup.ts';

/** What a link is like, without the time. */
export type LinkSetting = Omit<LinkChange, 'kind' | 'atUs'>;

const USUAL: LinkSetting = { delayMs: 25, loss: 0, kbps: 0 };
/** The longest delay of the slider: to a satellite and back. */
const DELAY_MAX_MS = 600;
const RATES: readonly (readonly [number, string])[] = [
  [0, 'no limit'],
  [64, '64 kbit/s'],
  [256, '256 kbit/s'],
  [1000, '1 Mbit/s'],
  [10_000, '10 Mbit/s'],
];

/** The panel. */
export function LinkForm({
  setup,
  apply,
}: {
  readonly setup: Setup;
  readonly apply: (setting: LinkSetting) => void;
}): VNode {
  const [setting, set] = useState<LinkSetting>(
    setup.changes.findLast((change) => change.kind === 'link') ?? USUAL,
  );
  const { delayMs, loss, kbps } = setting;
  const rates = RATES.some(([rate]) => rate === kbps) ? RATES : [...RATES, [kbps, `${kbps} kbit/s`] as const];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        apply({ delayMs, loss, kbps });
      }}
    >
      <Slider
        name="Delay, ms"
        max={Math.max(DELAY_MAX_MS, delayMs)}
        value={delayMs}
        change={(value) => set({ ...setting, delayMs: value })}
      />
      <Slider name="Loss, %" max={100} value={loss} change={(value) => set({ ...setting, loss: value })} />
      <label>
        Rate
        <select
          value={String(kbps)}
          onChange={(event) => set({ ...setting, kbps: Number(event.currentTarget.value) })}
        >
          {rates.map(([rate, text]) => (
            <option key={rate} value={String(rate)}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">Set the links from now on</button>
    </form>
  );
}

interface SliderProps {
  readonly name: string;
  readonly max: number;
  readonly value: number;
  readonly change: (value: number) => void;
}

function Slider({ name, max, value, change }: SliderProps): VNode {
  return (
    <label>
      {name}
      <input
        type="range"
        aria-label={name}
        min="0"
        max={max}
        value={value}
        onInput={(event) => change(Number(event.currentTarget.value))}
      />
      <output>{value}</output>
    </label>
  );
}
