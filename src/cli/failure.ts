/** Exit codes, and how a failure becomes one line: what happened, and what to do about it. */
import { CommanderError } from 'commander';
import { SocketError } from '../index.ts';
import { Interrupted } from './interrupt.ts';

/** Something went wrong, or a line got no answer. */
export const EXIT_FAILURE = 1;
/** The command line itself is wrong. */
export const EXIT_USAGE = 2;

/** A failure that a person can mend: its message says how. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT_FAILURE) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A failure in one line, without a stack trace; `undefined` for one that is a defect of Portico. */
export function failureText(error: unknown): string | undefined {
  if (error instanceof SocketError) return [error.message, error.hint].filter(Boolean).join('. ');
  if (error instanceof Failure) return error.message;
  return undefined;
}

/** Prints why a command failed and gives the exit code. */
export function report(error: unknown, say: (line: string) => void): number {
  // commander has printed already: the help that was asked for, or the mistake
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (error instanceof Interrupted) return error.exitCode;
  const text = failureText(error);
  if (text === undefined) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    say('portico: this is a defect of Portico; please report it with the lines above');
    return EXIT_FAILURE;
  }
  say(`portico: ${text}`);
  return error instanceof Failure ? error.exitCode : EXIT_FAILURE;
}
