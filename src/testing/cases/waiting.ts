/** Ends of every waiting call: by the clock, by a signal, by close; no byte lost, the socket usable. */
import { ok, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import type { Waiting, WaitingCall } from './waiting-calls.ts';
import { waitingCalls } from './waiting-calls.ts';

/** A reason to abort with that is no SocketError. */
export class ChangedMind extends Error {}

async function succeed({ wait, ready, succeed: other }: Waiting): Promise<void> {
  if (other) return other();
  const waiting = wait();
  await ready();
  await waiting;
}

/** Holds the thread, so that every timer of less is due before the next look at the network. */
function keepBusy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Fails unless `call` rejects with this very reason. */
export async function rejectsWith(reason: unknown, call: Promise<unknown>): Promise<void> {
  const got = await call.then(
    () => 'nothing',
    (error: unknown) => error,
  );
  ok(got === reason, `the rejection should be the signal’s reason, got ${String(got)}`);
}

function casesOf({ name, needs = [], prepare }: WaitingCall): ConformanceCase[] {
  const rows = ['T37'];
  return [
    {
      name: `${name} ends with ETIMEDOUT at its deadline and loses nothing`,
      rows: name.startsWith('connect') ? [...rows, 'T11'] : rows,
      needs,
      run: async (context) => {
        const waiting = await prepare(context);
        await rejects('ETIMEDOUT', waiting.wait({ timeoutMs: 4 }), name);
        await succeed(waiting);
      },
    },
    {
      name: `${name} ends at the timeout that settimeout() set, unless it has its own`,
      rows,
      needs,
      run: async (context) => {
        const { socket, wait, ready } = await prepare(context);
        socket.settimeout(4);
        await rejects('ETIMEDOUT', wait(), name);
        socket.settimeout(undefined);
        if (name.startsWith('connect')) return;
        socket.settimeout(1);
        const patient = wait({ timeoutMs: Number.POSITIVE_INFINITY });
        await context.pause(5);
        await ready();
        if (!name.startsWith('sendall') && !name.startsWith('sendmsg')) await patient;
      },
    },
    {
      name: `${name} with timeoutMs 0 looks once`,
      rows,
      needs,
      run: async (context) => {
        const { wait, ready } = await prepare(context);
        await rejects('ETIMEDOUT', wait({ timeoutMs: 0 }), `${name} with nothing there`);
        if (/^(connect|sendall|sendmsg)/.test(name)) return;
        await ready();
        const look = wait({ timeoutMs: 0 });
        keepBusy(5);
        await look;
      },
    },
    {
      name: `${name} with an aborted signal rejects with its reason and does nothing`,
      rows: [...rows, 'U29'],
      needs,
      run: async (context) => {
        const waiting = await prepare(context);
        const reason = new ChangedMind();
        await rejectsWith(reason, waiting.wait({ signal: AbortSignal.abort(reason) }));
        await succeed(waiting);
      },
    },
    {
      name: `${name} that is aborted while it waits rejects with the reason and loses nothing`,
      rows: name.startsWith('connect') ? [...rows, 'U29', 'T11'] : [...rows, 'U29'],
      needs,
      run: async (context) => {
        const waiting = await prepare(context);
        for (const turns of [0, 2]) {
          const abort = new AbortController();
          const reason = new ChangedMind();
          const call = rejectsWith(reason, waiting.wait({ signal: abort.signal }));
          if (turns > 0) await context.pause(turns);
          abort.abort(reason);
          await call;
        }
        await succeed(waiting);
      },
    },
    {
      name: `${name} ends with ECANCELED when the socket is closed`,
      rows: [...rows, closingRow(name)],
      needs,
      run: async (context) => {
        const { socket, wait } = await prepare(context);
        const calls = (name.startsWith('connect') ? [wait()] : [wait(), wait({ timeoutMs: 60_000 })]).map(
          (call) => rejects('ECANCELED', call, name),
        );
        await context.pause(2);
        await socket.close();
        await Promise.all(calls);
      },
    },
  ];
}

function closingRow(name: string): string {
  if (name.startsWith('accept')) return 'T06';
  if (name.startsWith('connect')) return 'T12';
  if (name.startsWith('send')) return 'U28';
  return name.endsWith('UDP') ? 'U27' : 'T21';
}

/** Deadline, signal and close for every waiting call. */
export const waitingCases: readonly ConformanceCase[] = waitingCalls.flatMap(casesOf);
