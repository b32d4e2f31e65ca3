/**
 * The one error class of every engine. It says which call failed, between which addresses, why, and where it helps a
 * person what to do. Mistakes in arguments are `TypeError` and `RangeError`, never this.
 */
import type { Address } from './address.ts';
import { addressText } from './address.ts';
import type { ErrorCode } from './errno.ts';
import { errorNumber, errorText } from './errno.ts';
import { hintFor } from './hints.ts';

/** What is known about a failed call. */
export interface SocketErrorDetails {
  /** The name of the failure, as errno(3) and getaddrinfo(3) have it. */
  readonly code: ErrorCode;
  /** The Berkeley call that failed: `connect`, `recvfrom`, …. */
  readonly syscall: string;
  /** The engine that reported it: `linux`, `node`, `sim`. */
  readonly engine: string;
  /** The transport, for the message: `udp`, `tcp`, `unix stream`, …. */
  readonly transport?: string | undefined;
  readonly local?: Address | undefined;
  readonly remote?: Address | undefined;
  /** What to say instead of the general meaning of `code`. */
  readonly text?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A failed socket call.
 *
 * @example
 * ```ts
 * import { AF_INET, SOCK_STREAM, socket, SocketError } from 'portico';
 *
 * await using client = socket(AF_INET, SOCK_STREAM);
 * try {
 *   await client.connect({ host: '127.0.0.1', port: 1 });
 * } catch (error) {
 *   if (!(error instanceof SocketError)) throw error;
 *   console.log(error.code, error.hint);
 * }
 * ```
 */
export class SocketError extends Error {
  override readonly name: string = 'SocketError';
  /** The failure, the same on every engine: `ECONNREFUSED`, `EAI_NONAME`, …. */
  readonly code: ErrorCode;
  /** The number that Linux has for `code`; negative for the `EAI_…` codes. */
  readonly errno: number;
  /** The call that failed. */
  readonly syscall: string;
  /** The engine that reported it. */
  readonly engine: string;
  /** The socket's own address, where it is known. */
  readonly local: Address | undefined;
  /** The address of the peer, where there is one. */
  readonly remote: Address | undefined;
  /** What a person can do about it, where we know. */
  readonly hint: string | undefined;

  constructor(details: SocketErrorDetails) {
    super(message(details), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.errno = errorNumber(details.code);
    this.syscall = details.syscall;
    this.engine = details.engine;
    this.local = details.local;
    this.remote = details.remote;
    this.hint = hintFor(details.code, details.syscall, details.local, details.remote);
  }
}

function message({ code, syscall, transport, local, remote, text }: SocketErrorDetails): string {
  const ends = [local, remote].map((address) => address && addressText(address));
  const route = ends[0] && ends[1] ? `${ends[0]} -> ${ends[1]}` : (ends[0] ?? (ends[1] && `-> ${ends[1]}`));
  const where = [syscall, transport, route].filter(Boolean).join(' ');
  return `${where}: ${code} (${text ?? errorText(code)})`;
}
