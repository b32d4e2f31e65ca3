/** The few assertions of the cases. Their messages name the values, for they are all that a user sees. */
import { SocketError } from '../index.ts';

/** A case found an engine to behave otherwise. */
export class ConformanceFailure extends Error {
  override readonly name: string = 'ConformanceFailure';
}

/** Fails with `message`. */
export function fail(message: string): never {
  throw new ConformanceFailure(message);
}

/** Fails unless `condition` holds. */
export function ok(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message);
}

/** Fails unless both are the same: numbers and texts by value, bytes, arrays and plain objects by content. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!same(actual, expected)) fail(`${what} should be ${show(expected)}, got ${show(actual)}`);
}

/**
 * Fails unless `call` rejects, with this code or with one of these: a code of `SocketError`, or `TypeError`,
 * `RangeError`.
 */
export async function rejects(
  expected: string | readonly string[],
  call: Promise<unknown>,
  what: string,
): Promise<SocketError> {
  let value: unknown;
  try {
    value = await call;
  } catch (error) {
    return check(expected, error, what);
  }
  return fail(`${what} should reject with ${String(expected)}, resolved with ${show(value)}`);
}

/** How many calls after a datagram may pass before its error is reported: those of its own turn. */
const CALLS_AFTER = 5;

/** As `rejects`, for the error of a datagram: it may have been queued, and then a later call on the socket reports it. */
export async function rejectsSoon(
  expected: string,
  call: () => Promise<unknown>,
  what: string,
): Promise<SocketError> {
  for (let calls = 0; calls < CALLS_AFTER; calls++) {
    try {
      await call();
    } catch (error) {
      return check(expected, error, what);
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return rejects(expected, call(), `${what}, or a call soon after it,`);
}

/** Fails unless `call` throws, as `rejects`. */
export function throws(expected: string | readonly string[], call: () => unknown, what: string): SocketError {
  let value: unknown;
  try {
    value = call();
  } catch (error) {
    return check(expected, error, what);
  }
  return fail(`${what} should throw ${String(expected)}, returned ${show(value)}`);
}

function check(expected: string | readonly string[], error: unknown, what: string): SocketError {
  const got = error instanceof SocketError ? error.code : error instanceof Error ? error.name : show(error);
  if (![expected].flat().includes(got))
    fail(`${what} should fail with ${String(expected)}, failed with ${got}: ${String(error)}`);
  return error as SocketError;
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) return sameBytes(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => same(Reflect.get(a, key), Reflect.get(b, key)));
}

function sameBytes(a: object, b: object): boolean {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array) || a.length !== b.length) return false;
  return a.every((byte, index) => byte === b[index]);
}

/** Writes a value for a message, shortened. */
function show(value: unknown): string {
  if (value instanceof Uint8Array)
    return `${value.length} bytes ${JSON.stringify(String.fromCharCode(...value.subarray(0, 40)))}`;
  if (value instanceof Error) return String(value);
  if (typeof value === 'object' && value !== null)
    return value.constructor === Object || Array.isArray(value)
      ? JSON.stringify(value)?.slice(0, 300)
      : `a ${value.constructor?.name}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
