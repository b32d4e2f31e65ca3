/** The programs that run, with the line that each is in, and beside them the Python of the notes where they have it. */
import type { VNode } from 'preact';
import type { LineMark } from '../model/lines.ts';
import type { SeenProgram, View } from '../model/view.ts';
import { useFollow } from './use-follow.ts';
import { timeText } from './words.ts';

/** What the panel needs. */
export interface CodeProps {
  readonly view: View;
  readonly hasPython: boolean;
  readonly togglePython: () => void;
}

interface Listing {
  readonly program: SeenProgram;
  readonly hosts: readonly string[];
}

/** The panel. */
export function CodePanel({ view, hasPython, togglePython }: CodeProps): VNode {
  const listings = listingsOf(view);
  const isOffered = listings.some(({ program }) => program.python);
  const marked = listings.flatMap(({ program: { name, marks } }) =>
    marks.map(({ line }) => `${name} ${line}`),
  );
  const panel = useFollow(`${hasPython} ${marked.join()}`);
  return (
    <section class="code" aria-label="Programs">
      <header>
        <h2>Programs</h2>
        {isOffered && (
          <button type="button" aria-pressed={hasPython} onClick={togglePython}>
            Python
          </button>
        )}
      </header>
      <div class="scroll" ref={panel} tabIndex={0} role="group" aria-label="Program text">
        {listings.map(({ program, hosts }) => (
          <article key={`${hosts[0]} ${program.name}`}>
            <h3>
              {program.title} <span class="quiet">on {hosts.join(', ')}</span>
            </h3>
            <div class="languages">
              <Lines lines={program.lines} marks={program.marks} timeUs={view.timeUs} />
              {hasPython && program.python && <Lines {...program.python} timeUs={view.timeUs} />}
            </div>
          </article>
        ))}
      </div>
    </section>
  );
}

/** A program that several hosts run is shown once, with the marks of the host where most has happened last. */
function listingsOf(view: View): readonly Listing[] {
  const listings = new Map<string, Listing>();
  for (const { name: host, programs } of view.hosts.toSorted(
    (a, b) => Number(a.isServer) - Number(b.isServer),
  ))
    for (const program of programs) {
      const key = program.lines.join('\n');
      const known = listings.get(key);
      const marks = [...(known?.program.marks ?? []), ...program.marks];
      const hosts = [...new Set([...(known?.hosts ?? []), host])];
      listings.set(key, { program: { ...(known?.program ?? program), marks }, hosts });
    }
  return [...listings.values()];
}

interface LinesProps {
  readonly lines: readonly string[];
  readonly marks: readonly LineMark[];
  readonly timeUs: number;
}

function Lines({ lines, marks, timeUs }: LinesProps): VNode {
  return (
    <ol class="lines">
      {lines.map((line, index) => {
        const here = marks.filter((mark) => mark.line === index);
        const waiting = here.filter(({ sinceUs }) => sinceUs !== undefined);
        const last = here.findLast(({ isLast }) => isLast);
        const isHere = waiting.length > 0 || last !== undefined;
        return (
          <li
            key={`${index} ${line}`}
            class={isHere ? (waiting.length > 0 ? 'here waits' : 'here') : ''}
            aria-current={isHere ? 'step' : undefined}
          >
            <code>{line}</code>
            {waiting.length > 0 && <em>{waitText(waiting, timeUs)}</em>}
            {waiting.length === 0 && last?.value !== undefined && <em>→ {last.value}</em>}
          </li>
        );
      })}
    </ol>
  );
}

function waitText(waiting: readonly LineMark[], timeUs: number): string {
  const longest = Math.max(...waiting.map(({ sinceUs = timeUs }) => timeUs - sinceUs));
  const many = waiting.length > 1 ? `${waiting.length} wait, ` : 'waits ';
  return `… ${many}${waiting.length > 1 ? 'the longest ' : ''}${timeText(longest)}`;
}
