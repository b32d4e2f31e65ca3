/** Opens connections and holds them; each has asked once and got its answer, so that the server has accepted it. */
import { Slab } from '../../engines/linux/memory.ts';
import { letters } from '../payload.ts';
import type { Period } from '../period.ts';
import type { Clients } from './clients.ts';
import { MSG_NOSIGNAL } from './clients.ts';

const HOLD_MS = 50;
/** Connections from one address: less than its ephemeral ports, 28,232 where nobody changed them. */
const PER_ADDRESS_MAX = 20_000;

/** Runs the load: `messages` counts the connections that were opened and answered. */
export function idleLoad(clients: Clients, period: Period, onReady: () => void): void {
  const { connections, bytes, host, lines = false } = clients.spec;
  const slab = new Slab(clients.libc, bytes);
  slab.bytes.set(letters(bytes, lines));
  for (let index = 0; index < connections; index += 1) {
    const beganAt = performance.now();
    const fd = clients.connect(source(host, index));
    clients.libc.send(fd, slab.at(0, bytes), bytes, MSG_NOSIGNAL);
    if (clients.libc.recv(fd, slab.at(0, bytes), bytes, 0) <= 0) throw clients.error('recv');
    period.tally.answered(bytes, performance.now() - beganAt);
  }
  onReady();
  while (period.goesOn(performance.now())) clients.wait(HOLD_MS);
}

/** On the loopback there are 16 million addresses to come from. */
function source(host: string, index: number): string | undefined {
  const block = Math.floor(index / PER_ADDRESS_MAX);
  return block === 0 || !host.startsWith('127.') ? undefined : `127.0.0.${block + 1}`;
}
