/** The stream of a server's snapshots, with viewers that are made up and a clock that is set. */
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LiveStream, REST_MS, VIEWERS_MAX } from '../../src/server/live-stream.ts';
import type { Snapshot } from '../../src/server/server.ts';

/** What a stream needs of a response. `waits` is what it has not sent. */
class Viewer extends EventEmitter {
  readonly texts: string[] = [];
  status = 0;
  waits = 0;
  isOver = false;

  get writableLength(): number {
    return this.waits;
  }

  writeHead(status: number): this {
    this.status = status;
    return this;
  }

  flushHeaders(): void {}

  write(text: string): void {
    this.texts.push(text);
  }

  end(text: string): void {
    this.texts.push(text);
    this.isOver = true;
  }
}

function streamOf(): { stream: LiveStream; looks: () => number; state: (state: string) => void } {
  let [looks, state] = [0, 'serving'];
  const look = async () => {
    looks += 1;
    return { stats: { state, uptimeMs: looks } } as unknown as Snapshot;
  };
  return {
    stream: new LiveStream(look),
    looks: () => looks,
    state: (next) => {
      state = next;
    },
  };
}

const add = (stream: LiveStream, viewer: Viewer) => stream.add(viewer as unknown as ServerResponse);
const pass = (times: number) => vi.advanceTimersByTimeAsync(times * REST_MS);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a stream', () => {
  test('collects nothing before the first viewer comes and after the last one has left', async () => {
    const { stream, looks } = streamOf();
    await pass(3);
    expect(looks()).toBe(0);
    const [one, other] = [new Viewer(), new Viewer()];
    for (const viewer of [one, other]) add(stream, viewer);
    await pass(2);
    one.emit('close');
    await pass(2);
    const before = looks();
    expect(before).toBe(5);
    other.emit('close');
    await pass(5);
    expect(looks()).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('collects again for one who comes later', async () => {
    const { stream, looks } = streamOf();
    const first = new Viewer();
    add(stream, first);
    await pass(0);
    first.emit('close');
    await pass(2);
    const second = new Viewer();
    add(stream, second);
    await pass(1);
    expect(looks()).toBe(3);
    expect(second.texts).toHaveLength(2);
  });

  test('collects once for all and sends all the same', async () => {
    const { stream, looks } = streamOf();
    const viewers = [new Viewer(), new Viewer()];
    for (const viewer of viewers) add(stream, viewer);
    await pass(4);
    expect(looks()).toBe(5);
    expect(viewers[0]?.texts).toEqual(viewers[1]?.texts);
    expect(viewers[0]?.texts[4]).toBe('data: {"stats":{"state":"serving","uptimeMs":5}}\n\n');
  });

  test('skips a viewer that does not read, keeps nothing for it, and goes on when it reads again', async () => {
    const { stream } = streamOf();
    const [slow, quick] = [new Viewer(), new Viewer()];
    for (const viewer of [slow, quick]) add(stream, viewer);
    await pass(0);
    slow.waits = 1;
    await pass(100);
    expect([slow.texts.length, quick.texts.length]).toEqual([1, 101]);
    slow.waits = 0;
    await pass(1);
    expect(slow.texts).toHaveLength(2);
    expect(slow.texts[1]).toBe(quick.texts[101]);
  });

  test('collects nothing while none of its viewers reads', async () => {
    const { stream, looks } = streamOf();
    const slow = new Viewer();
    add(stream, slow);
    await pass(0);
    slow.waits = 1;
    await pass(10);
    expect(looks()).toBe(1);
    slow.waits = 0;
    await pass(1);
    expect(looks()).toBe(2);
  });

  test(`takes ${VIEWERS_MAX} viewers and no more`, async () => {
    const { stream } = streamOf();
    const viewers = Array.from({ length: VIEWERS_MAX }, () => new Viewer());
    expect(viewers.every((viewer) => add(stream, viewer))).toBe(true);
    const late = new Viewer();
    expect(add(stream, late)).toBe(false);
    expect(late.status).toBe(0);
    viewers[0]?.emit('close');
    expect(add(stream, late)).toBe(true);
    stream.end();
  });

  test('ends when the server has ended, and says so', async () => {
    const { stream, looks, state } = streamOf();
    const viewer = new Viewer();
    add(stream, viewer);
    await pass(1);
    state('closed');
    await pass(5);
    expect(looks()).toBe(3);
    expect(viewer.texts.slice(-2)).toEqual([expect.stringContaining('"closed"'), 'event: end\ndata:\n\n']);
    expect(viewer.isOver).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
