/** The help: keys, and what the simulator leaves out. */
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

const KEYS: readonly (readonly [string, string])[] = [
  ['Space', 'play and pause'],
  ['← →', 'one step back, one step on'],
  ['Home, End', 'to the beginning, to the end'],
  ['?', 'this help'],
];
/** Where one run is shown. */
const RUN_KEYS: readonly (readonly [string, string])[] = [
  ['↑ ↓', 'select another packet under way'],
  ['D', 'drop the selected packet'],
  ['1 … 9', 'the first nine scenarios'],
];

/** The help, while it is open; of one run, or of two. */
export function Help({ close, run }: { readonly close: () => void; readonly run?: string }): VNode {
  const ref = useRef<HTMLDialogElement | null>(null);
  useEffect(() => ref.current?.showModal(), []);
  return (
    <dialog ref={ref} aria-label="Help" onClose={close}>
      <h2>Keys</h2>
      <dl>
        {(run === undefined ? KEYS : [...KEYS, ...RUN_KEYS]).map(([key, text]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <h2>What you see</h2>
      <p>
        Nothing here is faked: the simulator of Portico runs in this page, with real UDP datagrams and TCP
        segments, and the same seed gives the same run. Long waits are shortened; a grey bar in the ladder
        says by how much.
      </p>
      <p>
        Left out: SACK, window scaling, timestamps, ECN, CUBIC, TLP and RACK, path MTU discovery, IPv6. Real
        systems differ there.
      </p>
      {run !== undefined && <p>This run: {run}.</p>}
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
