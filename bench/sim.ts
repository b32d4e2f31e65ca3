/**
 * How fast the simulated network is, and how much memory a long run takes: `node build/bench/sim.js [--events N]`.
 * Three questions: segments a second of real time, a ten-second conversation of three clients, and resident memory in a
 * run of many events (10,000,000 unless told otherwise). One process, one thread; the figures are of this machine.
 */
import { parseArgs } from 'node:util';
import { AF_INET, SOCK_STREAM } from 'portico';
import type { ProgramContext, SimNet } from 'portico/sim';
import { simnet, trace } from 'portico/sim';
import { describeMachine } from './harness/machine.ts';

const PORT = 12_000;
const MEGABYTE = 1e6;
const CHUNK = 65_536;

/** Reads connections to their ends. */
async function sink({ socket }: ProgramContext): Promise<void> {
  const listening = socket(AF_INET, SOCK_STREAM);
  await listening.bind({ host: '', port: PORT });
  const [connection] = await (await listening.listen()).accept();
  for await (const chunk of connection) if (chunk.length === 0) return;
}

/** Sends so many bytes. */
function source(bytes: number) {
  return async ({ socket }: ProgramContext): Promise<void> => {
    const connection = socket(AF_INET, SOCK_STREAM);
    await connection.connect({ host: 'server', port: PORT });
    const chunk = new Uint8Array(CHUNK);
    for (let sent = 0; sent < bytes; sent += CHUNK) await connection.sendall(chunk);
    await connection.close();
  };
}

function packetsOf(sim: SimNet): number {
  return sim.packets;
}

/** A bulk transfer over a link of 1 ms; gives segments a second of real time and of processor time. */
async function segments(
  bytes: number,
): Promise<{ segments: number; perSecond: number; perCpuSecond: number }> {
  const sim = simnet({ seed: 1 });
  const [client, server] = [sim.host('client', { ip: '10.0.0.1' }), sim.host('server', { ip: '10.0.0.2' })];
  sim.link(client, server, { delayMs: 1 });
  const received = server.run('sink', sink);
  client.run('source', source(bytes));
  const cpu = process.cpuUsage();
  const start = performance.now();
  await sim.run({ until: received, eventsMax: Number.POSITIVE_INFINITY });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const count = packetsOf(sim);
  return {
    segments: count,
    perSecond: Math.round(count / seconds),
    perCpuSecond: Math.round(count / ((user + system) / 1e6)),
  };
}

/** Three clients ask one server for ten seconds; gives the real time. */
async function conversation(): Promise<{ realMs: number; networkMs: number; events: number }> {
  const start = performance.now();
  const sim = simnet({ seed: 1 });
  const server = sim.host('server', { ip: '10.0.0.9' });
  server.run('echo', async ({ socket }) => {
    const listening = socket(AF_INET, SOCK_STREAM);
    await listening.bind({ host: '', port: PORT });
    for await (const [connection] of await listening.listen()) {
      void (async () => {
        for await (const chunk of connection) await connection.sendall(chunk);
        await connection.close();
      })();
    }
  });
  const clients = [1, 2, 3].map((number) => {
    const client = sim.host(`client${number}`, { ip: `10.0.0.${number}` });
    sim.link(client, server, { delayMs: 10 });
    return client.run('asker', async ({ socket, sleep, now }) => {
      const connection = socket(AF_INET, SOCK_STREAM);
      await connection.connect({ host: 'server', port: PORT });
      while (now() < 10_000) {
        await connection.sendall('hello');
        await connection.recv();
        await sleep(80);
      }
      await connection.close();
    });
  });
  await sim.run({ until: Promise.all(clients) });
  return { realMs: performance.now() - start, networkMs: sim.now, events: sim.events };
}

/** One long transfer; resident memory at its quarters. */
async function memory(events: number): Promise<{ events: number; quartersMb: number[]; hash: string }> {
  const sim = simnet({ seed: 1 });
  const [client, server] = [sim.host('client', { ip: '10.0.0.1' }), sim.host('server', { ip: '10.0.0.2' })];
  sim.link(client, server, { delayMs: 1 }).both.loss(0.001, { optional: true });
  server.run('sink', sink);
  client.run('source', source(Number.POSITIVE_INFINITY));
  const quartersMb: number[] = [];
  for (let quarter = 1; quarter <= 4; quarter++) {
    const until = () => sim.events >= (events * quarter) / 4;
    await sim.run({ until, eventsMax: Number.POSITIVE_INFINITY });
    quartersMb.push(Math.round(process.memoryUsage().rss / MEGABYTE));
  }
  return { events: sim.events, quartersMb, hash: trace(sim).hash };
}

const { values } = parseArgs({ options: { events: { type: 'string', default: '10000000' } } });
console.log(JSON.stringify(describeMachine()));
// the first runs are the compiler's
await segments(50 * MEGABYTE);
for (let round = 0; round < 3; round++) await conversation();
console.log(JSON.stringify({ question: 'segments a second', ...(await segments(200 * MEGABYTE)) }));
console.log(JSON.stringify({ question: 'ten seconds of three clients', ...(await conversation()) }));
console.log(JSON.stringify({ question: 'memory of a long run', ...(await memory(Number(values.events))) }));
