/** Answers each line, and each datagram, with itself. A line that has begun must be complete within `lineMs`. */
import { lines, sendLine } from 'portico/framing';
import type { Handlers } from 'portico/server';

export const udp: Handlers['udp'] = (message) => message;

export const tcp: Handlers['tcp'] = async (
  connection,
  _client,
  { limits: { lineMs: completeMs, lineBytesMax } },
) => {
  for await (const line of lines(connection, { completeMs, lineBytesMax })) await sendLine(connection, line);
};
