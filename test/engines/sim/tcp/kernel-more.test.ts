/** What Linux does beyond the table G1–G16, each against the kernel's own trace: losses, probes, ends, pacing of data. */
import { expect, it } from 'vitest';
import type { EngineStreamSocket } from '../../../../src/engines/engine.ts';
import { SHUT_WR } from '../../../../src/posix/constants.ts';
import {
  SO_KEEPALIVE,
  SO_LINGER,
  SO_RCVBUF,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
} from '../../../../src/posix/options.ts';
import { SocketError } from '../../../../src/posix/socket-error.ts';
import { expectAsKernel, goldenTrace } from './golden.ts';
import type { Passing, Relay } from './world.ts';
import { push, World } from './world.ts';

type Rule = (passing: Omit<Passing, 'dropped'>) => boolean;

function dropping(rule: Rule): Relay {
  return (passing) => (rule(passing) ? 'drop' : [0]);
}

/** The client's segments with data, by their number from 1. */
function data(isMeant: (number: number) => boolean): Rule {
  let count = 0;
  return ({ direction, segment }) => {
    if (direction !== '>' || segment.data.length === 0) return false;
    count += 1;
    return isMeant(count);
  };
}

/** The first segment of a direction with exactly these bits. */
function first(direction: '>' | '<', flags: number): Rule {
  let isFound = false;
  return (passing) => {
    const isIt = !isFound && passing.direction === direction && (passing.segment.flags & ~8) === flags;
    isFound ||= isIt && passing.segment.data.length === 0 && passing.atUs > 60_000;
    return isIt && isFound;
  };
}

async function codeOf(call: () => unknown): Promise<string> {
  try {
    const value = await call();
    return `${value instanceof Uint8Array ? value.length : value}`;
  } catch (error) {
    return error instanceof SocketError ? error.code : String(error);
  }
}

/** A connection over a link with a rule, on which the client has sent so many bytes. */
async function sending(
  count: number,
  relay?: Relay,
): Promise<[World, EngineStreamSocket, EngineStreamSocket]> {
  const world = new World(relay ? { relay } : {});
  const [client, server] = await world.pair();
  push(client, count);
  return [world, client, server];
}

it('x02: after a timeout all that was lost goes out again, one, two, four segments at a time', async () => {
  const [world] = await sending(14_600, dropping(data((number) => number <= 10)));
  await world.run(600);
  expectAsKernel(world, goldenTrace('x02'));
});

it('x03: small segments that were lost go out again as one', async () => {
  const world = new World({ relay: dropping(data((number) => number <= 3)) });
  const [client] = await world.pair();
  client.setsockopt(TCP_NODELAY, true);
  for (let index = 0; index < 3; index++) push(client, 1);
  await world.run(800);
  expectAsKernel(world, goldenTrace('x03'));
});

it('x04: both ends close at once, and both rest', async () => {
  const world = new World();
  const [client, server] = await world.pair();
  await world.runUntil(277);
  client.shutdown(SHUT_WR);
  server.shutdown(SHUT_WR);
  await world.run(20);
  expect(world.client.stack.sockets().map(({ state }) => state)).toEqual(['FIN_WAIT_1']);
  await world.run(10);
  expect(world.client.stack.sockets().map(({ state }) => state)).toEqual(['CLOSING']);
  await world.run(400);
  expectAsKernel(world, goldenTrace('x04'));
  expect(world.client.stack.sockets().map(({ state }) => state)).toEqual(['TIME_WAIT']);
});

it('x05: a FIN that is lost is sent again', async () => {
  const world = new World({ relay: dropping(first('>', 0x11)) });
  const [client, server] = await world.pair();
  void client.close();
  await world.runUntil(1077);
  void server.close();
  await world.run(300);
  expectAsKernel(world, goldenTrace('x05'));
});

it('x06: keep-alive asks each second, and resets a peer that does not answer three times', async () => {
  let isGone = false;
  const world = new World({ relay: dropping(({ direction }) => isGone && direction === '>') });
  const [client] = await world.pair();
  client.setsockopt(TCP_KEEPIDLE, 1);
  client.setsockopt(TCP_KEEPINTVL, 1);
  client.setsockopt(TCP_KEEPCNT, 3);
  client.setsockopt(SO_KEEPALIVE, true);
  const waiting = codeOf(() => client.recv(1, 0));
  await world.runUntil(2580);
  isGone = true;
  await world.runUntil(7500);
  expectAsKernel(world, goldenTrace('x06'));
  expect(await waiting).toBe('ETIMEDOUT');
});

it('x07: data for a socket that was closed resets its sender, whose calls fail with EPIPE', async () => {
  const world = new World();
  const [client, server] = await world.pair();
  void client.close();
  await world.run(205);
  push(server, 4);
  await world.run(200);
  expect(await codeOf(() => server.send(new Uint8Array(1), 0, true))).toBe('EPIPE');
  expect(await codeOf(() => server.send(new Uint8Array(1), 0, true))).toBe('EPIPE');
  expectAsKernel(world, goldenTrace('x07'));
});

it('x08: a segment whose acknowledgement is lost comes again, and is acknowledged at once', async () => {
  const [world] = await sending(5, dropping(first('<', 0x10)));
  await world.run(900);
  expectAsKernel(world, goldenTrace('x08'));
});

it('x09: the last segment of a flight is sent again after a timeout', async () => {
  const [world] = await sending(14_600, dropping(data((number) => number === 10)));
  await world.run(500);
  expectAsKernel(world, goldenTrace('x09'));
});

it('x11: the rest of a second flight that is lost goes out again after one timeout', async () => {
  const [world] = await sending(29_200, dropping(data((number) => number >= 14 && number <= 20)));
  await world.run(900);
  expectAsKernel(world, goldenTrace('x11'));
});

it('x12: an answer carries the acknowledgement of its question', async () => {
  const world = new World();
  const [client, server] = await world.pair();
  const answering = (async () => {
    for (let index = 0; index < 4; index++) {
      await server.recv(99, 0);
      push(server, 10);
    }
  })();
  const asking = (async () => {
    for (let index = 0; index < 4; index++) {
      push(client, 10);
      await client.recv(99, 0);
    }
  })();
  await world.settle(Promise.all([answering, asking]));
  await world.run(300);
  expectAsKernel(world, goldenTrace('x12'));
});

it('x13: a small segment goes behind a full one, and the next waits for it', async () => {
  const world = new World();
  const [client] = await world.pair();
  for (const count of [2000, 500, 500]) push(client, count);
  await world.run(400);
  expectAsKernel(world, goldenTrace('x13'));
});

it('x14: five writes of 4,096 bytes leave one small segment in the first flight', async () => {
  const world = new World();
  const [client] = await world.pair();
  for (let index = 0; index < 5; index++) push(client, 4096);
  await world.run(400);
  expectAsKernel(world, goldenTrace('x14'));
});

it('x15: a FIN waits behind the data for a window, and goes out with the last of it', async () => {
  const world = new World();
  const welcome = await world.welcome(4, (socket) => socket.setsockopt(SO_RCVBUF, 4096));
  const [client, server] = await world.pair(welcome);
  push(client, 6000);
  client.shutdown(SHUT_WR);
  await world.runUntil(1276);
  for (let count = 0, length = 1; length > 0; count += length) {
    ({ length } = await world.settle(server.recv(65_536, 0)));
    if (length === 0) expect(count).toBe(6000);
  }
  await world.runUntil(1826);
  void server.close();
  await world.run(300);
  expectAsKernel(world, goldenTrace('x15'));
});

it('x16: a window that shrinks as nobody reads slows the acknowledgements down', async () => {
  const [world, , server] = await sending(50_000);
  await world.runUntil(478);
  expect(server.recv(65_536, 0)).toHaveLength(50_000);
  await world.run(200);
  expectAsKernel(world, goldenTrace('x16'));
});

it('x18: a connection whose reset was lost is reset at its next segment', async () => {
  let isDeaf = false;
  const world = new World({ relay: dropping(({ direction }) => isDeaf && direction === '<') });
  const [client, server] = await world.pair();
  push(client, 1);
  await world.run(103);
  isDeaf = true;
  server.setsockopt(SO_LINGER, { onoff: true, linger: 0 });
  void server.close();
  await world.run(200);
  isDeaf = false;
  push(client, 1);
  await world.run(200);
  expectAsKernel(world, goldenTrace('x18'));
  expect(await codeOf(() => client.recv(1, 0))).toBe('ECONNRESET');
});
