/** The shapes of `sendmsg` and `recvmsg`, and the checks of sizes and flags that all receiving calls share. */
import type { Address } from '../posix/address.ts';
import type { SocketError } from '../posix/socket-error.ts';
import type { Data } from './bytes.ts';

/**
 * One piece of ancillary data (cmsg(3)). It has its place in the shape of a message; no engine sends or receives any
 * yet.
 */
export interface ControlMessage {
  readonly level: number;
  readonly type: number;
  readonly data: Uint8Array;
}

/** What `sendmsg` sends: the parts of `data` are gathered into one message. */
export interface Message<A extends Address = Address> {
  readonly data: Data | readonly Data[];
  /** Where to; left out on a connected socket. */
  readonly address?: A | undefined;
  readonly control?: readonly ControlMessage[];
}

/** What `recvmsg` gives. */
export interface ReceivedMessage<A extends Address = Address> {
  readonly data: Uint8Array;
  /** Who sent it; on a stream the peer. */
  readonly address: A;
  /** `MSG_TRUNC` when the message was longer than asked for, `MSG_EOR` at the end of a record. */
  readonly flags: number;
  /** The length of the message as it was sent, in bytes. */
  readonly length: number;
  /** Always empty for now. */
  readonly control: readonly ControlMessage[];
}

/** The largest size of one receiving call in bytes: what one allocation can hold. */
const SIZE_MAX = 0x7fff_ffff;
/** The most messages of one `recvmmsg`, as Linux has it (UIO_MAXIOV). */
const COUNT_MAX = 1024;

/** @throws RangeError for a size that is no whole number from 0 up. */
export function checkSize(size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > SIZE_MAX) {
    throw new RangeError(`A size must be a whole number of bytes from 0 to ${SIZE_MAX}, got ${String(size)}`);
  }
}

/** @throws RangeError for a count outside 1–1,024. */
export function checkCount(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX) {
    throw new RangeError(`A count must be a whole number from 1 to ${COUNT_MAX}, got ${String(count)}`);
  }
}

/** @throws RangeError for a flag that the call does not have. */
export function checkFlags(flags: number, allowed: number): void {
  if (!Number.isInteger(flags) || (flags & ~allowed) !== 0) {
    throw new RangeError(
      `Flags may hold 0x${allowed.toString(16)} here, got 0x${Number(flags).toString(16)}`,
    );
  }
}

/** Refuses ancillary data rather than losing it. */
export function checkControl(
  control: readonly ControlMessage[] | undefined,
  refuse: () => SocketError,
): void {
  if (control !== undefined && control.length > 0) throw refuse();
}
