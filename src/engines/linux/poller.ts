/** The program of a poller thread; `wake.ts` says why there is one. It makes only blocking calls and holds no handle. */
import { workerData } from 'node:worker_threads';
import { loadLibc } from './ffi.ts';
import { EPOLL_EVENT } from './layout.ts';
import { Slab } from './memory.ts';
import type { PollerData } from './wake.ts';
import { SHARED_WORDS } from './wake.ts';

/**
 * How long one wait lasts at most, in milliseconds: a thread that is terminated from outside runs no JavaScript, and
 * Node waits for this thread's call to return before the process ends.
 */
const WAIT_MAX_MS = 200;

const { epoll, words } = workerData as PollerData;
const libc = loadLibc();
const event = new Slab(libc, EPOLL_EVENT.size);

while (Atomics.load(words, SHARED_WORDS.stop) === 0) {
  if (libc.epoll_wait(epoll, event.at(0, EPOLL_EVENT.size), 1, WAIT_MAX_MS) <= 0) continue;
  Atomics.store(words, SHARED_WORDS.woken, 1);
  Atomics.notify(words, SHARED_WORDS.woken);
}

libc.close(Atomics.load(words, SHARED_WORDS.wakeUp));
libc.close(epoll);
