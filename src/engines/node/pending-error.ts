/**
 * An error that came while no call was there to have it, such as a reset between two calls: it goes to the next call,
 * once, as the kernel's sk_err does. A later one takes the place of an earlier one.
 */
import { errorNumber } from '../../posix/errno.ts';
import type { SocketError } from '../../posix/socket-error.ts';
import type { Ends } from './errors.ts';
import { codeOf, failure } from './errors.ts';

/** The pending error of one socket. */
export class PendingError {
  #pending: { readonly cause: unknown } | undefined;

  /** Whether there is one. */
  get isSet(): boolean {
    return this.#pending !== undefined;
  }

  /** Keeps what Node reported. */
  set(cause: unknown): void {
    this.#pending = { cause };
  }

  /** Takes the error away, as that of `syscall`; `undefined` when there is none. */
  take(syscall: string, ends: Ends): SocketError | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending && failure(syscall, ends, pending.cause);
  }

  /** Takes the error away and throws it, when there is one. */
  throwIfSet(syscall: string, ends: Ends): void {
    const error = this.take(syscall, ends);
    if (error) throw error;
  }

  /** Takes the error away as its number, 0 when there is none: SO_ERROR. */
  takeNumber(): number {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending ? errorNumber(codeOf(pending.cause)) : 0;
  }
}
