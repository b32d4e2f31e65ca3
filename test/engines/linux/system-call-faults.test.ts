/**
 * System calls that fail at every place and for every reason that a kernel has: strace makes them fail while a child
 * echoes over UDP, TCP and Unix packets. A fault that passes loses no byte and is invisible, or typed on the call it
 * belongs to; one that does not is a SocketError; nothing exits, spins or stands still. reliability.md section 2
 * rows 6, 23 and 24, section 1 rows U32, U33, U44, T27, T36.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ended } from './child-program.ts';
import { reportOf, runFixture } from './child-program.ts';
import { needLinuxEngine, needStrace, noLinuxEngine } from './requirements.ts';

const FIXTURE = 'echo-under-faults.mjs';
/** The child needs about 350; a spin takes what it can get in the seconds until the child gives up. */
const CPU_MS_MAX = 4000;
/** The child makes about 700 of the traced calls. */
const CALLS_MAX = 5000;

const ERRORS = ['EINTR', 'EAGAIN', 'ENOBUFS', 'ENOMEM', 'ECONNREFUSED', 'EPERM', 'EMFILE'] as const;
const UNAVAILABLE = ['ENOSYS'] as const;
/** What a device says that can't cut a message into datagrams; of a single datagram it is an error. */
const UNCUT = ['EIO', 'EINVAL', 'EMSGSIZE'] as const;
type Fault = (typeof ERRORS)[number] | (typeof UNAVAILABLE)[number] | (typeof UNCUT)[number];

interface Row {
  readonly syscall: string;
  /** The faults that no call of the door may show. */
  readonly invisible: readonly Fault[];
  /** The faults that may show, or not: the kernel's meaning leaves both open. */
  readonly either?: readonly Fault[];
  /** The calls of the door that show the others. */
  readonly typedOn: readonly string[];
  readonly faults?: readonly Fault[];
  /** Which calls fail, from the first after the start: `FIRST+STEP`. */
  readonly when?: readonly [first: number, step: number];
  /** Another system call that is missing altogether, so that this one is used in its place. */
  readonly without?: string;
}

const MEMORY: readonly Fault[] = ['EAGAIN', 'ENOBUFS', 'ENOMEM'];
const RECEIVE = ['recvfrom', 'recv', 'recvmsg'];
/** An error of a queued datagram is shown by the next call on its socket. */
const NEXT = ['sendto', 'send', 'connect', ...RECEIVE];

const ROWS: readonly Row[] = [
  { syscall: 'socket', invisible: ['EINTR'], typedOn: ['socket'], when: [1, 2] },
  { syscall: 'bind', invisible: ['EINTR'], typedOn: ['bind'], when: [1, 2] },
  { syscall: 'listen', invisible: ['EINTR'], typedOn: ['listen'], when: [1, 2] },
  { syscall: 'accept4', invisible: ['EINTR', 'EAGAIN'], typedOn: ['accept'], when: [1, 2] },
  { syscall: 'connect', invisible: ['EINTR'], either: ['EAGAIN'], typedOn: ['connect'], when: [1, 2] },
  { syscall: 'getsockname', invisible: ['EINTR'], typedOn: ['getsockname'], when: [1, 3] },
  { syscall: 'getpeername', invisible: ['EINTR'], typedOn: ['getpeername'], when: [1, 3] },
  { syscall: 'setsockopt', invisible: ['EINTR'], typedOn: ['setsockopt', 'bind'], when: [1, 2] },
  { syscall: 'getsockopt', invisible: ['EINTR'], typedOn: ['getsockopt'], when: [1, 2] },
  { syscall: 'recvfrom', invisible: ['EINTR', 'EAGAIN'], typedOn: RECEIVE, when: [3, 5] },
  { syscall: 'recvmsg', invisible: ['EINTR', 'EAGAIN'], typedOn: RECEIVE, when: [3, 5] },
  {
    syscall: 'recvmsg',
    without: 'recvmmsg',
    invisible: ['EINTR', 'EAGAIN'],
    typedOn: RECEIVE,
    when: [3, 5],
  },
  {
    syscall: 'recvmmsg',
    invisible: ['EINTR', 'EAGAIN', 'EPERM', 'ENOSYS'],
    typedOn: RECEIVE,
    faults: [...ERRORS, ...UNAVAILABLE],
    when: [3, 3],
  },
  { syscall: 'sendto', invisible: ['EINTR', ...MEMORY], typedOn: ['send'], when: [3, 5] },
  {
    syscall: 'sendmsg',
    without: 'sendmmsg',
    invisible: ['EINTR', ...MEMORY],
    either: UNCUT,
    typedOn: NEXT,
    faults: [...ERRORS, ...UNCUT],
    when: [3, 3],
  },
  {
    syscall: 'sendmmsg',
    invisible: ['EINTR', ...MEMORY, 'EPERM', 'ENOSYS'],
    either: UNCUT,
    typedOn: NEXT,
    faults: [...ERRORS, ...UNAVAILABLE, ...UNCUT],
    when: [3, 3],
  },
  { syscall: 'shutdown', invisible: ['EINTR'], typedOn: ['shutdown'], when: [1, 2] },
  {
    syscall: 'epoll_ctl',
    invisible: ['EINTR'],
    either: MEMORY,
    typedOn: ['accept', 'connect', 'send', ...RECEIVE],
    when: [1, 3],
  },
  { syscall: 'epoll_wait', invisible: [...ERRORS], typedOn: [], when: [1, 3] },
  { syscall: 'close', invisible: [...ERRORS], typedOn: [], when: [1, 2] },
];

const HARD: readonly Fault[] = ['ECONNREFUSED', 'EPERM', 'EMFILE', ...UNCUT];
const PASSING_ON_SEND: readonly Fault[] = ['EINTR', ...MEMORY];

interface Report {
  readonly failures: readonly { readonly call: string; readonly code: string; readonly syscall: string }[];
  readonly lost: number;
  readonly cpuMs: number;
}

/** What a run without faults does, call by call of its main thread. */
interface Dry {
  /** How often before the warm-up ended: node's own start, and calls whose failure node itself does not survive. */
  readonly before: ReadonlyMap<string, number>;
  /** How often until the work was done. */
  readonly total: ReadonlyMap<string, number>;
}

const scratch = mkdtempSync(join(tmpdir(), 'portico-faults-'));
let dry: Dry | undefined;

/** Counts the calls of the main thread: before the mark that the child leaves, and in all. */
function readTrace(trace: string): Dry {
  const lines = trace.split('\n').filter((line) => line.includes('('));
  const main = lines.find((line) => line.includes(' kill('))?.split(' ')[0];
  const before = new Map<string, number>();
  const total = new Map<string, number>();
  let marked = false;
  for (const line of lines) {
    const [, thread, call = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread !== main) continue;
    // what node does to end is no work of ours
    if (/^\d+ +write\(1,/.test(line)) break;
    if (call === 'kill') marked = true;
    if (!marked) before.set(call, (before.get(call) ?? 0) + 1);
    total.set(call, (total.get(call) ?? 0) + 1);
  }
  return { before, total };
}

async function trace(
  name: string,
  inject: readonly string[],
  args: readonly string[],
): Promise<[Ended, string]> {
  const file = join(scratch, `${name}.trace`);
  const calls = [...new Set(ROWS.map(({ syscall }) => syscall)), 'recvmmsg', 'sendmmsg'].join(',');
  const under = [
    'strace',
    '-f',
    '--seccomp-bpf',
    '-qq',
    '-s',
    '0',
    '-o',
    file,
    '-e',
    `trace=${calls},kill,write`,
  ];
  const ended = await runFixture(FIXTURE, args, {
    under: [...under, ...inject.flatMap((fault) => ['-e', `inject=${fault}`])],
  });
  return [ended, readFileSync(file, 'utf8')];
}

/** `inject=` that fails calls of the work only; the end is bounded, for node's own calls follow. */
function faultOf(
  { syscall, when: [first, step] = [1, 1] }: Row,
  fault: Fault,
  { before, total }: Dry,
): string {
  const from = (before.get(syscall) ?? 0) + first;
  const last = Math.max(total.get(syscall) ?? 0, from);
  const until = syscall === 'epoll_ctl' || syscall === 'close' ? `..${last}` : '';
  return `${syscall}:error=${fault}:when=${from}${until}+${step}`;
}

function check(row: Row, fault: Fault, ended: Ended, calls: string): void {
  const report = reportOf<Report>(ended);
  const injected = calls
    .split('\n')
    .filter((line) => line.includes('(INJECTED)') && line.includes(` ${row.syscall}(`));
  expect(injected.length, 'the fault was injected').toBeGreaterThan(0);
  const shown = report.failures.map(({ call, code }) => `${call} ${code}`);
  const invisible = row.invisible.includes(fault);
  if (invisible) expect(shown, 'what the door showed').toEqual([]);
  else if (!row.either?.includes(fault)) expect(shown, 'what the door showed').not.toEqual([]);
  const allowed = row.typedOn.map((call) => `${call} ${fault}`);
  expect(
    shown.filter((text) => !allowed.includes(text)),
    'shown on a wrong call',
  ).toEqual([]);
  if (PASSING_ON_SEND.includes(fault)) expect(report.lost, 'lost datagrams').toBe(0);
  // a socket keeps one error of what it had queued, as the kernel does; a second one meanwhile is not shown
  if (shown.length === 0) expect(report.lost, 'datagrams lost without an error').toBe(0);
  expect(report.cpuMs, 'CPU time').toBeLessThan(CPU_MS_MAX);
  expect(calls.split('\n').length, 'system calls').toBeLessThan(CALLS_MAX);
}

describe.skipIf(noLinuxEngine)('system calls that fail', () => {
  beforeAll(async () => {
    try {
      const [ended, calls] = await trace('dry', [], []);
      if (ended.code === 0) dry = readTrace(calls);
    } catch {
      // no strace: each test says so
    }
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  for (const row of ROWS) {
    const name = row.without ? `${row.syscall}() in place of ${row.without}()` : `${row.syscall}()`;
    it.concurrent.for(row.faults ?? ERRORS)(`${name} that fails with %s`, async (fault, context) => {
      needLinuxEngine(context);
      needStrace(context);
      if (!dry) throw new Error('The run without faults did not end well');
      const inject = [faultOf(row, fault, dry)];
      if (row.without) inject.push(`${row.without}:error=ENOSYS`);
      const hard = HARD.includes(fault);
      const [ended, calls] = await trace(
        `${row.syscall}-${row.without ?? ''}-${fault}`,
        inject,
        hard ? ['hard'] : [],
      );
      check(row, fault, ended, calls);
    });
  }
});
