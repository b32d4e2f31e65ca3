/**
 * The life of a socket against a model of it: any order of calls gives what the model says, call by call, and loses
 * nothing on the way. reliability.md section 3.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatagramSocket, StreamSocket } from '../../src/index.ts';
import { AF_INET, MSG_PEEK, SHUT_WR, SOCK_DGRAM, SOCK_STREAM, socket } from '../../src/index.ts';
import type { Candidate } from './replay.ts';
import { candidates, parameters } from './replay.ts';

type Inet = typeof AF_INET;

const LOOPBACK = { host: '127.0.0.1', port: 0 };
/** How long a call waits where nothing can come. */
const SHORT_MS = 5;
/** How long a call waits for what must come. */
const LONG_MS = 5000;

/** What is known of the socket. */
interface Model {
  bound: boolean;
  connected: boolean;
  closed: boolean;
  /** The socket has ended its side, or the peer its own. */
  ended: boolean;
  peerEnded: boolean;
  /** What the peer has sent and nobody has received. */
  arriving: string[];
  sent: number;
}

/** The socket under test, and its peer. */
interface Real {
  readonly one: DatagramSocket<Inet> & StreamSocket<Inet>;
  /** What the peer receives of the socket. */
  hears(): Promise<string>;
  /** Sends from the peer. */
  says(text: string): Promise<void>;
  /** Ends the peer's side of a connection. */
  ends(): void;
  readonly address: { readonly host: string; readonly port: number };
  /** The connection has been made: the peer's side of it is taken. */
  met(): Promise<void>;
  finish(): Promise<void>;
}

/** The code of a failed call, or its result. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return (error as { code?: unknown }).code ?? (error as Error).name;
  }
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** A call with what the model says of it. */
class Command implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #run: (model: Model, real: Real) => Promise<void>;
  readonly #when: (model: Model) => boolean;

  constructor(
    name: string,
    run: (model: Model, real: Real) => Promise<void>,
    when: (model: Model) => boolean = () => true,
  ) {
    this.#name = name;
    this.#run = run;
    this.#when = when;
  }

  check(model: Readonly<Model>): boolean {
    // a connection that both have ended is none any more, sooner or later: nothing is certain but its close
    if (model.ended && model.peerEnded && !model.closed) return this.#name === 'close';
    return this.#when(model);
  }

  run(model: Model, real: Real): Promise<void> {
    return this.#run(model, real);
  }

  toString(): string {
    return this.#name;
  }
}

/** Closing, at rest or while a call waits. */
const closing = [
  new Command('close', async (model, { one }) => {
    await one.close();
    model.closed = true;
    model.arriving = [];
  }),
  new Command(
    'close while recv waits',
    async (model, { one }) => {
      const waiting = outcome(() => one.recv(100));
      const closed = one.close();
      expect(await waiting).toBe('ECANCELED');
      await closed;
      model.closed = true;
    },
    (model) => !model.closed && model.arriving.length === 0 && !model.peerEnded && model.connected,
  ),
];

const bind = new Command('bind', async (model, { one }) => {
  const expected = model.closed ? 'EBADF' : model.bound ? 'EINVAL' : undefined;
  expect(await outcome(() => one.bind(LOOPBACK))).toBe(expected);
  if (expected === undefined) model.bound = true;
});

const abortedReceive = new Command(
  'recv that is aborted',
  async (_model, { one }) => {
    const controller = new AbortController();
    const waiting = outcome(() => one.recv(100, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 1);
    expect(await waiting).toBe(DOMException.ABORT_ERR);
  },
  (model) => !model.closed && model.arriving.length === 0 && !model.peerEnded && model.connected,
);

/** What receiving gives by the model. */
function receivedBy(model: Model): unknown {
  if (model.closed) return 'EBADF';
  return model.arriving[0] ?? (model.peerEnded ? '' : 'ETIMEDOUT');
}

function patience(model: Model): number {
  return model.arriving.length > 0 || model.peerEnded ? LONG_MS : SHORT_MS;
}

const datagramCommands = [
  bind,
  ...closing,
  abortedReceive,
  new Command('connect', async (model, { one, address }) => {
    const expected = model.closed ? 'EBADF' : undefined;
    expect(await outcome(() => one.connect(address))).toBe(expected);
    if (model.closed) return;
    model.connected = true;
    model.bound = true;
  }),
  new Command('sendto', async (model, { one, address, hears }) => {
    const text = `to ${model.sent}`;
    const expected = model.closed ? 'EBADF' : model.connected ? 'EISCONN' : text.length;
    expect(await outcome(() => one.sendto(text, address))).toBe(expected);
    if (expected !== text.length) return;
    expect(await hears()).toBe(text);
    model.bound = true;
    model.sent += 1;
  }),
  new Command('send', async (model, { one, hears }) => {
    const text = `connected ${model.sent}`;
    const expected = model.closed ? 'EBADF' : model.connected ? text.length : 'EDESTADDRREQ';
    expect(await outcome(() => one.send(text))).toBe(expected);
    if (expected !== text.length) return;
    expect(await hears()).toBe(text);
    model.sent += 1;
  }),
  new Command(
    'the peer sends',
    async (model, { says }) => {
      const text = `peer ${model.sent}`;
      await says(text);
      model.arriving.push(text);
      model.sent += 1;
    },
    (model) => model.bound && !model.closed && model.arriving.length < 20,
  ),
  new Command(
    'recvfrom',
    async (model, { one }) => {
      const received = outcome(async () =>
        textOf((await one.recvfrom(100, { timeoutMs: patience(model) }))[0]),
      );
      expect(await received).toBe(receivedBy(model));
      model.arriving.shift();
    },
    (model) => model.bound || model.closed,
  ),
  new Command(
    'recvfrom with MSG_PEEK',
    async (model, { one }) => {
      const options = { timeoutMs: patience(model), flags: MSG_PEEK };
      const received = outcome(async () => textOf((await one.recvfrom(100, options))[0]));
      expect(await received).toBe(receivedBy(model));
    },
    (model) => model.bound || model.closed,
  ),
];

const streamCommands = [
  bind,
  ...closing,
  abortedReceive,
  new Command('connect', async (model, { one, address, met }) => {
    const expected = model.closed ? 'EBADF' : model.connected ? 'EISCONN' : undefined;
    expect(await outcome(() => one.connect(address))).toBe(expected);
    if (expected !== undefined) return;
    await met();
    model.connected = true;
    model.bound = true;
  }),
  new Command('sendall', async (model, { one, hears }) => {
    const text = `stream ${model.sent}`;
    const failed = model.closed ? ['EBADF'] : model.connected ? ['EPIPE'] : ['EPIPE', 'ENOTCONN'];
    const works = model.connected && !model.closed && !model.ended;
    const result = await outcome(() => one.sendall(text));
    if (!works) return expect(failed).toContain(result);
    expect(result).toBe(undefined);
    expect(await hears()).toBe(text);
    model.sent += 1;
  }),
  new Command(
    'the peer sends',
    async (model, { says }) => {
      const text = `peer ${model.sent};`;
      await says(text);
      model.arriving.push(text);
      model.sent += 1;
    },
    (model) => model.connected && !model.closed && !model.peerEnded && model.arriving.length < 20,
  ),
  new Command(
    'the peer ends',
    async (model, { ends }) => {
      ends();
      model.peerEnded = true;
    },
    (model) => model.connected && !model.closed,
  ),
  new Command('recv of one message', async (model, { one }) => {
    const expected = model.closed || model.connected ? receivedBy(model) : 'ENOTCONN';
    const size = model.arriving[0]?.length ?? 10;
    const options = { timeoutMs: patience(model), flags: 0x100 };
    expect(await outcome(async () => textOf(await one.recv(size, options)))).toBe(expected);
    model.arriving.shift();
  }),
  new Command(
    'shutdown',
    async (model, { one }) => {
      // without a connection it is ENOTCONN, and Linux remembers it all the same: a conformance case has it
      const expected = model.closed ? 'EBADF' : undefined;
      expect(await outcome(() => one.shutdown(SHUT_WR))).toBe(expected);
      if (expected === undefined) model.ended = true;
    },
    (model) => model.closed || (model.connected && !model.ended),
  ),
];

const MODEL: Model = {
  bound: false,
  connected: false,
  closed: false,
  ended: false,
  peerEnded: false,
  arriving: [],
  sent: 0,
};

async function datagramLife({ engine }: Candidate): Promise<Real> {
  const one = socket(AF_INET, SOCK_DGRAM, { engine });
  const peer = socket(AF_INET, SOCK_DGRAM, { engine });
  await peer.bind(LOOPBACK);
  const port = () => one.getsockname().port;
  return {
    one: one as unknown as Real['one'],
    address: peer.getsockname(),
    hears: async () => textOf((await peer.recvfrom(100, { timeoutMs: LONG_MS }))[0]),
    says: async (text) => {
      await peer.sendto(text, { host: '127.0.0.1', port: port() });
    },
    ends: () => {},
    met: async () => {},
    finish: async () => {
      await one.close();
      await peer.close();
    },
  };
}

async function streamLife({ engine }: Candidate): Promise<Real> {
  const one = socket(AF_INET, SOCK_STREAM, { engine });
  const welcome = socket(AF_INET, SOCK_STREAM, { engine });
  await welcome.bind(LOOPBACK);
  await welcome.listen(1);
  let peer: StreamSocket<Inet> | undefined;
  const connected = (): StreamSocket<Inet> => {
    if (!peer) throw new Error('There is no connection');
    return peer;
  };
  return {
    one: one as unknown as Real['one'],
    address: welcome.getsockname(),
    hears: async () => textOf(await connected().recv(100, { timeoutMs: LONG_MS })),
    says: (text) => connected().sendall(text),
    ends: () => connected().shutdown(SHUT_WR),
    met: async () => {
      [peer] = await welcome.accept({ timeoutMs: LONG_MS });
    },
    finish: async () => {
      await one.close();
      await peer?.close();
      await welcome.close();
    },
  };
}

const LIVES = [
  { kind: 'datagram', commands: datagramCommands, begin: datagramLife },
  { kind: 'stream', commands: streamCommands, begin: streamLife },
];

describe.each(candidates)('a socket on the engine $engine$missing', (candidate) => {
  it.skipIf(candidate.missing).each(LIVES)(
    'of kind $kind lives as its model',
    async ({ commands, begin }) => {
      await fc.assert(
        fc.asyncProperty(
          fc.commands(
            commands.map((command) => fc.constant(command)),
            { maxCommands: 40, size: 'max' },
          ),
          async (sequence) => {
            const real = await begin(candidate);
            try {
              await fc.asyncModelRun(() => ({ model: { ...MODEL, arriving: [] }, real }), sequence);
            } finally {
              await real.finish();
            }
          },
        ),
        parameters(candidate.engine === 'linux' ? 150 : 40),
      );
    },
  );
});
