/** The one place that prints: results go to standard output, what is said about them to standard error. */
import { decode } from '../index.ts';

/** Prints one line of the result. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints one JSON value on a line of its own. */
export function printJson(value: unknown): void {
  print(harmlessJson(JSON.stringify(value)));
}

/** JSON in which control characters are escaped that JSON itself lets through: a terminal obeys some of them. */
export function harmlessJson(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Makes a printer for the bytes of one stream: as they are for a pipe, and resolving when its reader has caught up; as
 * harmless text for a terminal, where a character that two chunks share stays whole.
 */
export function bytePrinter(): (bytes: Uint8Array) => Promise<void> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return async (bytes) => {
    const data = process.stdout.isTTY ? harmless(decoder.decode(bytes, { stream: true })) : bytes;
    if (process.stdout.write(data)) return;
    await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
  };
}

/** Says something about the result, or why there is none. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Text of a stranger for a terminal: control characters become visible (`\x1b`), so that no reply moves the cursor,
 * renames the window or hides what it says. Newlines and tabs stay.
 */
export function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** A reply of one line, as it can be shown in a line of ours. */
export function oneLine(bytes: Uint8Array): string {
  return inOneLine(decode(bytes).replace(/\r?\n$/, ''));
}

/** Text of a stranger as a part of one line. */
export function inOneLine(text: string): string {
  return harmless(text).replaceAll('\n', '\\n');
}

/** Ends the program without a word when the reader of its output has gone, as `head` does. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(0);
    });
  }
}
