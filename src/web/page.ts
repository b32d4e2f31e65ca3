/** The page of the lab over HTTP: its files and nothing else of the disk. */
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the page is: beside the folder of the file that this one is built into. */
export const PAGE: URL = new URL('../lab/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** The page asks for its own files and for nothing else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The files by their names. */
export type PageFiles = ReadonlyMap<string, Buffer>;

/**
 * Reads the files.
 *
 * @throws Error when they are not there.
 */
export async function readPage(): Promise<PageFiles> {
  try {
    const names = await readdir(PAGE);
    return new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, PAGE))] as const)),
    );
  } catch {
    throw new Error(`The page is not there: ${fileURLToPath(PAGE)}`);
  }
}

/** The page with the path of a stream from its own server, which it may then ask for: its second tab shows it. */
export function withLive(files: PageFiles, path: string): PageFiles {
  const html = files.get('index.html')?.toString() ?? '';
  const live = html.replace('</title>', `</title>\n    <meta name="portico-live" content="${path}" />`);
  return new Map([...files, ['index.html', Buffer.from(live)]]);
}

/** What an answer is made of. */
export interface PageAnswer {
  readonly files: PageFiles;
  /** The name of the file; `''` is the page. */
  readonly name: string;
  /** Whether the page may ask its own server for more. */
  readonly asks?: boolean;
}

/** Answers a request for a file. */
export function sendPage(
  { method }: IncomingMessage,
  response: ServerResponse,
  { files, name: asked, asks = false }: PageAnswer,
): void {
  const name = asked === '' ? 'index.html' : asked;
  const file = files.get(name);
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else if (!file) {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is no such file\n');
  } else {
    response
      .writeHead(200, {
        'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
        'content-length': file.length,
        'content-security-policy': asks ? `${POLICY}; connect-src 'self'` : POLICY,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-cache',
      })
      .end(method === 'HEAD' ? undefined : file);
  }
}
