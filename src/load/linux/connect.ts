/** Connect, one request, its answer, close: so many at a time. */
import { Slab } from '../../engines/linux/memory.ts';
import { answerTo, letters, same } from '../payload.ts';
import type { Period } from '../period.ts';
import type { Clients } from './clients.ts';
import { MSG_DONTWAIT, MSG_NOSIGNAL } from './clients.ts';

const WAIT_MS = 50;

/** Runs the load. */
export function connectLoad(clients: Clients, period: Period, onReady: () => void): void {
  onReady();
  const visits = new Visits(clients, period);
  for (let place = 0; place < clients.spec.connections; place += 1) visits.begin(place);
  while (period.goesOn(performance.now())) {
    const count = clients.wait(WAIT_MS);
    for (let at = 0; at < count; at += 1) visits.serve(clients.ready(at));
  }
}

class Visits {
  readonly #clients: Clients;
  readonly #period: Period;
  readonly #message: Slab;
  readonly #inbox: Slab;
  readonly #answer: Uint8Array;
  readonly #fds: Int32Array;
  readonly #beganAt: Float64Array;
  readonly #missing: Int32Array;

  constructor(clients: Clients, period: Period) {
    const { bytes, lines = false, answer = 'upper', connections } = clients.spec;
    this.#clients = clients;
    this.#period = period;
    this.#message = new Slab(clients.libc, bytes);
    this.#inbox = new Slab(clients.libc, bytes);
    const message = letters(bytes, lines);
    this.#message.bytes.set(message);
    this.#answer = answerTo(message, answer);
    this.#fds = new Int32Array(connections);
    this.#beganAt = new Float64Array(connections);
    this.#missing = new Int32Array(connections);
  }

  /** Connects, and asks. */
  begin(place: number): void {
    const { bytes } = this.#clients.spec;
    this.#beganAt[place] = performance.now();
    const fd = this.#clients.connect();
    this.#fds[place] = fd;
    this.#missing[place] = bytes;
    this.#clients.libc.send(fd, this.#message.at(0, bytes), bytes, MSG_NOSIGNAL);
    this.#clients.watch(fd, place);
  }

  /** Takes what came; when the answer is complete or the connection broke, the next begins. */
  serve(place: number): void {
    const fd = this.#fds[place] as number;
    const missing = this.#missing[place] as number;
    const { bytes } = this.#clients.spec;
    const at = bytes - missing;
    const length = this.#clients.libc.recv(fd, this.#inbox.at(0, missing), missing, MSG_DONTWAIT);
    if (length <= 0) this.#period.tally.errors += 1;
    else if (!same(this.#inbox.bytes, 0, this.#answer, at, length)) this.#period.tally.wrong += 1;
    else if (length < missing) {
      this.#missing[place] = missing - length;
      return;
    } else this.#period.tally.answered(bytes, performance.now() - (this.#beganAt[place] as number));
    this.#clients.abort(fd);
    this.begin(place);
  }
}
