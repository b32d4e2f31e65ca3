/** The checksum of IPv4, UDP, TCP and ICMP: the one's complement of a one's complement sum of 16-bit words. RFC 1071. */

/** The sum of `bytes` in 16-bit words, added to `start`; not folded yet. */
export function sumOf(bytes: Uint8Array, start = 0): number {
  let sum = start;
  const even = bytes.length & ~1;
  for (let index = 0; index < even; index += 2) {
    sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  }
  return even < bytes.length ? sum + ((bytes[even] ?? 0) << 8) : sum;
}

/** Folds a sum to 16 bits and complements it: what goes into the header. Over a whole valid header it is 0. */
export function checksumOf(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}
