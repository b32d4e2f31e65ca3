/** What the iterators share: one message after another, to the end of the stream or of the connection. */
import { ByteReader } from './byte-reader.ts';
import type { ByteSource } from './byte-source.ts';

/**
 * Yields messages until `read` has none. When this program closes the connection the iteration ends quietly, as one over
 * the socket does.
 */
export async function* messages<Message>(
  from: ByteSource | ByteReader,
  read: (reader: ByteReader) => Promise<Message | undefined>,
): AsyncGenerator<Message, void, void> {
  const reader = from instanceof ByteReader ? from : new ByteReader(from);
  try {
    for (;;) {
      const message = await read(reader);
      if (message === undefined) return;
      yield message;
    }
  } catch (error) {
    if (!(reader.closed && saysClosed(error))) throw error;
  } finally {
    if (reader !== from) await reader.release();
  }
}

/** Tells whether an error only says that the socket is closed here. */
function saysClosed(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECANCELED' || code === 'EBADF';
}
