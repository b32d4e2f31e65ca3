/** Keeps its processor busy: each line, or datagram, says for how many rounds. `calibrate 20` tells how many take 20 ms. */
import type { StreamSocket } from 'portico';
import { decode } from 'portico';

/** Rounds of the first try to find out how long one takes. */
const TRIAL_ROUNDS = 10_000_000;
const TRIALS = 5;

let state = 1;

function work(rounds: number): void {
  for (let round = 0; round < rounds; round++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
}

/** The quickest of some trials: the others had to share the processor. */
function calibrate(ms: number): number {
  let quickest = Number.POSITIVE_INFINITY;
  for (let trial = 0; trial < TRIALS; trial++) {
    const began = performance.now();
    work(TRIAL_ROUNDS);
    quickest = Math.min(quickest, performance.now() - began);
  }
  return Math.round((TRIAL_ROUNDS * ms) / quickest);
}

function answer(request: string): string {
  const [word = '', number] = request.trim().split(' ');
  if (word === 'calibrate') return String(calibrate(Number(number)));
  work(Number(word));
  return 'done';
}

export const udp = (message: Uint8Array): string => answer(decode(message));

export async function tcp(connection: StreamSocket): Promise<void> {
  for await (const chunk of connection) await connection.sendall(`${answer(decode(chunk))}\n`);
}
