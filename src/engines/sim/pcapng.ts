/**
 * A capture file that Wireshark and tshark open: pcapng (IETF draft-ietf-opsawg-pcapng), one section, one interface of
 * raw IPv4 with times in microseconds, one enhanced packet block for each packet.
 */

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
/** Packets begin with their IPv4 or IPv6 header. */
const LINKTYPE_RAW = 101;
const OPTION_END = 0;
const OPTION_COMMENT = 1;
const OPTION_IF_NAME = 2;

/** One packet of a capture. */
export interface Captured {
  readonly timeUs: number;
  readonly bytes: Uint8Array;
  /** What Wireshark shows as the packet's comment. */
  readonly comment?: string;
}

/** Writes a capture file. @param interfaceName - as it appears in the file. */
export function pcapng(interfaceName: string, packets: readonly Captured[]): Uint8Array {
  const blocks = [sectionHeader(), interfaceDescription(interfaceName), ...packets.map(enhancedPacket)];
  const file = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    file.set(block, at);
    at += block.length;
  }
  return file;
}

function sectionHeader(): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, BYTE_ORDER_MAGIC, true);
  view.setUint16(4, 1, true);
  // the length of the section: unknown
  view.setBigInt64(8, -1n, true);
  return block(SECTION_HEADER, body);
}

function interfaceDescription(name: string): Uint8Array {
  const options = optionsOf([[OPTION_IF_NAME, name]]);
  const body = new Uint8Array(8 + options.length);
  const view = new DataView(body.buffer);
  view.setUint16(0, LINKTYPE_RAW, true);
  // no limit of the length of a packet, and microseconds, which is what a reader assumes
  view.setUint32(4, 0, true);
  body.set(options, 8);
  return block(INTERFACE_DESCRIPTION, body);
}

function enhancedPacket({ timeUs, bytes, comment }: Captured): Uint8Array {
  const options = comment === undefined ? new Uint8Array(0) : optionsOf([[OPTION_COMMENT, comment]]);
  const body = new Uint8Array(20 + padded(bytes.length) + options.length);
  const view = new DataView(body.buffer);
  view.setUint32(4, Math.floor(timeUs / 2 ** 32), true);
  view.setUint32(8, timeUs >>> 0, true);
  view.setUint32(12, bytes.length, true);
  view.setUint32(16, bytes.length, true);
  body.set(bytes, 20);
  body.set(options, 20 + padded(bytes.length));
  return block(ENHANCED_PACKET, body);
}

function optionsOf(options: readonly (readonly [code: number, text: string])[]): Uint8Array {
  const texts = options.map(([code, text]) => [code, new TextEncoder().encode(text)] as const);
  const length = texts.reduce((sum, [, text]) => sum + 4 + padded(text.length), 4);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [code, text] of texts) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, text.length, true);
    bytes.set(text, at + 4);
    at += 4 + padded(text.length);
  }
  view.setUint16(at, OPTION_END, true);
  return bytes;
}

/** A block has its length before and after its body. */
function block(type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, bytes.length, true);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, bytes.length, true);
  return bytes;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
