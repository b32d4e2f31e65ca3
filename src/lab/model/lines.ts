/** Which line of a program makes a call. The trace knows calls, not lines: they are found by following the program from call to call through its text. */
import type { TraceEvent } from '../../sim/index.ts';

/** A call or its return, at a line. */
export interface LineStep {
  readonly timeUs: number;
  /** From 0. */
  readonly line: number;
  readonly isReturn: boolean;
  readonly syscall: string;
  /** Of a return: what came of it. */
  readonly value: string;
  /** Tells a call of one socket from those of others. */
  readonly key: string;
}

/** A line of a program at a time. */
export interface LineMark {
  readonly line: number;
  /** Whether the program waits in this line, and since when. */
  readonly sinceUs: number | undefined;
  /** What the last call of this line gave. */
  readonly value: string | undefined;
  /** Whether nothing has happened in the program after this. */
  readonly isLast: boolean;
}

/** How a call is written. */
const WRITTEN: Readonly<Record<string, RegExp>> = {
  send: /\.send(all)?\(/,
  recv: /\.recv\(|for await/,
  sleep: /\bsleep\(/,
};

/** Follows one program. */
export function lineSteps(
  events: readonly TraceEvent[],
  host: string,
  program: string,
  lines: readonly string[],
): readonly LineStep[] {
  const steps: LineStep[] = [];
  const places = new Map<string, number>();
  const open = new Map<string, number>();
  let last = -1;
  for (const event of events) {
    if (event.host !== host) continue;
    if (event.kind === 'host') {
      // a host that comes up again runs its programs from their first line
      places.clear();
      open.clear();
      last = -1;
    }
    if ((event.kind !== 'call' && event.kind !== 'return') || event.program !== program) continue;
    const { timeUs, syscall, text } = event;
    const socket = `${event.protocol}${event.socket}`;
    const key = `${socket} ${syscall}`;
    const isReturn = event.kind === 'return';
    const line = isReturn ? open.get(key) : nextLine(lines, syscall, places.get(socket) ?? last);
    if (line === undefined) continue;
    open.set(key, line);
    places.set(socket, line);
    last = line;
    steps.push({ timeUs, line, isReturn, syscall, value: isReturn ? text : '', key });
  }
  return steps;
}

/** The next line with this call; when there is none below, in the loop that has come round, the innermost that has one. */
function nextLine(lines: readonly string[], syscall: string, from: number): number | undefined {
  const written = WRITTEN[syscall] ?? new RegExp(`\\.${syscall}\\(`);
  const found = lines.flatMap((line, index) => (written.test(line) ? [index] : []));
  const below = found.find((index) => index > from);
  if (below !== undefined) return below;
  for (const head of headsOf(lines, from)) {
    const again = found.find((index) => index >= head);
    if (again !== undefined) return again;
  }
  return found[0];
}

/** The lines that a line is indented below, the nearest first. */
function headsOf(lines: readonly string[], from: number): readonly number[] {
  const heads: number[] = [];
  let depth = depthOf(lines[from]);
  for (let index = from - 1; index >= 0; index--) {
    if (depthOf(lines[index]) >= depth) continue;
    depth = depthOf(lines[index]);
    heads.push(index);
  }
  return heads;
}

function depthOf(line = ''): number {
  return line.length - line.trimStart().length;
}

/** The lines that are marked at a time, in a program that was started at another. */
export function marksAt(steps: readonly LineStep[], startUs: number, timeUs: number): readonly LineMark[] {
  const waiting = new Map<string, LineStep>();
  let last: LineStep | undefined;
  for (const step of steps) {
    if (step.timeUs > timeUs) break;
    if (step.timeUs < startUs) continue;
    if (step.isReturn) waiting.delete(step.key);
    else waiting.set(step.key, step);
    last = step;
  }
  const marks = new Map<number, LineMark>();
  for (const { line, timeUs: sinceUs } of waiting.values())
    marks.set(line, { line, sinceUs, value: undefined, isLast: false });
  if (last) {
    const { line, isReturn, value } = last;
    const known = marks.get(line) ?? { line, sinceUs: undefined, value: undefined };
    marks.set(line, { ...known, value: isReturn ? value || 'done' : undefined, isLast: true });
  }
  return [...marks.values()];
}
