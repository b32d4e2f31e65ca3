/** Ctrl-C, and the signal that a supervisor sends: told once, so that sockets are closed; the second one ends at once. */

/** What ends a program from outside. */
export type Interruption = 'SIGINT' | 'SIGTERM';

/** The exit codes that shells give to a program that a signal ended. */
const EXIT_CODES: Readonly<Record<Interruption, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Aborted by the first interruption. Its reason is an `Interrupted`. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
      controller.abort(new Interrupted(name));
    });
  }
  return controller.signal;
}

/** Calls back at the next interruption, which then no longer ends the program at once; its exit code says that it came. */
export function onSecondInterruption(callback: () => void): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
      process.exitCode = EXIT_CODES[name];
      callback();
    });
  }
}

/** Why a command ended early. */
export class Interrupted extends Error {
  override readonly name: string = 'Interrupted';
  readonly exitCode: number;

  constructor(interruption: Interruption) {
    super(`Interrupted by ${interruption}`);
    this.exitCode = EXIT_CODES[interruption];
  }
}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
