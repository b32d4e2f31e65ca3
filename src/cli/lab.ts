/** `portico lab`: serves the page on which one sees sockets at work, or copies it into a folder. Needs no network. */
import { spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Room } from '../web/index.ts';
import { openRoom, PAGE, readPage, sendPage } from '../web/index.ts';
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
    .option(
      '--export <directory>',
      'copy the page there instead: any web server can serve it, or a disk',
      folder,
    )
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
  const room = await openPageRoom(host, port);
  const url = `http://${endpoint(room.address)}/`;
  print(`The lab is at ${url}`);
  print('Ctrl-C ends');
  // an address that means all of this host's is none that a browser can open
  if (open) openInBrowser(url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:'));
  await aborted(interrupted);
  await room.close();
}

function folder(value: string): string {
  if (value === '') throw new InvalidArgumentError('Name a folder, or . for this one.');
  return value;
}

async function copyTo(directory: string): Promise<void> {
  try {
    await cp(PAGE, resolve(directory), { recursive: true });
  } catch (error) {
    throw new Failure(`Can't write ${directory}: ${(error as Error).message}`);
  }
  print(`The lab is in ${directory}: open index.html, or let a web server serve it`);
}

async function openPageRoom(host: string, port: number): Promise<Room> {
  const files = await readPage().catch((error: Error) => {
    throw new Failure(error.message);
  });
  try {
    return await openRoom(host, port, (request, response) => {
      const path = request.url?.split('?', 1)[0] ?? '/';
      sendPage(request, response, { files, name: path.slice(1) });
    });
  } catch (error) {
    throw new Failure(`The lab has no port: ${(error as Error).message}`);
  }
}

/** Opens the page; where there is no browser its address has been printed. */
function openInBrowser(url: string): void {
  const [command, ...words] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...words, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
