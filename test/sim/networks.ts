/** The small networks that the tests begin with. */
import { AF_INET, decode, SOCK_DGRAM } from 'portico';
import type { Host, LinkOptions, ProgramContext, SimNet, SimNetOptions, Wire } from 'portico/sim';
import { simnet } from 'portico/sim';

/** A client, a server, and a link between them. */
export interface Pair {
  readonly sim: SimNet;
  readonly client: Host;
  readonly server: Host;
  readonly wire: Wire;
}

/** Two hosts, 10 ms apart unless told otherwise. */
export function pair(options: SimNetOptions = {}, link: LinkOptions = { delayMs: 10 }): Pair {
  const sim = simnet({ seed: 42, ...options });
  const client = sim.host('client', { ip: '10.0.0.1' });
  const server = sim.host('server', { ip: '10.0.0.2' });
  return { sim, client, server, wire: sim.link(client, server, link) };
}

/** The UDP server of the notes. */
export async function upperServer({ socket }: ProgramContext): Promise<never> {
  const server = socket(AF_INET, SOCK_DGRAM);
  await server.bind({ host: '', port: 12_000 });
  for (;;) {
    const [message, client] = await server.recvfrom(2048);
    await server.sendto(decode(message).toUpperCase(), client);
  }
}

/** Collects what arrives at port 12000 until `count` are there or `timeoutMs` have passed without one. */
export function collector(count: number, timeoutMs = 5000) {
  return async ({ socket }: ProgramContext): Promise<string[]> => {
    const server = socket(AF_INET, SOCK_DGRAM);
    await server.bind({ host: '', port: 12_000 });
    const got: string[] = [];
    while (got.length < count) {
      const next = await server.recvfrom(65_535, { timeoutMs }).catch(() => undefined);
      if (!next) return got;
      got.push(decode(next[0]));
    }
    return got;
  };
}

/** Sends each text to the server, `gapMs` apart. */
export function sender(texts: readonly string[], gapMs = 0) {
  return async ({ socket, sleep }: ProgramContext): Promise<void> => {
    const client = socket(AF_INET, SOCK_DGRAM);
    for (const text of texts) {
      await client.sendto(text, { host: '10.0.0.2', port: 12_000 });
      if (gapMs > 0) await sleep(gapMs);
    }
  };
}

/** `0`, `1`, … */
export function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}
