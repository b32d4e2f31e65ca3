/** How much of the processors programs take that are not part of a measure: proc(5), /proc/stat and /proc/PID/stat. */
import { readFileSync } from 'node:fs';
import { readUsage } from '../harness/usage.ts';

/** Ticks of all processors, and those that were used: `steal` is what the host of a guest took. */
interface Ticks {
  readonly all: number;
  readonly used: number;
  readonly own: number;
}

function read(pids: readonly number[]): Ticks {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  const values = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = values.reduce((sum, value) => sum + value, 0);
  const [, , , idle = 0, wait = 0] = values;
  // the kernel's interrupts are booked to nobody: those of a measure count as others'
  const own = pids
    .map(readUsage)
    .reduce((sum, { userTicks, systemTicks }) => sum + userTicks + systemTicks, 0);
  return { all, used: all - idle - wait, own };
}

/** Begins to look; the result tells which share of the processors others had since. */
export function watchOthers(pids: readonly number[]): () => number {
  const before = read(pids);
  return () => {
    const now = read(pids);
    return (now.used - before.used - (now.own - before.own)) / (now.all - before.all);
  };
}
