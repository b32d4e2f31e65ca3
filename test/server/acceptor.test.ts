/** What accept(2) can fail with, and a process without descriptors: reliability.md section 2 rows 4 and 6. */
import { expect, test } from 'vitest';
import type { Engine, InetAddress } from '../../src/index.ts';
import { defaultEngine, SocketError } from '../../src/index.ts';
import { Acceptor } from '../../src/server/acceptor.ts';
import { Counters } from '../../src/server/counters.ts';
import { completeLimits } from '../../src/server/limits.ts';

type Code = SocketError['code'];

const CLIENT: InetAddress = { host: '192.0.2.1', port: 4000 };

interface Played {
  readonly counters: Counters;
  /** How many connections were handed over, and how many reset. */
  readonly taken: number;
  readonly closed: number;
  readonly codes: (string | undefined)[];
}

/**
 * Lets an acceptor meet a script of failures and connections; `reserves` tells which descriptors for the reserve there
 * are, `leaves` whether a client leaves soon.
 */
async function play(
  script: readonly (Code | 'connection')[],
  reserves: readonly boolean[],
  leaves = false,
): Promise<Played> {
  const codes: (string | undefined)[] = [];
  const left = [...script];
  const reservesLeft = [...reserves];
  let [taken, closed] = [0, 0];
  let onOver = () => {};
  const over = new Promise<void>((resolve) => {
    onOver = resolve;
  });
  const connection = {
    closed: false,
    setsockopt: () => undefined,
    close: async () => {
      closed += 1;
    },
  };
  let cancel: (error: Error) => void = () => {};
  const welcome = {
    closed: false,
    async accept({ timeoutMs }: { timeoutMs?: number } = {}) {
      const next = left.shift();
      if (next === 'connection') return [connection, CLIENT];
      if (next !== undefined) throw failure(next);
      if (timeoutMs !== undefined) throw failure('ETIMEDOUT');
      onOver();
      return await new Promise<never>((_resolve, reject) => {
        cancel = reject;
      });
    },
    async close() {
      this.closed = true;
      cancel(failure('ECANCELED'));
    },
  };
  const real = defaultEngine();
  const engine: Engine = Object.assign(Object.create(real), {
    openDatagram: () => {
      if (reservesLeft.shift() === false) throw failure('EMFILE');
      return { close: () => undefined };
    },
    after: (_delayMs: number, callback: () => void) => {
      setImmediate(callback);
      return () => {};
    },
  });
  const counters = new Counters();
  const acceptor = new Acceptor({
    engine,
    welcome: welcome as never,
    limits: completeLimits({}),
    mayUse: undefined,
    crew: {
      take: (_connection: unknown, _address: unknown, _number: unknown, onClosed: () => void) => {
        taken += 1;
        if (leaves) setImmediate(onClosed);
      },
    } as never,
    counters,
    problems: {
      report: (_transport: string, _client: unknown, error: SocketError) => codes.push(error.code),
    } as never,
  });
  await over;
  await acceptor.end();
  return { counters, taken, closed, codes };
}

function failure(code: Code): SocketError {
  return new SocketError({ code, syscall: 'accept', engine: 'fake' });
}

test('an acceptor outlives everything that accept can fail with', async () => {
  const failures: Code[] = [
    'ECONNABORTED',
    'EPROTO',
    'EPERM',
    'ENETDOWN',
    'ENETUNREACH',
    'EHOSTUNREACH',
    'EHOSTDOWN',
    'ENOPROTOOPT',
    'EOPNOTSUPP',
    'ETIMEDOUT',
    'EINTR',
    'EINVAL',
    'ENOBUFS',
    'ENOMEM',
    'ENFILE',
  ];
  const script = failures.flatMap((code) => [code, 'connection'] as const);
  const { codes, taken, counters } = await play(script, []);
  expect(codes).toEqual(failures);
  expect(taken).toBe(failures.length);
  expect(counters.get('failures')).toBe(failures.length);
});

test('an acceptor goes on after more failures in a row than it takes without a rest', async () => {
  const { taken } = await play([...new Array<Code>(40).fill('ECONNABORTED'), 'connection'], []);
  expect(taken).toBe(1);
});

test('an acceptor turns the next client away when the last descriptor is used, and takes those after it', async () => {
  // one of four is given up for a client; there is none to fill the reserve then, and again once that client is gone
  const script = ['EMFILE', 'connection', 'connection'] as const;
  const { taken, closed, counters } = await play(script, [true, true, true, true, false, true]);
  expect(counters.get('shedConnections')).toBe(1);
  expect(closed).toBe(1);
  expect(taken).toBe(1);
});

test('an acceptor turns nobody away when a client leaves in the moment in which the last descriptor is used', async () => {
  const { taken, closed, counters } = await play(['connection', 'EMFILE', 'connection'], [], true);
  expect(counters.get('shedConnections')).toBe(0);
  expect(closed).toBe(0);
  expect(taken).toBe(2);
});

test('an acceptor without a reserve rests, and goes on', async () => {
  const { taken, counters } = await play(['EMFILE', 'EMFILE', 'connection'], [false, true]);
  expect(counters.get('failures')).toBe(2);
  expect(taken).toBe(1);
});
