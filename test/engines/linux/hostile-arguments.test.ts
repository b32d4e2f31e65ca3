/**
 * Arguments that act while they are read: getters that close the socket, memory that is handed to somebody else or
 * shrunk while a call uses it. No call may reach a closed descriptor or memory that is gone. reliability.md row U57.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { DatagramSocket, InetAddress, StreamSocket } from '../../../src/index.ts';
import { AF_INET, SO_SNDBUF, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, socket } from '../../../src/index.ts';
import { noLinuxEngine } from './requirements.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const linux = { engine: 'linux' } as const;
const open: { close(): Promise<void> }[] = [];

function kept<S extends { close(): Promise<void> }>(one: S): S {
  open.push(one);
  return one;
}

type Udp = DatagramSocket<typeof AF_INET>;
type Tcp = StreamSocket<typeof AF_INET>;

async function udp(): Promise<Udp> {
  const one = kept(socket(AF_INET, SOCK_DGRAM, linux));
  await one.bind(LOOPBACK);
  return one;
}

async function tcpPair(): Promise<[Tcp, Tcp]> {
  const welcome = kept(socket(AF_INET, SOCK_STREAM, linux));
  await welcome.bind(LOOPBACK);
  await welcome.listen(1);
  const client = kept(socket(AF_INET, SOCK_STREAM, linux));
  await client.connect(welcome.getsockname());
  const [server] = await welcome.accept();
  return [client, kept(server)];
}

/** An object whose every property, when it is read, first does `act`. */
function acting<T extends object>(values: T, act: () => void): T {
  const object = {} as T;
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(object, name, {
      enumerable: true,
      get: () => {
        act();
        return value;
      },
    });
  }
  return object;
}

/** Takes the memory of `bytes` away, as a transfer to another thread does. */
function detach(bytes: Uint8Array): void {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
}

/** The memory of a WebAssembly program, whose types the libraries of the compiler leave out. */
function wasmMemory(bytes: number): ArrayBuffer {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Memory: new (pages: object) => { readonly buffer: ArrayBuffer } };
  };
  return new WebAssembly.Memory({ initial: bytes / 65_536 }).buffer;
}

const ADDRESS: InetAddress = { host: '127.0.0.1', port: 9 };

/** Calls with an argument that closes the socket when it is read. */
const CLOSING: Readonly<Record<string, (one: Udp & Tcp, close: () => void) => unknown>> = {
  'bind() with an address': (one, close) => one.bind(acting(LOOPBACK, close)),
  'connect() with an address': (one, close) => one.connect(acting(ADDRESS, close)),
  'connect() with options': (one, close) => one.connect(ADDRESS, acting({ timeoutMs: 50 }, close)),
  'accept() with options': (one, close) => one.accept(acting({ timeoutMs: 50 }, close)),
  'recv() with options': (one, close) => one.recv(10, acting({ timeoutMs: 50, flags: 0 }, close)),
  'recvmsg() with options': (one, close) => one.recvmsg(10, acting({ timeoutMs: 50, flags: 0 }, close)),
  'recvfrom() with options': (one, close) => one.recvfrom(10, acting({ timeoutMs: 50, flags: 0 }, close)),
  'recvmmsg() with options': (one, close) => one.recvmmsg(2, 10, acting({ timeoutMs: 50 }, close)),
  'send() with options': (one, close) => one.send('x', acting({ timeoutMs: 50 }, close)),
  'sendall() with options': (one, close) => one.sendall('x', acting({ timeoutMs: 50 }, close)),
  'sendto() with an address': (one, close) => one.sendto('x', acting(ADDRESS, close)),
  'sendto() with options': (one, close) => one.sendto('x', ADDRESS, acting({ timeoutMs: 50 }, close)),
  'sendmsg() with a message': (one, close) => one.sendmsg(acting({ data: 'x' }, close)),
  'sendmsg() with an address': (one, close) => one.sendmsg({ data: 'x', address: acting(ADDRESS, close) }),
  'sendmmsg() with a message': (one, close) => one.sendmmsg([acting({ data: 'x' }, close)]),
  'sendmmsg() with an address': (one, close) =>
    one.sendmmsg([
      { data: 'x', address: ADDRESS },
      { data: 'y', address: acting(ADDRESS, close) },
    ]),
};

const TYPES = [SOCK_DGRAM, SOCK_STREAM] as const;
const CALLS: Readonly<Record<number, readonly string[]>> = {
  [SOCK_DGRAM]: [
    'bind',
    'connect',
    'recv',
    'recvmsg',
    'recvfrom',
    'recvmmsg',
    'send',
    'sendto',
    'sendmsg',
    'sendmmsg',
  ],
  [SOCK_STREAM]: ['bind', 'connect', 'accept', 'recv', 'recvmsg', 'send', 'sendall', 'sendmsg'],
};
const CASES = Object.entries(CLOSING).flatMap(([name, call]) =>
  TYPES.filter((type) => reads(name, type)).map((type) => ({ name, type, call })),
);

/** Whether sockets of the type have the call; a stream refuses any address of sendmsg() unread. */
function reads(name: string, type: (typeof TYPES)[number]): boolean {
  if (type === SOCK_STREAM && name === 'sendmsg() with an address') return false;
  return CALLS[type]?.includes(name.slice(0, name.indexOf('('))) === true;
}

describe.skipIf(noLinuxEngine)('arguments that act while they are read', () => {
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  it.each(CASES)('$name that closes the socket (type $type)', async ({ type, call }) => {
    const one = kept(
      type === SOCK_DGRAM ? socket(AF_INET, SOCK_DGRAM, linux) : socket(AF_INET, SOCK_STREAM, linux),
    );
    let successor: Udp | undefined;
    const close = (): void => {
      if (one.closed) return;
      void one.close();
      // it gets the number of the descriptor that was closed
      successor = kept(socket(AF_INET, SOCK_DGRAM, linux));
    };
    const outcome = await Promise.resolve(call(one as Udp & Tcp, close)).then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );
    expect(successor, 'the argument was read').toBeDefined();
    expect(['EBADF', 'ECANCELED', 'ENOTCONN', 'EDESTADDRREQ', 'EISCONN'], outcome).toContain(outcome);
    expect(successor?.getsockname(), 'the successor is untouched').toEqual({ host: '0.0.0.0', port: 0 });
  });

  it.each([10, 30_000])(
    'sendto() of %d bytes that an address takes away sends no other memory',
    async (length) => {
      const [sender, receiver] = [await udp(), await udp()];
      const bytes = new Uint8Array(length).fill(65);
      const address = acting(receiver.getsockname(), () => detach(bytes));
      await sender.sendto(bytes, address).catch(() => {});
      await sender.sendto('next', receiver.getsockname());
      const [first] = await receiver.recvfrom();
      const last = Buffer.from(first).toString() === 'next' ? first : (await receiver.recvfrom())[0];
      expect(first === last || first.length === 0, 'nothing, or a datagram without bytes').toBe(true);
      expect(Buffer.from(last).toString()).toBe('next');
    },
  );

  it('sendmmsg() of bytes that a later message takes away sends no other memory', async () => {
    const [sender, receiver] = [await udp(), await udp()];
    const address = receiver.getsockname();
    const bytes = new Uint8Array(1000).fill(65);
    const messages = [
      { data: bytes, address },
      acting({ data: 'second', address }, () => bytes.buffer.byteLength && detach(bytes)),
    ];
    await sender.sendmmsg(messages).catch(() => {});
    await sender.sendto('last', address);
    for (;;) {
      const text = Buffer.from((await receiver.recvfrom(2000, { timeoutMs: 1000 }))[0]).toString();
      expect(['', 'second', 'last']).toContain(text);
      if (text === 'last') break;
    }
  });

  it.each([5_000_000, 20_000_000])(
    'sendall() of %d bytes that are taken away while it waits fails',
    async (length) => {
      const [client, server] = await tcpPair();
      client.setsockopt(SOL_SOCKET, SO_SNDBUF, 8192);
      const bytes = new Uint8Array(length).fill(66);
      const sending = client.sendall(bytes).then(
        () => 'done',
        (error: unknown) => error,
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
      detach(bytes);
      let foreign = 0;
      const reading = (async () => {
        for await (const chunk of server) foreign += chunk.filter((byte) => byte !== 66).length;
      })();
      expect(await sending).toBeInstanceOf(TypeError);
      await client.close();
      await reading;
      expect(foreign, 'bytes of other memory').toBe(0);
    },
  );

  it('sendall() of memory that shrinks while it waits fails, and does not spin', async () => {
    const [client, server] = await tcpPair();
    const buffer = new (
      ArrayBuffer as unknown as new (
        size: number,
        options: object,
      ) => ArrayBuffer & {
        resize(size: number): void;
      }
    )(8_000_000, { maxByteLength: 8_000_000 });
    const sending = client.sendall(new Uint8Array(buffer)).then(
      () => 'done',
      (error: unknown) => error,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    buffer.resize(10);
    const reading = (async () => {
      for await (const chunk of server) expect(chunk.some((byte) => byte !== 0)).toBe(false);
    })();
    expect(await sending).toBeInstanceOf(TypeError);
    await client.close();
    await reading;
  });

  it('send() takes every kind of memory', async () => {
    const [client, server] = await tcpPair();
    const whole = new Uint8Array(40_000).map((_, index) => index * 7);
    const shared = new Uint8Array(new SharedArrayBuffer(40_000));
    shared.set(whole);
    const wasm = new Uint8Array(wasmMemory(65_536), 16, 40_000);
    wasm.set(whole);
    const offset = new Uint8Array(50_000).subarray(5000, 45_000);
    offset.set(whole);
    for (const data of [
      whole,
      shared,
      wasm,
      offset,
      Buffer.from(whole),
      new DataView(whole.buffer),
      whole.buffer,
    ]) {
      await client.sendall(data);
      const received = await server.recv(40_000, { flags: 0x100, timeoutMs: 2000 });
      expect(Buffer.compare(received, whole)).toBe(0);
    }
  });
});
