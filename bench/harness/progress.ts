/** What happens, on standard error: one line that is written over in a terminal, and lines that stay. */

const WIDTH = 100;

/** Says what happens now; `stays` is for what must be seen later too. */
export function say(text: string, stays = false): void {
  const { stderr } = process;
  if (!stderr.isTTY) {
    stderr.write(`${text}\n`);
    return;
  }
  stderr.write(`\r${text.slice(0, WIDTH).padEnd(WIDTH)}${stays ? '\n' : ''}`);
}

/** Clears the line. */
export function hush(): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${' '.repeat(WIDTH)}\r`);
}
