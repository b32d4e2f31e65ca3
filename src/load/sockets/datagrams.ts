/** The UDP loads over the public sockets. */
import type { AF_INET, AF_INET6, DatagramSocket, InetAddress, Message } from '../../index.ts';
import { SocketError } from '../../index.ts';
import { GENERATIONS, HEADER_BYTES, readGeneration, readSlot, same, writeHeader } from '../payload.ts';
import { Schedule } from '../schedule.ts';
import type { Room } from './room.ts';

const LOST_MS = 200;
const OPEN_LOST_MS = 2000;
const SWEEP_MS = 50;
/** Datagrams of an open loop in flight, all clients together. */
const IN_FLIGHT_MAX = 65_536;
const BATCH_MAX = 64;

type Client = DatagramSocket<typeof AF_INET | typeof AF_INET6>;
type Outgoing = Message<InetAddress>;

/** Datagrams in flight of one client, by slot. */
class Flights {
  readonly #room: Room;
  readonly #dueAt: Float64Array;
  readonly #generations: Uint8Array;
  readonly #inFlight: Uint8Array;
  readonly #free: number[];

  constructor(room: Room, window: number) {
    this.#room = room;
    this.#dueAt = new Float64Array(window);
    this.#generations = new Uint8Array(window);
    this.#inFlight = new Uint8Array(window);
    this.#free = Array.from({ length: window }, (_, slot) => slot);
  }

  get free(): number {
    return this.#free.length;
  }

  /** The next datagram; its latency counts from `dueAt`. */
  next(dueAt: number): Outgoing {
    const slot = this.#free.pop() ?? 0;
    this.#dueAt[slot] = dueAt;
    this.#inFlight[slot] = 1;
    const data = this.#room.message.slice();
    writeHeader(data, 0, slot, this.#generations[slot] as number);
    return { data };
  }

  take(data: Uint8Array, now: number): void {
    const { tally, spec, answer } = this.#room;
    const slot = readSlot(data, 0);
    const good =
      data.length === spec.bytes &&
      slot >= 0 &&
      slot < this.#dueAt.length &&
      same(data, HEADER_BYTES, answer, HEADER_BYTES, spec.bytes - HEADER_BYTES);
    if (!good) tally.wrong += 1;
    else if (this.#inFlight[slot] === 0 || readGeneration(data, 0) !== this.#generations[slot])
      tally.late += 1;
    else {
      tally.answered(spec.bytes, now - (this.#dueAt[slot] as number));
      this.#release(slot);
    }
  }

  /** Gives up what is due since `before`. */
  sweep(before: number): void {
    for (let slot = 0; slot < this.#dueAt.length; slot += 1) {
      if (this.#inFlight[slot] === 0 || (this.#dueAt[slot] as number) > before) continue;
      this.#room.tally.lost += 1;
      this.#release(slot);
    }
  }

  #release(slot: number): void {
    this.#inFlight[slot] = 0;
    this.#generations[slot] = ((this.#generations[slot] as number) + 1) % GENERATIONS;
    this.#free.push(slot);
  }
}

/** Requests and answers, closed loop or open. */
export async function udpEcho(room: Room): Promise<undefined> {
  const { spec } = room;
  const window =
    spec.rate === undefined ? spec.window : Math.max(1, Math.floor(IN_FLIGHT_MAX / spec.connections));
  const clients: { client: Client; flights: Flights }[] = [];
  for (let index = 0; index < spec.connections; index += 1) {
    const client = room.datagramSocket();
    await client.connect({ host: spec.host, port: spec.port });
    const flights = new Flights(room, window);
    clients.push({ client, flights });
    room.add(() => receive(room, client, flights));
  }
  if (spec.rate !== undefined) room.add(() => send(room, clients, new Schedule(spec.rate ?? 1)));
}

/** Bursts: the public sockets put them together by themselves where they can. */
export async function udpBurst(room: Room): Promise<undefined> {
  return await udpEcho(room);
}

async function receive(room: Room, client: Client, flights: Flights): Promise<void> {
  const closed = room.spec.rate === undefined;
  while (!room.ended) {
    const now = performance.now();
    flights.sweep(now - (closed ? LOST_MS : OPEN_LOST_MS));
    if (closed && flights.free > 0)
      await sendOff(
        room,
        client,
        Array.from({ length: flights.free }, () => flights.next(now)),
      );
    const messages = await client
      .recvmmsg(BATCH_MAX, room.spec.bytes + 1, { timeoutMs: SWEEP_MS })
      .catch((error: unknown) => {
        forgive(room, error);
        return [];
      });
    const came = performance.now();
    for (const { data } of messages) flights.take(data, came);
  }
}

/** Sends at the planned times; between them it sleeps, so a send is late by what a timer is. */
async function send(
  room: Room,
  clients: readonly { client: Client; flights: Flights }[],
  schedule: Schedule,
): Promise<void> {
  for (let next = 0; !room.ended; ) {
    for (let due = schedule.due(performance.now()); due > 0; due -= 1, next += 1) {
      const place = clients[next % clients.length];
      if (!place || place.flights.free === 0) break;
      await sendOff(room, place.client, [place.flights.next(schedule.take())]);
    }
    await new Promise((resolve) => setTimeout(resolve, schedule.restMs(performance.now(), SWEEP_MS)));
  }
}

/** Sends as fast as it can. */
export async function udpFlood(room: Room): Promise<undefined> {
  const { spec, tally } = room;
  const client = room.datagramSocket();
  await client.connect({ host: spec.host, port: spec.port });
  const batch = Array.from({ length: BATCH_MAX }, () => ({ data: room.message }));
  room.add(async () => {
    while (!room.ended) {
      await sendOff(room, client, batch);
      tally.messages += batch.length;
      tally.bytes += batch.length * spec.bytes;
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
}

/** Binds, and reads what comes. */
export async function udpDrain(room: Room): Promise<number> {
  const server = room.datagramSocket();
  await server.bind({ host: room.spec.host, port: room.spec.port });
  room.add(async () => {
    while (!room.ended) {
      const messages = await server.recvmmsg(BATCH_MAX, 65_536);
      room.tally.messages += messages.length;
      for (const { data } of messages) room.tally.bytes += data.length;
    }
  });
  return server.getsockname().port;
}

async function sendOff(room: Room, client: Client, messages: Outgoing[]): Promise<void> {
  await client.sendmmsg(messages).catch((error: unknown) => forgive(room, error));
}

/** Nothing came, or nobody was there: no reason to end. */
function forgive(room: Room, error: unknown): void {
  if (!(error instanceof SocketError) || room.ended) throw error;
  if (error.code === 'ECONNREFUSED') room.tally.errors += 1;
  else if (error.code !== 'ETIMEDOUT') throw error;
}
