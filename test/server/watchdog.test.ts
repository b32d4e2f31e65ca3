/** The watchdog: whom it finds, and whom it excuses. */
import { expect, onTestFinished, test } from 'vitest';
import type { Guarded } from '../../src/server/watchdog.ts';
import { Watchdog } from '../../src/server/watchdog.ts';

const STUCK_MS = 1000;
const LOOK_MS = STUCK_MS / 10;

class FakeThread implements Guarded {
  isLoaded = true;
  isKilled = false;
  now: number;
  #heardAt: number;

  constructor(now: number) {
    this.now = now;
    this.#heardAt = now;
  }

  silenceMs(): number {
    return this.now - this.#heardAt;
  }

  excuse(ms: number): void {
    this.#heardAt += ms;
  }
}

/** A watchdog of one silent thread; `look(ms)` looks after so long, and says for how long the stuck one was silent. */
function watched(change: Partial<FakeThread> = {}) {
  let now = performance.now();
  const thread = Object.assign(new FakeThread(now), change);
  const stuck: number[] = [];
  const watchdog = new Watchdog(
    STUCK_MS,
    () => [thread],
    (_, silenceMs) => stuck.push(Math.round(silenceMs)),
  );
  watchdog.end(); // the test looks
  onTestFinished(() => watchdog.end());
  const look = (ms: number) => {
    now += ms;
    thread.now = now;
    watchdog.look(now);
    return stuck;
  };
  return { look, thread };
}

test('a thread is stuck when it has been silent for longer than it may', () => {
  const { look, thread } = watched();
  for (let i = 0; i < 10; i++) expect(look(LOOK_MS)).toEqual([]);
  expect(look(LOOK_MS)).toHaveLength(1);
  thread.isKilled = true;
  expect(look(LOOK_MS), 'it is ended already').toHaveLength(1);
});

test('a thread that loads its handlers may be silent for longer', () => {
  const { look, thread } = watched({ isLoaded: false });
  for (let i = 0; i < 200; i++) expect(look(LOOK_MS)).toEqual([]);
  thread.isLoaded = true;
  expect(look(LOOK_MS)).toHaveLength(1);
});

test('the time in which the whole process stood still does not count', () => {
  const { look } = watched();
  for (let i = 0; i < 5; i++) look(LOOK_MS);
  expect(look(60_000 + LOOK_MS), 'a minute of Ctrl-Z').toEqual([]);
  for (let i = 0; i < 4; i++) expect(look(LOOK_MS)).toEqual([]);
  expect(look(LOOK_MS), 'what it was silent for before counts').toHaveLength(1);
});
