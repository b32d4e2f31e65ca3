/** Spare threads: how many there are, and who is taken. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SpareThreads } from '../../src/server/spare-threads.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface FakeThread {
  isLoaded: boolean;
  readonly loaded: Promise<void>;
  readonly gone: Promise<void>;
  /** It has its handlers. */
  load(): void;
  drain(): void;
  kill(): Promise<void>;
}

function spares(count: number, { ends = true, loads = true } = {}) {
  const started: FakeThread[] = [];
  const done: string[] = [];
  const threads = new SpareThreads<FakeThread>(count, () => {
    const number = started.length;
    let onGone = () => {};
    let onLoaded = () => {};
    const gone = new Promise<void>((resolve) => {
      onGone = resolve;
    });
    const end = (how: string) => {
      done.push(`${how} ${number}`);
      if (ends || how === 'kill') onGone();
    };
    const thread: FakeThread = {
      isLoaded: false,
      loaded: new Promise((resolve) => {
        onLoaded = resolve;
      }),
      gone,
      load: () => {
        thread.isLoaded = true;
        onLoaded();
      },
      drain: () => end('drain'),
      kill: async () => end('kill'),
    };
    if (loads) thread.load();
    started.push(thread);
    return thread;
  });
  return { threads, started, done };
}

/** What follows a thread that has its handlers. */
const soon = () => vi.advanceTimersByTimeAsync(0);

test('there is one, and two more for a while after a second death', async () => {
  const { threads, done } = spares(1);
  threads.keep();
  for (const there of [1, 3]) {
    threads.take();
    threads.mourn();
    threads.keep();
    await soon();
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

test('they start one after another', async () => {
  const { threads, started } = spares(3, { loads: false });
  for (const there of [1, 2, 3, 3]) {
    threads.keep();
    await soon();
    expect(started).toHaveLength(there);
    started[there - 1]?.load();
    await soon();
  }
});

test('the one that has its handlers is taken first, and one that has not at last', async () => {
  const { threads, started } = spares(2, { loads: false });
  threads.keep();
  started[0]?.load();
  await soon();
  expect([threads.take(), threads.take(), threads.take()]).toEqual([started[0], started[1], undefined]);
});

test('none follows one that was taken or ended before it had its handlers', async () => {
  const { threads, started } = spares(2, { loads: false });
  threads.keep();
  threads.take()?.load();
  await soon();
  threads.keep();
  await threads.end();
  started[1]?.load();
  await soon();
  expect(started).toHaveLength(2);
  expect([...threads]).toEqual([]);
});

test('one that does not end by itself is ended', async () => {
  const { threads, done } = spares(1, { ends: false });
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
  await soon();
  expect([...threads]).toHaveLength(3);
  await threads.end();
  threads.keep();
  await soon();
  expect([...threads]).toHaveLength(1);
});

test('where none can be started now, the next keep() tries again', () => {
  const { threads: others } = spares(1);
  others.keep();
  const [one] = others;
  let thread: FakeThread | undefined;
  const threads = new SpareThreads<FakeThread>(1, () => thread);
  threads.keep();
  expect([...threads]).toEqual([]);
  thread = one;
  threads.keep();
  expect([...threads]).toEqual([one]);
});

test('none is started where there are to be none', () => {
  const { threads, started } = spares(0);
  threads.mourn();
  threads.keep();
  expect(started).toHaveLength(0);
});
