/**
 * One UDP client that sends bursts of equal datagrams, each as one message that the kernel cuts (UDP_SEGMENT), and
 * takes the answers as the kernel puts them together again (UDP_GRO).
 */
import { Slab } from '../../engines/linux/memory.ts';
import { answerTo, letters, same } from '../payload.ts';
import type { Period } from '../period.ts';
import type { Clients } from './clients.ts';
import { EAGAIN, ECONNREFUSED, EINTR, MSG_DONTWAIT, MSG_NOSIGNAL } from './clients.ts';
import { BATCH_MAX, UDP_GRO, Vectors } from './vectors.ts';

const IPPROTO_UDP = 17;
const LOST_MS = 200;
const WAIT_MS = 20;
/** The longest message that is put together; two lines of the cache more, so that slots do not share one set. */
const MESSAGE_BYTES = 65_536;
const STRIDE = MESSAGE_BYTES + 128;
/** Bursts on their way: the server must find the next one when it has answered one. */
const BURSTS = 16;
const COMPARE_EVERY = 16;

/** Runs the load. */
export function udpBurst(clients: Clients, period: Period, onReady: () => void): void {
  const burst = new Burst(clients, period);
  onReady();
  burst.fill(performance.now());
  for (let now = performance.now(); period.goesOn(now); now = performance.now()) {
    if (clients.wait(WAIT_MS) > 0) burst.receive();
    burst.fill(performance.now());
  }
}

class Burst {
  readonly #clients: Clients;
  readonly #period: Period;
  readonly #fd: number;
  readonly #inbox: Slab;
  readonly #incoming: Vectors;
  readonly #outgoing: Vectors;
  readonly #answer: Uint8Array;
  /** When the bursts in flight were sent, the oldest first. */
  readonly #sentAt: number[] = [];
  #inFlight = 0;
  #answeredAt = 0;
  #used = 0;
  #compare = 0;

  constructor(clients: Clients, period: Period) {
    const { bytes, window, answer = 'upper' } = clients.spec;
    this.#clients = clients;
    this.#period = period;
    this.#fd = clients.connect();
    clients.set(this.#fd, IPPROTO_UDP, UDP_GRO, 1);
    clients.watch(this.#fd, 0);
    const message = letters(bytes, false);
    const outbox = new Slab(clients.libc, bytes * window);
    for (let at = 0; at < window; at += 1) outbox.bytes.set(message, at * bytes);
    this.#outgoing = new Vectors(clients.libc);
    this.#outgoing.point(0, outbox, 0, bytes * window);
    if (window > 1) this.#outgoing.cut(0, bytes);
    this.#inbox = new Slab(clients.libc, BATCH_MAX * STRIDE);
    this.#incoming = new Vectors(clients.libc);
    for (let at = 0; at < BATCH_MAX; at += 1)
      this.#incoming.point(at, this.#inbox, at * STRIDE, MESSAGE_BYTES);
    this.#incoming.expectSegments(BATCH_MAX);
    this.#answer = answerTo(message, answer);
  }

  /** Sends bursts until enough are on their way; what is overdue is lost. */
  fill(now: number): void {
    const { window } = this.#clients.spec;
    if (this.#inFlight > 0 && now - this.#answeredAt > LOST_MS) this.#giveUp();
    while (this.#inFlight <= (BURSTS - 1) * window) {
      if (this.#clients.libc.sendmsg(this.#fd, this.#outgoing.headers(1), MSG_NOSIGNAL) < 0) {
        this.#refused('sendmsg');
        return;
      }
      if (this.#inFlight === 0) this.#answeredAt = now;
      this.#inFlight += window;
      this.#sentAt.push(now);
    }
  }

  /** Receives what is there. */
  receive(): void {
    this.#incoming.expectSegments(this.#used);
    const count = this.#clients.libc.recvmmsg(
      this.#fd,
      this.#incoming.headers(BATCH_MAX),
      BATCH_MAX,
      MSG_DONTWAIT,
      0,
    );
    this.#used = Math.max(count, 0);
    if (count < 0) this.#refused('recvmmsg');
    else this.#answeredAt = performance.now();
    for (let at = 0; at < count; at += 1) this.#take(at, this.#answeredAt);
  }

  /** A message of the kernel holds datagrams of one size; of 16 of them, and of each long message, one is compared. */
  #take(at: number, now: number): void {
    const { bytes } = this.#clients.spec;
    const length = this.#incoming.lengthOf(at);
    const segment = this.#incoming.segmentOf(at);
    const count = Math.max(1, Math.ceil(length / Math.max(1, segment)));
    this.#compare += count;
    const compares = this.#compare >= COMPARE_EVERY;
    if (compares) this.#compare = 0;
    const whole = segment === bytes && length === count * bytes;
    const last = at * STRIDE + length - bytes;
    const good = whole && (!compares || same(this.#inbox.bytes, last, this.#answer, 0, bytes));
    this.#settle(count, good, now);
  }

  #settle(count: number, good: boolean, now: number): void {
    const { bytes, window } = this.#clients.spec;
    const { tally } = this.#period;
    const awaited = Math.min(count, this.#inFlight);
    tally.late += count - awaited;
    if (!good) tally.wrong += awaited;
    else if (awaited > 0) tally.answeredMany(awaited, bytes, now - (this.#sentAt[0] ?? now));
    this.#inFlight -= awaited;
    while (this.#sentAt.length > Math.ceil(this.#inFlight / window)) this.#sentAt.shift();
  }

  #giveUp(): void {
    this.#period.tally.lost += this.#inFlight;
    this.#inFlight = 0;
    this.#sentAt.length = 0;
  }

  #refused(syscall: string): void {
    const errno = this.#clients.libc.errno();
    if (errno === ECONNREFUSED) this.#period.tally.errors += 1;
    else if (errno !== EAGAIN && errno !== EINTR) throw this.#clients.error(syscall, errno);
  }
}
