/** Where Node's Unix sockets differ from unix(7): names that it can't bind, and an error of its own. */
import type { Address } from '../../posix/address.ts';
import { isUnixAddress } from '../../posix/address.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import { codeOf } from './errors.ts';

/** The first release of Node that gives an abstract name its own length; those before fill it up to 107 bytes with NULs. */
const ABSTRACT_NAMES_SINCE = 22;

/** Says why Node can't bind or connect to a Unix address; `undefined` when it can, and for other families. */
export function unixProblem(
  address: Address,
): { readonly code: ErrorCode; readonly text: string } | undefined {
  if (!isUnixAddress(address)) return undefined;
  if (address.path === '')
    return { code: 'EOPNOTSUPP', text: "the engine node can't choose a name by itself" };
  const major = Number.parseInt(process.versions.node, 10);
  if (address.path.startsWith('\0') && major < ABSTRACT_NAMES_SINCE) {
    return { code: 'EOPNOTSUPP', text: `Node ${process.versions.node} has no abstract names; 22 has` };
  }
  return undefined;
}

/** The reason why bind failed. libuv says EACCES for a directory that is not there, as Windows does. */
export function bindCause(address: Address, cause: unknown): unknown {
  if (!isUnixAddress(address) || codeOf(cause) !== 'EACCES' || address.path.startsWith('\0')) return cause;
  const { dirname } = process.getBuiltinModule('node:path');
  const { existsSync } = process.getBuiltinModule('node:fs');
  if (existsSync(dirname(address.path))) return cause;
  return Object.assign(new Error('The directory does not exist', { cause }), { code: 'ENOENT' });
}
