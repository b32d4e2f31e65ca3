/**
 * A server's snapshots for those who watch: Server-Sent Events (HTML, section 9.2), a few times a second. Nothing is
 * collected while nobody watches, and one collection serves all. A viewer that does not read misses snapshots: at most
 * one waits for it in this process.
 */
import type { ServerResponse } from 'node:http';
import type { Snapshot } from './server.ts';

/** How long it rests between two snapshots, in milliseconds: four a second seem live, and ten cost more than they show. */
export const REST_MS = 250;
/** More viewers than this are turned away. A guess. */
export const VIEWERS_MAX = 16;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** The viewers of one server. */
export class LiveStream {
  readonly #look: () => Promise<Snapshot>;
  readonly #viewers = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  /** @param look - makes one snapshot. */
  constructor(look: () => Promise<Snapshot>) {
    this.#look = look;
  }

  /** Begins to send; false when there are too many already. */
  add(response: ServerResponse): boolean {
    if (this.#viewers.size >= VIEWERS_MAX) return false;
    response.writeHead(200, HEADERS).flushHeaders();
    this.#viewers.add(response);
    response.once('close', () => this.#viewers.delete(response));
    if (this.#timer === undefined && !this.#isLooking) void this.#send();
    return true;
  }

  /** Tells the viewers that it is over. */
  end(): void {
    clearTimeout(this.#timer);
    for (const viewer of this.#viewers) viewer.end('event: end\ndata:\n\n');
    this.#viewers.clear();
  }

  async #send(): Promise<void> {
    this.#timer = undefined;
    const hasReader = [...this.#viewers].some(isReading);
    this.#isLooking = true;
    const snapshot = hasReader ? await this.#look() : undefined;
    this.#isLooking = false;
    if (snapshot) {
      const text = `data: ${JSON.stringify(snapshot)}\n\n`;
      for (const viewer of this.#viewers) if (isReading(viewer)) viewer.write(text);
    }
    if (snapshot?.stats.state === 'closed') this.end();
    else if (this.#viewers.size > 0) this.#timer = setTimeout(() => void this.#send(), REST_MS);
  }
}

/** Whether it has taken what it was sent. */
function isReading(viewer: ServerResponse): boolean {
  return viewer.writableLength === 0;
}
