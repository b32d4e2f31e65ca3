/** Spreads what tells connections apart: over welcome sockets that share a port, and over SYN cookies. */

/** Spreads texts over 32 bits: FNV-1a, with the finish of MurmurHash3. */
export function hash(text: string): number {
  let value = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x0100_0193);
  value = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2_ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
