/** How `for await` over a socket ends: with the socket, quietly. */
import { SocketError } from '../posix/socket-error.ts';

/** Tells whether an error only says that this program closed the socket. */
export function endsIteration(error: unknown, socket: { readonly closed: boolean }): boolean {
  return (
    socket.closed && error instanceof SocketError && (error.code === 'ECANCELED' || error.code === 'EBADF')
  );
}
