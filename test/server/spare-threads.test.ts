/** Spare threads: how many there are, and who is taken. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SpareThreads } from '../../src/server/spare-threads.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface FakeThread {
  isLoaded: boolean;
  readonly gone: Promise<void>;
  drain(): void;
  kill(): Promise<void>;
}

function spares(count: number, ends = true) {
  const started: FakeThread[] = [];
  const done: string[] = [];
  const threads = new SpareThreads<FakeThread>(count, () => {
    const number = started.length;
    let onGone = () => {};
    const gone = new Promise<void>((resolve) => {
      onGone = resolve;
    });
    const end = (how: string) => {
      done.push(`${how} ${number}`);
      if (ends || how === 'kill') onGone();
    };
    started.push({ isLoaded: false, gone, drain: () => end('drain'), kill: async () => end('kill') });
    return started[number] as FakeThread;
  });
  return { threads, started, done };
}

test('there is one, and two more for a while after a second death', () => {
  const { threads, done } = spares(1);
  threads.keep();
  for (const there of [1, 3]) {
    threads.take();
    threads.mourn();
    threads.keep();
    expect([...threads]).toHaveLength(there);
  }
  vi.advanceTimersByTime(9000);
  threads.mourn();
  vi.advanceTimersByTime(9000);
  expect([...threads], 'another death').toHaveLength(3);
  vi.advanceTimersByTime(1000);
  expect([...threads]).toHaveLength(1);
  expect(done).toEqual(['drain 3', 'drain 4']);
});

test('the one that has its handlers is taken first', () => {
  const { threads, started } = spares(3);
  threads.keep();
  Object.assign(started[1] as FakeThread, { isLoaded: true });
  expect([threads.take(), threads.take(), threads.take(), threads.take()]).toEqual([
    started[1],
    started[0],
    started[2],
    undefined,
  ]);
});

test('one that does not end by itself is ended', async () => {
  const { threads, done } = spares(1, false);
  threads.keep();
  const ended = threads.end();
  vi.advanceTimersByTime(500);
  await ended;
  expect(done).toEqual(['drain 0', 'kill 0']);
});

test('there is one again after all were ended', async () => {
  const { threads } = spares(1);
  for (let deaths = 0; deaths < 2; deaths++) threads.mourn();
  threads.keep();
  expect([...threads]).toHaveLength(3);
  await threads.end();
  threads.keep();
  expect([...threads]).toHaveLength(1);
});

test('none is started where there are to be none', () => {
  const { threads, started } = spares(0);
  threads.mourn();
  threads.keep();
  expect(started).toHaveLength(0);
});
