/** The run in sentences, for whoever can't see the picture or wants to read it again. */
import type { VNode } from 'preact';
import { Component } from 'preact';
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
        <Lines entries={entries} />
      </div>
    </section>
  );
}

interface LinesProps {
  readonly entries: readonly Entry[];
}

class Lines extends Component<LinesProps> {
  /** What has been said stays as it is. */
  override shouldComponentUpdate({ entries }: LinesProps): boolean {
    const { entries: before } = this.props;
    return before.length !== entries.length || before.at(-1) !== entries.at(-1);
  }

  override render({ entries }: LinesProps): VNode {
    const first = Math.max(0, entries.length - ENTRIES_MAX);
    return (
      <ol>
        {entries.slice(first).map(({ timeUs, kind, text }, index) => (
          <li key={first + index} class={kind}>
            <time>{timeText(timeUs)}</time>
            <span>{text}</span>
          </li>
        ))}
      </ol>
    );
  }
}
