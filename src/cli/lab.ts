/** `portico lab`: serves the page on which one sees sockets at work, or copies it into a folder. Needs no network. */
import { spawn } from 'node:child_process';
import { cp, readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { Failure } from './failure.ts';
import { aborted, interruptSignal } from './interrupt.ts';
import { bindPort } from './options.ts';
import { print } from './output.ts';
import { endpoint } from './text.ts';

interface LabOptions {
  readonly port: number;
  readonly host: string;
  readonly open: boolean;
  readonly export?: string;
}

/** The page, beside the folder of this program. */
const PAGE = new URL('../lab/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** The page asks for its own two files and for nothing else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** What opens an address, by platform. */
const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Adds the command. */
export function addLab(program: Command): void {
  program
    .command('lab')
    .summary('a page that shows sockets at work')
    .description(
      'Serves a page on which programs, doors, datagrams and segments are seen: it runs the simulator in the browser, and works without the Internet. Until Ctrl-C.',
    )
    .option('--port <number>', 'the port; 0 takes a free one', bindPort, 0)
    .option('--host <host>', 'the address to serve at', '127.0.0.1')
    .option('--no-open', 'only say where it is')
    .option('--export <directory>', 'copy the page there instead: any web server can serve it, or a disk')
    .addHelpText(
      'after',
      `
Examples:
  $ portico lab
  $ portico lab --port 8080 --no-open
  $ portico lab --export public/lab

Exit codes: 0 after Ctrl-C or SIGTERM, 1 when it can't start, 2 for a mistake in the options.`,
    )
    .action(lab);
}

async function lab({ port, host, open, export: directory }: LabOptions): Promise<void> {
  if (directory !== undefined) {
    await copyTo(directory);
    return;
  }
  const interrupted = interruptSignal();
  const server = await listening(await filesOf(), host, port);
  const { address, port: bound } = server.address() as AddressInfo;
  const url = `http://${endpoint({ host: address, port: bound })}/`;
  print(`The lab is at ${url}`);
  print('Ctrl-C ends');
  // an address that means all of this host's is none that a browser can open
  if (open) openPage(url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:'));
  await aborted(interrupted);
  server.closeAllConnections();
  server.close();
}

async function copyTo(directory: string): Promise<void> {
  try {
    await cp(PAGE, resolve(directory), { recursive: true });
  } catch (error) {
    throw new Failure(`Can't write ${directory}: ${(error as Error).message}`);
  }
  print(`The lab is in ${directory}: open index.html, or let a web server serve it`);
}

/** The files of the page by their path; nothing else of the disk can be asked for. */
async function filesOf(): Promise<ReadonlyMap<string, Buffer>> {
  try {
    const names = await readdir(PAGE);
    const files = await Promise.all(
      names.map(async (name) => [`/${name}`, await readFile(new URL(name, PAGE))] as const),
    );
    return new Map(files);
  } catch {
    throw new Failure(`The page is not there: ${fileURLToPath(PAGE)}`);
  }
}

async function listening(files: ReadonlyMap<string, Buffer>, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => answer(files, request, response));
  await new Promise<void>((onListening, onError) => {
    server.once('error', onError);
    server.listen(port, host, onListening);
  }).catch((error: Error) => {
    throw new Failure(`The lab has no port: ${error.message}`);
  });
  return server;
}

function answer(
  files: ReadonlyMap<string, Buffer>,
  { url = '/', method }: IncomingMessage,
  response: ServerResponse,
): void {
  const path = url.split('?', 1)[0] ?? '/';
  const name = path === '/' ? '/index.html' : path;
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
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-cache',
      })
      .end(method === 'HEAD' ? undefined : file);
  }
}

/** Opens the page; where there is no browser its address has been printed. */
function openPage(url: string): void {
  const [command, ...words] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...words, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
