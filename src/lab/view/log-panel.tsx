/** The run in sentences, for whoever can't see the picture or wants to read it again. */
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Entry } from '../model/entries.ts';
import { timeText } from './words.ts';

/** No more sentences than this are kept on the page. */
const ENTRIES_MAX = 200;

/** What the log needs. */
export interface LogProps {
  readonly entries: readonly Entry[];
  /** Whether new sentences are read aloud: while stepping, not while playing. */
  readonly isSpoken: boolean;
}

/** The log. */
export function LogPanel({ entries, isSpoken }: LogProps): VNode {
  const ref = useRef<HTMLDivElement | null>(null);
  useLayoutEffect(() => {
    if (ref.current) ref.current.scrollTop = ref.current.scrollHeight;
  }, [entries.length]);
  return (
    <section class="log" aria-label="Events">
      <header>
        <h2>Events</h2>
      </header>
      <div
        class="scroll"
        ref={ref}
        tabIndex={0}
        role="log"
        aria-label="Events so far"
        aria-live={isSpoken ? 'polite' : 'off'}
      >
        <ol>
          {entries.slice(-ENTRIES_MAX).map((entry, index) => (
            <li key={`${entry.timeUs} ${entry.text} ${index}`} class={entry.kind}>
              <time>{timeText(entry.timeUs)}</time>
              <span>{entry.text}</span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
