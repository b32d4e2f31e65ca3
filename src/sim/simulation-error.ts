/** What a run reports instead of going on or hanging. */

/** Why a run was ended. */
export type SimulationErrorCode =
  /** More events than `eventsMax`. */
  | 'ENDLESS'
  /** Nothing can happen any more, and what the run waits for has not come. */
  | 'IDLE'
  /** A program waits for something that the network does not know of. */
  | 'OUTSIDE'
  /** A program failed, or a function given to `sim.at`. */
  | 'PROGRAM'
  /** The host of a program crashed. */
  | 'CRASHED'
  /** A fault did nothing: `sim.check()`. */
  | 'UNUSED'
  /** The same seed gave another run. */
  | 'DIVERGED';

/** A run that could not go on, or must not count as passed. */
export class SimulationError extends Error {
  override readonly name: string = 'SimulationError';
  readonly code: SimulationErrorCode;
  /** The programs that had not ended, each with what it waits for. */
  readonly waiting: readonly string[];

  constructor(
    code: SimulationErrorCode,
    message: string,
    details: { waiting?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.waiting = details.waiting ?? [];
  }
}
