/** The program of a poller thread; `wake.ts` says why there is one. It makes only blocking calls and holds no handle. */
import { workerData } from 'node:worker_threads';
import { loadLibc } from './ffi.ts';
import { EPOLL_EVENT } from './layout.ts';
import { Slab } from './memory.ts';
import type { PollerData } from './wake.ts';
import { POLLER_STATE, SHARED_WORDS } from './wake.ts';

/**
 * How long one wait lasts at most, in milliseconds: a thread that is terminated from outside runs no JavaScript, and
 * Node waits for this thread's call to return before the process ends.
 */
const WAIT_MAX_MS = 200;

const { epoll, words } = workerData as PollerData;
const libc = loadLibc();
const event = new Slab(libc, EPOLL_EVENT.size);

const { state, woken } = SHARED_WORDS;
const { new: fresh, running, gone } = POLLER_STATE;

// a thread that has ended already has closed the descriptor
if (Atomics.compareExchange(words, state, fresh, running) === fresh) {
  Atomics.notify(words, state);
  while (Atomics.load(words, state) === running) {
    if (libc.epoll_wait(epoll, event.at(0, EPOLL_EVENT.size), 1, WAIT_MAX_MS) <= 0) continue;
    Atomics.store(words, woken, 1);
    Atomics.notify(words, woken);
  }
  Atomics.store(words, state, gone);
  Atomics.notify(words, state);
}
