/**
 * Lines from the keyboard or from a pipe. A terminal gets a prompt and line editing; what is printed while the prompt
 * stands goes above it. A pipe is read as bytes to its end, with its last line even when that has no newline.
 */
import { clearLine, createInterface, cursorTo } from 'node:readline';
import { encode } from '../index.ts';
import { Failure } from './failure.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** The longest line of a pipe in bytes; a guess: 16 MiB is no line, and has to fit into memory. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;

/** A source of lines without their newlines; the return before one is the line's, where there is one. */
export interface LineInput extends AsyncIterable<Uint8Array> {
  /** Whether a person types. */
  readonly terminal: boolean;
  /** Runs `write`, which prints whole lines, without spoiling the prompt. */
  above(write: () => void | Promise<void>): Promise<void>;
  /** Ends the iteration: no more lines are wanted. */
  close(): void;
}

/** Opens standard input. */
export function openInput(): LineInput {
  return process.stdin.isTTY ? openTerminal() : openPipe();
}

function openPipe(): LineInput {
  const { stdin } = process;
  let closed = false;
  return {
    terminal: false,
    above: async (write) => write(),
    close() {
      closed = true;
      stdin.destroy();
    },
    async *[Symbol.asyncIterator]() {
      try {
        for await (const line of linesOf(stdin)) yield line;
      } catch (error) {
        if (closed) return;
        if (error instanceof Failure) throw error;
        throw new Failure(`Standard input can't be read: ${(error as Error).message}`);
      }
    },
  };
}

/** Cuts chunks into lines, without their newlines. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline >= 0; newline = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, newline)]);
      from = newline + 1;
      parts = [];
      length = 0;
    }
    length += chunk.length - from;
    if (length > LINE_BYTES_MAX) throw new Failure(`A line is longer than ${LINE_BYTES_MAX} bytes`);
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
  if (length > 0) yield Buffer.concat(parts);
}

/** A line that `\r\n` ended, as text has it. */
export function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
}

function openTerminal(): LineInput {
  const output = process.stdout.isTTY ? process.stdout : process.stderr;
  const editor = createInterface({ input: process.stdin, output, prompt: '> ', terminal: output.isTTY });
  const lines: Uint8Array[] = [];
  let prompting = false;
  let closed = false;
  let wake: (() => void) | undefined;
  editor.on('line', (line) => {
    lines.push(encode(line));
    wake?.();
  });
  editor.on('close', () => {
    closed = true;
    if (prompting) output.write('\n');
    prompting = false;
    wake?.();
  });
  // the line editor takes the key; the rest of the program knows the signal
  editor.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  return {
    terminal: true,
    async above(write) {
      if (prompting) {
        cursorTo(output, 0);
        clearLine(output, 0);
      }
      await write();
      if (prompting) editor.prompt(true);
    },
    close: () => editor.close(),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        if (lines.length === 0 && !closed) {
          prompting = true;
          editor.prompt();
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          if (!closed) prompting = false;
        }
        const line = lines.shift();
        if (line === undefined) return;
        yield line;
      }
    },
  };
}
