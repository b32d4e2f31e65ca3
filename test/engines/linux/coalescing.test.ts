/** Writes of one turn that share a system call: their bytes, their order, their errors, and the ends of both sides. */
import { afterEach, describe, expect, it } from 'vitest';
import type { StreamSocket } from '../../../src/index.ts';
import { AF_INET, SHUT_WR, SO_SNDBUF, SOCK_STREAM, SOL_SOCKET, socket } from '../../../src/index.ts';
import { engineOn, Faults } from './faulty-engine.ts';
import { noLinuxEngine } from './requirements.ts';

const open: { close(): Promise<void> }[] = [];

async function pair(faults: Faults): Promise<{ client: StreamSocket; server: StreamSocket }> {
  const welcome = socket(AF_INET, SOCK_STREAM, { engine: 'linux' });
  const client = socket(AF_INET, SOCK_STREAM, { engine: engineOn(faults.libc) });
  open.push(welcome, client);
  await welcome.bind({ host: '127.0.0.1', port: 0 });
  await welcome.listen();
  await client.connect(welcome.getsockname());
  const [server] = await welcome.accept();
  open.push(server);
  return { client, server };
}

async function readToEnd(server: StreamSocket): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of server) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function lines(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `line ${index}\n`);
}

describe.skipIf(noLinuxEngine)('writes of one turn', () => {
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  it.each([
    [
      'awaited one by one',
      async (send: (line: string) => Promise<unknown>) => {
        for (const line of lines(500)) await send(line);
      },
    ],
    [
      'started together',
      async (send: (line: string) => Promise<unknown>) => {
        await Promise.all(lines(500).map(send));
      },
    ],
  ] as const)('%s: 500 lines leave in order with a few system calls', async (_, sendLines) => {
    const faults = new Faults();
    const { client, server } = await pair(faults);
    const before = faults.calls.get('send') ?? 0;
    await sendLines((line) => client.send(line));
    client.shutdown(SHUT_WR);
    expect((faults.calls.get('send') ?? 0) - before).toBeLessThanOrEqual(3);
    expect(await readToEnd(server)).toBe(lines(500).join(''));
  });

  it('a program that answers in pieces sends each answer in one segment, from its second on', async () => {
    const { client, server } = await pair(new Faults());
    const answering = (async () => {
      for await (const _ of server) {
        await server.send('header ');
        await server.send('body');
      }
    })();
    const asked = async () => {
      await client.send('?');
      let answer = '';
      while (answer.length < 11) answer += Buffer.from(await client.recv()).toString();
      return answer;
    };
    for (let count = 0; count < 3; count += 1) expect(await asked()).toBe('header body');
    await client.send('?');
    expect(Buffer.from(await client.recv()).toString()).toBe('header body');
    client.shutdown(SHUT_WR);
    await answering;
  });

  it('small, large and gathered data keep their order', async () => {
    const { client, server } = await pair(new Faults());
    const large = 'L'.repeat(100_000);
    const sent = Promise.all([
      client.sendall('a'),
      client.sendall('b'),
      client.sendall(large),
      client.sendall('c'),
      client.sendmsg({ data: ['d', 'e'] }),
      client.sendall('f'),
    ]).then(() => client.shutdown(SHUT_WR));
    expect(await readToEnd(server)).toBe(`ab${large}cdef`);
    await sent;
  });

  it('a program that sends for ever lets timers run, and memory stays bounded', async () => {
    const { client, server } = await pair(new Faults());
    let over = false;
    setTimeout(() => {
      over = true;
    }, 50);
    const drain = readToEnd(server);
    let count = 0;
    for (; !over; count += 1) await client.send('x');
    client.shutdown(SHUT_WR);
    expect((await drain).length).toBe(count);
  });

  it('close() sends what is queued first, also when there is no room for a while', async () => {
    const faults = new Faults();
    const { client, server } = await pair(faults);
    await client.send('first ');
    faults.fail('send', 'EAGAIN', (call) => call <= 3);
    await client.send('second');
    await client.close();
    expect(await readToEnd(server)).toBe('first second');
  });

  it('shutdown(SHUT_WR) sends what is queued first, also when there is no room for a while', async () => {
    const faults = new Faults();
    const { client, server } = await pair(faults);
    await client.send('first ');
    faults.fail('send', 'EAGAIN', (call) => call <= 3);
    await client.send('second');
    client.shutdown(SHUT_WR);
    expect(await readToEnd(server)).toBe('first second');
    await expect(client.send('third')).rejects.toMatchObject({ code: 'EPIPE' });
  });

  it('an error of queued bytes is told by the next send(), and leaves no hole', async () => {
    const faults = new Faults();
    const { client, server } = await pair(faults);
    await client.send('first ');
    faults.fail('send', 'EPERM', (call) => call === 1);
    await client.send('second');
    await new Promise(setImmediate);
    await expect(client.send(' third')).rejects.toMatchObject({ code: 'EPERM', syscall: 'send' });
    await client.send(' third');
    client.shutdown(SHUT_WR);
    expect(await readToEnd(server)).toBe('first second third');
  });

  it('an error of queued bytes is told by recv() rather than an orderly end', async () => {
    const faults = new Faults();
    const { client, server } = await pair(faults);
    await client.send('first');
    faults.fail('send', 'ECONNRESET', (call) => call === 1);
    await client.send('second');
    await new Promise(setImmediate);
    await server.recv();
    server.shutdown(SHUT_WR);
    await expect(client.recv()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('a peer that does not read makes send() wait, and gets every byte in the end', async () => {
    const { client, server } = await pair(new Faults());
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096);
    const piece = 'p'.repeat(1000);
    const total = 8000;
    let sent = 0;
    const sending = (async () => {
      for (; sent < total; sent += 1) await client.sendall(piece);
      client.shutdown(SHUT_WR);
    })();
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(sent).toBeLessThan(total);
    expect((await readToEnd(server)).length).toBe(total * piece.length);
    await sending;
  });
});
