/** Where a datagram socket queues what it sends: the messages of sendmmsg(2). Layout and bounds only; no calls. */
import type { Address } from '../../posix/address.ts';
import type { Family } from '../../posix/constants.ts';
import { AF_UNIX, UDP4_PAYLOAD_MAX } from '../../posix/constants.ts';
import { IPPROTO_UDP, UDP_SEGMENT } from '../../posix/options.ts';
import type { Libc } from './ffi.ts';
import { IOVEC, MMSGHDR, MSGHDR } from './layout.ts';
import { Slab } from './memory.ts';
import {
  BATCH_MAX,
  CONTROL_LENGTH_WORD,
  Messages,
  NAME_LENGTH_WORD,
  NAME_STRIDE,
  WORDS,
} from './messages.ts';
import type { SockaddrCodec } from './sockaddr.ts';

/** The bytes that a socket queues to send. */
const SEND_QUEUE_BYTES = 131_072;

/** Segments that the kernel takes in one message: UDP_MAX_SEGMENTS of Linux before 6.9, which has 128. */
const SEGMENTS_MAX = 64;
/** The control message that carries the size of the segments: `struct cmsghdr` and two bytes, and its room. */
const SEGMENT_CONTROL = { length: 18, space: 24, level: 8, type: 12, value: 16 } as const;

/**
 * What a socket has queued to send: at most 128 KiB in 64 messages. Consecutive datagrams of one size to one peer share
 * a message, which the kernel cuts into datagrams again (UDP_SEGMENT, udp(7)): one pass through the network stack
 * instead of one each. The last of them may be shorter.
 */
export class SendMessages extends Messages {
  /** Whether datagrams may share a message; off for good once a device has refused. */
  segmenting = true;
  readonly #codec: SockaddrCodec;
  readonly #controls: Slab;
  readonly #segments = new Uint8Array(BATCH_MAX);
  readonly #segmentBytes = new Uint32Array(BATCH_MAX);
  readonly #offsets = new Uint32Array(BATCH_MAX);
  #head = 0;
  #tail = 0;
  #used = 0;
  #size = 0;
  #open = false;
  #messageBytes = 0;

  constructor(libc: Libc, codec: SockaddrCodec) {
    super(libc, SEND_QUEUE_BYTES);
    this.#codec = codec;
    this.#controls = new Slab(libc, BATCH_MAX * SEGMENT_CONTROL.space);
    for (let slot = 0; slot < BATCH_MAX; slot += 1) this.#prepareControl(slot);
  }

  /** How many datagrams wait. */
  get size(): number {
    return this.#size;
  }

  /** How many messages they make. */
  get messages(): number {
    return this.#tail - this.#head;
  }

  /** Tells whether a datagram of `length` bytes has room. */
  hasRoom(length: number): boolean {
    return this.#tail < BATCH_MAX && this.#used + length <= this.data.bytes.length;
  }

  /** Queues a copy of the data as one datagram; false when the address is none of this family. */
  push(
    data: Uint8Array | readonly Uint8Array[],
    length: number,
    address: Address | undefined,
    family: Family,
  ): boolean {
    const slot = this.#tail;
    const nameLength = address ? this.#codec.write(this.names, slot * NAME_STRIDE, address, family) : 0;
    if (address && nameLength === 0) return false;
    this.headers.words[slot * WORDS + NAME_LENGTH_WORD] = nameLength;
    const offset = this.#used;
    this.#used += length;
    if (data instanceof Uint8Array) this.data.bytes.set(data, offset);
    else this.#gather(data, offset);
    this.#size += 1;
    if (this.#joins(length, nameLength)) this.#join(length);
    else this.#begin(slot, offset, length, family !== AF_UNIX);
    return true;
  }

  /** The address of the headers that wait. */
  pending(): number {
    return this.header(this.#head, this.messages);
  }

  /** The address of the `struct msghdr` of the first that waits. */
  first(): number {
    return this.header(this.#head, 1);
  }

  /** Where the first that waits goes to. */
  firstAddress(): Address | undefined {
    const length = this.headers.words[this.#head * WORDS + NAME_LENGTH_WORD] ?? 0;
    return length === 0 ? undefined : this.#codec.read(this.names, this.#head * NAME_STRIDE, length);
  }

  /** Takes `count` messages off the front. */
  drop(count: number): void {
    for (const end = this.#head + count; this.#head < end; this.#head += 1)
      this.#size -= this.#segments[this.#head] ?? 0;
    if (this.#head === this.#tail) this.clear();
  }

  /** Takes all off. */
  clear(): void {
    this.#head = 0;
    this.#tail = 0;
    this.#used = 0;
    this.#size = 0;
    this.#open = false;
  }

  /**
   * The datagrams of the first message one by one, for a device that refuses it: `send` gets each in the place of the
   * message. Those it sent are gone for good; the rest of the message is dropped with it when one fails.
   */
  sendApart(send: () => boolean): boolean {
    const slot = this.#head;
    const bytes = this.#segmentBytes[slot] ?? 0;
    const from = this.#offsets[slot] ?? 0;
    const end = from + (this.vectors.words[(slot * IOVEC.size + IOVEC.length) / 4] ?? 0);
    this.headers.words[slot * WORDS + CONTROL_LENGTH_WORD] = 0;
    for (let offset = from; offset < end; offset += bytes) {
      this.setVector(slot, offset, Math.min(bytes, end - offset));
      if (!send()) return this.#leaveRest(slot, offset, end);
      this.#size -= 1;
      this.#segments[slot] = (this.#segments[slot] ?? 1) - 1;
    }
    return true;
  }

  /** Whether the first message holds several datagrams. */
  get firstIsShared(): boolean {
    return (this.#segments[this.#head] ?? 0) > 1;
  }

  #gather(parts: readonly Uint8Array[], offset: number): void {
    let at = offset;
    for (const part of parts) {
      this.data.bytes.set(part, at);
      at += part.length;
    }
  }

  #leaveRest(slot: number, offset: number, end: number): false {
    this.#offsets[slot] = offset;
    this.setVector(slot, offset, end - offset);
    if ((this.#segments[slot] ?? 0) > 1)
      this.headers.words[slot * WORDS + CONTROL_LENGTH_WORD] = SEGMENT_CONTROL.space;
    return false;
  }

  #begin(slot: number, offset: number, length: number, segments: boolean): void {
    this.setVector(slot, offset, length);
    this.headers.words[slot * WORDS + CONTROL_LENGTH_WORD] = 0;
    this.#segments[slot] = 1;
    this.#segmentBytes[slot] = length;
    this.#offsets[slot] = offset;
    this.#messageBytes = length;
    this.#open = segments && this.segmenting && length > 0;
    this.#tail += 1;
  }

  /** Whether a datagram, whose name stands in the slot behind the last, may join the last message. */
  #joins(length: number, nameLength: number): boolean {
    const last = this.#tail - 1;
    if (!this.#open || last < this.#head || length === 0 || length > (this.#segmentBytes[last] ?? 0))
      return false;
    if ((this.#segments[last] ?? 0) >= SEGMENTS_MAX || this.#messageBytes + length > UDP4_PAYLOAD_MAX)
      return false;
    if (this.headers.words[last * WORDS + NAME_LENGTH_WORD] !== nameLength) return false;
    const { words } = this.names;
    const stride = NAME_STRIDE / 4;
    for (let word = 0; word * 4 < nameLength; word += 1) {
      if (words[last * stride + word] !== words[(last + 1) * stride + word]) return false;
    }
    return true;
  }

  #join(length: number): void {
    const last = this.#tail - 1;
    const segmentBytes = this.#segmentBytes[last] ?? 0;
    this.#messageBytes += length;
    this.#segments[last] = (this.#segments[last] ?? 0) + 1;
    this.vectors.words[(last * IOVEC.size + IOVEC.length) / 4] = this.#messageBytes;
    this.headers.words[last * WORDS + CONTROL_LENGTH_WORD] = SEGMENT_CONTROL.space;
    this.#controls.view.setUint16(last * SEGMENT_CONTROL.space + SEGMENT_CONTROL.value, segmentBytes, true);
    this.#open = length === segmentBytes;
  }

  #prepareControl(slot: number): void {
    const at = slot * SEGMENT_CONTROL.space;
    const { words } = this.#controls;
    words[at / 4] = SEGMENT_CONTROL.length;
    words[(at + SEGMENT_CONTROL.level) / 4] = IPPROTO_UDP;
    words[(at + SEGMENT_CONTROL.type) / 4] = UDP_SEGMENT.number;
    this.headers.setPointer(slot * MMSGHDR.size + MSGHDR.control, this.#controls, at, SEGMENT_CONTROL.space);
  }
}
