/** Ports for programs that can't take port 0. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import type { Program } from './program.ts';

/** Between the moment a port is found free and the moment a program takes it, another may. */
const PORT_TRIES_MAX = 5;
/** How long to rest between two looks whether somebody listens, in milliseconds. */
const PROBE_REST_MS = 20;

/** A port of the loopback that nobody has over TCP or UDP, for this moment. Node finds it: our door is under test. */
async function freePort(): Promise<number> {
  const tcp = createServer().listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4').bind(port, '127.0.0.1');
  await once(udp, 'listening');
  await Promise.all([
    new Promise<void>((resolve) => udp.close(resolve)),
    new Promise<unknown>((resolve) => tcp.close(resolve)),
  ]);
  return port;
}

/** Waits until somebody listens at the port, or the program has ended. */
export async function connectable(program: Program, port: number): Promise<void> {
  const state = { ended: false };
  const ending = program.ended().finally(() => {
    state.ended = true;
  });
  ending.catch(() => {});
  while (!state.ended) {
    const probe = connect(port, '127.0.0.1');
    const connected = await once(probe, 'connect').then(
      () => true,
      () => false,
    );
    probe.destroy();
    if (connected) return;
    await rest(PROBE_REST_MS);
  }
  await ending;
}

/** Starts a server at a free port, at another one when that was taken meanwhile, and waits until `ready`. */
export async function startAtFreePort(
  start: (port: number) => Program,
  ready: (program: Program, port: number) => Promise<unknown>,
): Promise<{ program: Program; port: number }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const program = start(port);
    try {
      await ready(program, port);
      return { program, port };
    } catch (error) {
      await program[Symbol.asyncDispose]();
      const taken = /address already in use/i.test(program.stderr);
      if (!taken || tries === PORT_TRIES_MAX) throw error;
    }
  }
}
