/**
 * A running server for the lab's page: `/lab/` is the page, `/lab/events` what its second tab shows. At 127.0.0.1 only, and
 * it changes nothing. A page of a stranger can't read it: its name for this host is refused (DNS rebinding), and no
 * other origin is let in.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openRoom, readPage, sendPage, withLive } from '../web/index.ts';
import { LiveStream } from './live-stream.ts';
import type { Server } from './server.ts';

/** So many connections are shown one by one. */
const CONNECTIONS_MAX = 200;
/** How long the end waits for what viewers have not read, in milliseconds. A guess. */
const END_MS = 500;
const HOST = '127.0.0.1';
const PATH = '/lab/';
const EVENTS = 'events';

/** Where the page is. */
export interface LabOptions {
  /** 0 takes a free one. */
  readonly port: number;
}

/** The page at work. */
export interface LabServer {
  /** The page at its tab of this server. */
  readonly url: string;
  /** Tells the viewers that it is over, and closes. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves the lab's page at 127.0.0.1, with a tab that shows this server: its sockets, its oldest connections, rates,
 * drops, threads. Read-only. While nobody has the tab open it costs nothing.
 *
 * @throws Error EADDRINUSE, EACCES (Node's own) when the port can't be had.
 */
export async function serveLab(server: Server, { port }: LabOptions): Promise<LabServer> {
  const files = withLive(await readPage(), EVENTS);
  const stream = new LiveStream(() => server.look(CONNECTIONS_MAX));
  const room = await openRoom(HOST, port, (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    if (!isOurs(request, room.address.port)) refuse(response, 403, 'This is for the page at 127.0.0.1 alone');
    else if (path === '/') response.writeHead(302, { location: pageAt(room.address.port) }).end();
    else if (path === `${PATH}${EVENTS}` && request.method === 'GET') {
      if (!stream.add(response)) refuse(response, 503, 'Too many are watching');
    } else if (path.startsWith(PATH))
      sendPage(request, response, { files, name: path.slice(PATH.length), asks: true });
    else refuse(response, 404, `There are ${PATH} and ${PATH}${EVENTS}`);
  });
  const close = async () => {
    stream.end();
    await room.close(END_MS);
  };
  return { url: pageAt(room.address.port), close, [Symbol.asyncDispose]: close };
}

function pageAt(port: number): string {
  return `http://${HOST}:${port}${PATH}?view=live`;
}

/** Whether a request was meant for this host by its own names, and came from no other page. */
function isOurs({ headers: { host, origin } }: IncomingMessage, port: number): boolean {
  const names = [HOST, 'localhost'].flatMap((name) =>
    port === 80 ? [name, `${name}:80`] : [`${name}:${port}`],
  );
  const isNamed = (name: string | undefined) => name !== undefined && names.includes(name);
  return isNamed(host) && (origin === undefined || isNamed(origin.replace(/^http:\/\//, '')));
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
}
