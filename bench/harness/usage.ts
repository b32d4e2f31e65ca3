/** What a process has used so far, as the kernel tells: proc(5), `schedstat` in nanoseconds and `stat` in ticks. */
import { readdirSync, readFileSync, writeSync } from 'node:fs';

/** What a process has used so far. */
export interface Usage {
  /** Of each of its threads the processor time, and the time that it waited for a processor, in nanoseconds. */
  readonly threads: Readonly<Record<string, readonly [ran: number, waited: number]>>;
  /** Its user and system time, in ticks: coarse, used for the split only. */
  readonly userTicks: number;
  readonly systemTicks: number;
  /** Resident bytes. */
  readonly rssBytes: number;
  readonly atMs: number;
}

/** Reads it. */
export function readUsage(pid: number): Usage {
  const threads: Record<string, [number, number]> = {};
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readOr(`/proc/${pid}/task/${thread}/schedstat`, '');
    const [ran = '', waited = ''] = text.split(' ');
    if (text !== '') threads[thread] = [Number(ran), Number(waited)];
  }
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // the name of the program may hold spaces; it ends with the last bracket, and the third field follows
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    threads,
    userTicks: Number(fields[11]),
    systemTicks: Number(fields[12]),
    rssBytes: residentBytes(pid),
    atMs: performance.now(),
  };
}

/** The resident bytes of a process. */
export function residentBytes(pid: number): number {
  const [, kilobytes = '0'] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kilobytes) * 1024;
}

/** Processor time between two readings, in microseconds. */
export interface Spent {
  readonly cpuUs: number;
  readonly userUs: number;
  readonly systemUs: number;
  /** What it waited for a processor that somebody else had. */
  readonly waitedUs: number;
}

/** The time spent between two readings; a thread that began in between counts from its beginning. */
export function spent(before: Usage, after: Usage): Spent {
  let [ran, waited] = [0, 0];
  for (const [thread, now] of Object.entries(after.threads)) {
    const earlier = before.threads[thread] ?? [0, 0];
    ran += now[0] - earlier[0];
    waited += now[1] - earlier[1];
  }
  const user = after.userTicks - before.userTicks;
  const system = after.systemTicks - before.systemTicks;
  const share = user + system > 0 ? user / (user + system) : 0;
  const cpuUs = ran / 1000;
  return { cpuUs, userUs: cpuUs * share, systemUs: cpuUs * (1 - share), waitedUs: waited / 1000 };
}

/** A thread may end while it is read. */
function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return otherwise;
  }
}

/** Says a line at once: the program blocks afterwards. */
export function tell(line: string): void {
  writeSync(1, `${line}\n`);
}
