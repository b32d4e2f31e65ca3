/** The link panel: delay, loss and bandwidth of every link, from now on. */
import type { VNode } from 'preact';
import type { LinkChange } from '../model/change.ts';
import type { Setup } from '../model/setup.ts';

/** What a link is like, without the time. */
export type LinkSetting = Omit<LinkChange, 'kind' | 'atUs'>;

const USUAL: LinkSetting = { delayMs: 25, loss: 0, kbps: 0 };

/** The panel. */
export function LinkForm({
  setup,
  apply,
}: {
  readonly setup: Setup;
  readonly apply: (setting: LinkSetting) => void;
}): VNode {
  const now = setup.changes.findLast((change) => change.kind === 'link') ?? USUAL;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const number = (name: string) => Math.round(Number(data.get(name) ?? 0));
        apply({ delayMs: number('delay'), loss: number('loss'), kbps: number('rate') });
      }}
    >
      <label>
        Delay, ms
        <input name="delay" type="number" min="0" max="2000" defaultValue={String(now.delayMs)} />
      </label>
      <label>
        Loss, %
        <input name="loss" type="number" min="0" max="100" defaultValue={String(now.loss)} />
      </label>
      <label>
        Rate, kbit/s (0: no limit)
        <input name="rate" type="number" min="0" max="1000000" defaultValue={String(now.kbps)} />
      </label>
      <button type="submit">Set the links from now on</button>
    </form>
  );
}
