/** What a server counted: it says so on SIGUSR2, in a line `answered N`. */
import type { Child } from './child.ts';

const ANSWER_MS = 5000;

/** Reads the line that the server owes. */
export async function answered(server: Child): Promise<number> {
  const line = await server.line(ANSWER_MS);
  const [, count] = /^answered (\d+)$/.exec(line) ?? [];
  if (count === undefined)
    throw new Error(`The server said ${JSON.stringify(line)} instead of what it answered`);
  return Number(count);
}

/** Asks, and reads. */
export async function ask(server: Child): Promise<number> {
  server.signal('SIGUSR2');
  return await answered(server);
}
