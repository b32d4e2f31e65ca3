/** A whole connection between two stacks. */
import { expect, it } from 'vitest';
import { World } from './world.ts';

it('a connection opens, carries bytes both ways and closes', async () => {
  const world = new World();
  const [client, server] = await world.pair();
  const sent = client.send(new TextEncoder().encode('hello'), 0, true);
  expect(sent).toBe(5);
  expect(new TextDecoder().decode(await world.settle(server.recv(99, 0)))).toBe('hello');
  void server.send(new TextEncoder().encode('HELLO'), 0, true);
  expect(new TextDecoder().decode(await world.settle(client.recv(99, 0)))).toBe('HELLO');
  void client.close();
  expect((await world.settle(server.recv(99, 0))).length).toBe(0);
  void server.close();
  await world.run(1000);
  expect(world.client.stack.sockets().map(({ state }) => state)).toEqual(['TIME_WAIT']);
  await world.run(60_000);
  expect(world.client.stack.sockets()).toEqual([]);
  expect(world.server.stack.sockets().map(({ state }) => state)).toEqual(['LISTEN']);
});
