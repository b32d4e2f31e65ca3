/**
 * The contract of every program that the benchmark measures, as those in JavaScript keep it: `PROGRAM MODE [PORT]`
 * prints the port that it listens on (0 for a sender), answers SIGUSR2 with one line `answered N`, and SIGTERM with
 * that line and its end. The same in C: ../reference/program.h. Bun and Deno import this file too, so that what is not the
 * sockets is the same code in all of them.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';

const MODES = [
  'udp-echo',
  'udp-echo-gso',
  'udp-batch',
  'udp-burst',
  'udp-send',
  'udp-send-batch',
  'udp-send-gso',
  'udp-send-spread',
  'udp-receive',
  'tcp-echo',
  'tcp-lines',
  'tcp-sink',
  'tcp-source',
  'tcp-accept',
] as const;

type ModeName = (typeof MODES)[number];
type ListenerName = Exclude<ModeName, SenderName>;
type SenderName = Extract<ModeName, `udp-send${string}`>;

/** What a runtime can do: a listener is given its port, 0 for any, and says which it has; a sender its target's. */
export interface Programs {
  readonly listeners: { readonly [Name in ListenerName]?: (port: number) => number | Promise<number> };
  readonly senders: { readonly [Name in SenderName]?: (port: number) => void | Promise<void> };
}

export const HOST = '127.0.0.1';
/** The buffers of UDP sockets, where a runtime has a way to ask for them. */
export const BUFFER_BYTES: number = 1 << 20;
/** As many connections may wait for `accept` as the kernel allows: SOMAXCONN. */
export const BACKLOG = 4096;
/** How much the bulk modes receive and send at once. */
export const CHUNK_BYTES: number = Number(process.env.CHUNK ?? 65_536);
/** What the senders send, and how many datagrams where the runtime takes more than one at a time. */
export const MESSAGE: Uint8Array = new Uint8Array(64).fill(0x61);
export const BATCH = 64;

/** What the mode counts: requests answered, datagrams, or bytes. */
export const tally = { answered: 0 };

const NEWLINE = 0x0a;

/** Turns ASCII letters into capitals, in place. */
export function upper(bytes: Uint8Array): Uint8Array {
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 97 && byte <= 122) bytes[at] = byte - 32;
  }
  return bytes;
}

/** Cuts one stream into lines, each with its newline; the beginning of the next line is kept for the next chunk. */
export function lineSplitter(): (chunk: Uint8Array) => Uint8Array[] {
  let rest = new Uint8Array(0);
  return (chunk) => {
    const bytes = rest.length > 0 ? joined(rest, chunk) : chunk;
    const lines: Uint8Array[] = [];
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      lines.push(bytes.subarray(from, end + 1));
      from = end + 1;
    }
    rest = new Uint8Array(bytes.subarray(from)); // a copy: the chunk may be a buffer that is used again
    return lines;
  };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/** Runs the mode that the command line names. */
export async function run({ listeners, senders }: Programs): Promise<void> {
  const [name = '', port = '0'] = process.argv.slice(2);
  const known: readonly string[] = MODES;
  if (!known.includes(name) || (name in senders && Number(port) === 0)) end(2, 'Usage: PROGRAM MODE [PORT]');
  const listen = listeners[name as ListenerName];
  const send = senders[name as SenderName];
  if (!listen && !send) end(3, `not supported: ${name}`);
  process.on('SIGUSR2', report);
  process.on('SIGTERM', () => {
    report();
    process.exit(0);
  });
  say(String((await listen?.(Number(port))) ?? 0));
  await send?.(Number(port));
}

function report(): void {
  say(`answered ${tally.answered}`);
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function end(code: number, reason: string): never {
  writeSync(2, `${reason}\n`);
  process.exit(code);
}
