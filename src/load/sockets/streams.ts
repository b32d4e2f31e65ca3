/** The TCP loads over the public sockets. */
import type { StreamSocket } from '../../index.ts';
import { same } from '../payload.ts';
import { Schedule } from '../schedule.ts';
import type { Room } from './room.ts';

const READ_BYTES = 65_536;
/** Messages of an open loop in flight, all connections together. */
const IN_FLIGHT_MAX = 65_536;
const REST_MAX_MS = 50;

/** One connection with messages in flight. */
class Line {
  readonly client: StreamSocket;
  readonly #room: Room;
  readonly #dueAt: number[] = [];
  #received = 0;

  constructor(room: Room, client: StreamSocket) {
    this.#room = room;
    this.client = client;
  }

  get waiting(): number {
    return this.#dueAt.length;
  }

  /** Sends one message for each time. */
  async send(times: readonly number[]): Promise<void> {
    this.#dueAt.push(...times);
    const { message } = this.#room;
    const bytes = new Uint8Array(message.length * times.length);
    for (let at = 0; at < bytes.length; at += message.length) bytes.set(message, at);
    await this.client.sendall(bytes);
  }

  /** Receives once; gives how many answers are complete by it. */
  async receive(): Promise<number> {
    const { tally, answer } = this.#room;
    const chunk = await this.client.recv(READ_BYTES);
    if (chunk.length === 0) throw this.#room.closedByServer();
    const now = performance.now();
    let complete = 0;
    for (let at = 0; at < chunk.length; ) {
      const length = Math.min(answer.length - this.#received, chunk.length - at);
      const good = same(chunk, at, answer, this.#received, length);
      at += length;
      this.#received = (this.#received + length) % answer.length;
      const due = this.#received === 0 ? this.#dueAt.shift() : undefined;
      if (!good || (this.#received === 0 && due === undefined)) tally.wrong += 1;
      else if (due !== undefined) tally.answered(answer.length, now - due);
      if (due !== undefined) complete += 1;
    }
    return complete;
  }
}

/** Requests and answers, closed loop or open. */
export async function tcpEcho(room: Room): Promise<undefined> {
  const { spec } = room;
  const lines: Line[] = [];
  for (let index = 0; index < spec.connections; index += 1)
    lines.push(new Line(room, await room.streamSocket()));
  for (const line of lines) room.add(() => answer(room, line));
  if (spec.rate !== undefined) room.add(() => send(room, lines, new Schedule(spec.rate ?? 1)));
}

async function answer(room: Room, line: Line): Promise<void> {
  const closed = room.spec.rate === undefined;
  const now = performance.now();
  if (closed) await line.send(Array.from({ length: room.spec.window }, () => now));
  while (!room.ended) {
    const complete = await line.receive();
    const came = performance.now();
    if (closed && complete > 0) await line.send(Array.from({ length: complete }, () => came));
  }
}

/** Sends at the planned times; between them it sleeps, so a send is late by what a timer is. */
async function send(room: Room, lines: readonly Line[], schedule: Schedule): Promise<void> {
  const waitingMax = Math.max(1, Math.floor(IN_FLIGHT_MAX / lines.length));
  for (let next = 0; !room.ended; ) {
    for (let due = schedule.due(performance.now()); due > 0; due -= 1, next += 1) {
      const line = lines[next % lines.length];
      if (!line || line.waiting >= waitingMax) break;
      void line.send([schedule.take()]).catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, schedule.restMs(performance.now(), REST_MAX_MS)));
  }
}

/** Connect, one request, close: so many at a time. */
export async function tcpConnect(room: Room): Promise<undefined> {
  for (let index = 0; index < room.spec.connections; index += 1) {
    room.add(async () => {
      while (!room.ended) await visit(room);
    });
  }
}

async function visit(room: Room): Promise<void> {
  const beganAt = performance.now();
  const line = new Line(room, await room.streamSocket());
  await line.send([beganAt]);
  while (line.waiting > 0) await line.receive();
  await room.leave(line.client);
}

/** Opens connections and holds them. */
export async function tcpIdle(room: Room): Promise<undefined> {
  for (let index = 0; index < room.spec.connections; index += 1) {
    const line = new Line(room, await room.streamSocket());
    await line.send([performance.now()]);
    while (line.waiting > 0) await line.receive();
  }
}

/** Writes, or reads, as fast as it can. */
export async function tcpBulk(room: Room): Promise<undefined> {
  const { spec, tally, message } = room;
  for (let index = 0; index < spec.connections; index += 1) {
    const client = await room.streamSocket();
    room.add(async () => {
      while (!room.ended) {
        if (spec.shape === 'source') await client.sendall(message);
        const moved = spec.shape === 'source' ? spec.bytes : (await client.recv(spec.bytes)).length;
        if (moved === 0) throw room.closedByServer();
        tally.bytes += moved;
        tally.messages = Math.floor(tally.bytes / spec.bytes);
      }
    });
  }
}
