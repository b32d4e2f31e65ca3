/**
 * A descriptor's number is used again at once: what was meant for the old socket must not reach the new one.
 * reliability.md section 2 row 15.
 */
import { describe, expect, it } from 'vitest';
import { EPOLLIN } from '../../../src/engines/linux/epoll.ts';
import type { Libc } from '../../../src/engines/linux/ffi.ts';
import { loadLibc } from '../../../src/engines/linux/ffi.ts';
import { EPOLL_EVENT } from '../../../src/engines/linux/layout.ts';
import type { Watched } from '../../../src/engines/linux/reactor.ts';
import { Reactor } from '../../../src/engines/linux/reactor.ts';
import { reportOf, runFixture } from './child-program.ts';
import { noLinuxEngine } from './requirements.ts';

/** The event that epoll_ctl was last given, and a way to have it reported. */
class FakeEpoll {
  readonly libc: Libc;
  readonly #memory = new Map<number, Uint8Array>();
  #event = new Uint8Array(EPOLL_EVENT.size);
  #wake: () => void = () => {};

  constructor(real: Libc) {
    this.libc = {
      ...real,
      epoll_create1: () => 1_000_000,
      addressOf: (bytes) => {
        const address = (this.#memory.size + 1) * 2 ** 24;
        this.#memory.set(address, bytes);
        return address;
      },
      epoll_ctl: (_epoll, _operation, _fd, pointer) => {
        this.#event = this.#at(pointer).slice(0, EPOLL_EVENT.size);
        return 0;
      },
      epoll_wait: (_epoll, pointer) => {
        this.#at(pointer).set(this.#event);
        return 1;
      },
      watch: (_fd, callback) => {
        this.#wake = callback;
        return { ref() {}, unref() {}, close() {} };
      },
      close: () => 0,
    };
  }

  /** Reports the event that was asked for last, and lets the reactor serve it. */
  async report(): Promise<void> {
    this.#wake();
    await new Promise((resolve) => setImmediate(resolve));
  }

  #at(pointer: number): Uint8Array {
    const base = Math.floor(pointer / 2 ** 24) * 2 ** 24;
    const bytes = this.#memory.get(base);
    if (bytes === undefined) throw new Error(`There is no memory at ${pointer}`);
    return bytes.subarray(pointer - base);
  }
}

/** A socket that notes its events. */
class Noting implements Watched {
  readonly fd = 42;
  readonly generation: number;
  readonly events: number[] = [];

  constructor(reactor: Reactor) {
    this.generation = reactor.enter(this);
  }

  onEvents(events: number): void {
    this.events.push(events);
  }

  onTurn(): void {}
  onTurnEnd(): void {}
  closeDescriptor(): void {}
}

describe.skipIf(noLinuxEngine)('the number of a closed descriptor', () => {
  it('is not mistaken for its next owner when an event comes late', async () => {
    const epoll = new FakeEpoll(loadLibc());
    const reactor = new Reactor(epoll.libc);
    const old = new Noting(reactor);
    reactor.add(old, EPOLLIN);
    await epoll.report();
    expect(old.events, 'its own event').toHaveLength(1);
    reactor.leave(old, false);
    const next = new Noting(reactor);
    expect(next.generation).not.toBe(old.generation);
    await epoll.report();
    expect(old.events, 'after it left').toHaveLength(1);
    expect(next.events, 'the event of another').toHaveLength(0);
    reactor.add(next, EPOLLIN);
    await epoll.report();
    expect(next.events, 'its own event').toHaveLength(1);
    reactor.leave(next, false);
  });

  it('brings no byte to a wrong socket in 20,000 openings', async () => {
    const ended = await runFixture('descriptor-reuse.mjs', ['2000', '1500']);
    const { strays, more } = reportOf<{ strays: string[]; more: number }>(ended);
    expect(strays).toEqual([]);
    expect(more).toBeLessThan(10);
  });
});
