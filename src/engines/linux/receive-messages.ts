/** Where all datagram sockets of a thread receive: the slots that recvmmsg(2) fills. Layout and bounds only; no calls. */
import type { Address } from '../../posix/address.ts';
import { IPPROTO_UDP, UDP_GRO } from '../../posix/options.ts';
import type { Received } from '../engine.ts';
import type { Libc } from './ffi.ts';
import { MMSGHDR, MSGHDR, SOCKADDR_BYTES } from './layout.ts';
import { copyOut, Slab } from './memory.ts';
import {
  BATCH_MAX,
  CONTROL_LENGTH_WORD,
  DATAGRAM_BYTES_MAX,
  FLAGS_WORD,
  LENGTH_WORD,
  Messages,
  NAME_LENGTH_WORD,
  NAME_STRIDE,
  WORDS,
} from './messages.ts';
import type { SockaddrCodec } from './sockaddr.ts';

/** Slots a page apart would share one set of the processor's cache; two lines more spread them over all. */
const RECEIVE_STRIDE = DATAGRAM_BYTES_MAX + 128;
/** The control message that tells how a train of datagrams is to be cut: `struct cmsghdr` and an int, and its room. */
const GRO_CONTROL = { length: 20, space: 24, level: 8, type: 12, value: 16 } as const;

/** Where datagrams are received, valid until the next receiving call of the thread. */
export class ReceiveMessages extends Messages {
  readonly #codec: SockaddrCodec;
  readonly #controls: Slab;

  constructor(libc: Libc, codec: SockaddrCodec) {
    super(libc, BATCH_MAX * RECEIVE_STRIDE);
    this.#codec = codec;
    this.#controls = new Slab(libc, BATCH_MAX * GRO_CONTROL.space);
    for (let slot = 0; slot < BATCH_MAX; slot += 1) {
      this.setVector(slot, slot * RECEIVE_STRIDE, DATAGRAM_BYTES_MAX);
      const control = slot * GRO_CONTROL.space;
      this.headers.setPointer(
        slot * MMSGHDR.size + MSGHDR.control,
        this.#controls,
        control,
        GRO_CONTROL.space,
      );
    }
  }

  /**
   * Makes every header ready to receive, for the kernel writes lengths into them.
   *
   * @param trains - whether there is room for the control message that comes with a train of datagrams.
   */
  reset(trains: boolean): void {
    const { words } = this.headers;
    const controlLength = trains ? GRO_CONTROL.space : 0;
    for (let at = 0; at < BATCH_MAX * WORDS; at += WORDS) {
      words[at + NAME_LENGTH_WORD] = SOCKADDR_BYTES;
      words[at + CONTROL_LENGTH_WORD] = controlLength;
      words[at + FLAGS_WORD] = 0;
    }
  }

  /** The datagram in `slot`, its bytes copied out. */
  messageOf(slot: number): Received {
    const length = this.#lengthOf(slot);
    return { data: this.#copy(slot, 0, length), address: this.#addressOf(slot), length };
  }

  /** The length of each datagram in `slot` but the last, when they are several (UDP_GRO, udp(7)); else 0. */
  segmentOf(slot: number): number {
    const { words } = this.headers;
    if ((words[slot * WORDS + CONTROL_LENGTH_WORD] ?? 0) < GRO_CONTROL.length) return 0;
    const at = (slot * GRO_CONTROL.space) / 4;
    const control = this.#controls.words;
    const level = control[at + GRO_CONTROL.level / 4];
    const type = control[at + GRO_CONTROL.type / 4];
    if (level !== IPPROTO_UDP || type !== UDP_GRO.number) return 0;
    const segment = control[at + GRO_CONTROL.value / 4] ?? 0;
    return segment < this.#lengthOf(slot) ? segment : 0;
  }

  /** Cuts the train in `slot` into its datagrams again, at the end of `batch`. */
  cutTrain(slot: number, batch: Received[]): void {
    const total = this.#lengthOf(slot);
    const segment = this.segmentOf(slot);
    for (let offset = 0; offset < total; offset += segment) {
      const length = Math.min(segment, total - offset);
      batch.push({ data: this.#copy(slot, offset, length), address: this.#addressOf(slot), length });
    }
  }

  /** Says how long the datagram in `slot` is, when it came by another call. */
  setLength(slot: number, length: number): void {
    this.headers.words[slot * WORDS + LENGTH_WORD] = length;
  }

  /** The length of what is in `slot`, on the wire, as recvmmsg wrote it. */
  #lengthOf(slot: number): number {
    return this.headers.words[slot * WORDS + LENGTH_WORD] ?? 0;
  }

  #copy(slot: number, offset: number, length: number): Uint8Array {
    const fits = Math.min(length, DATAGRAM_BYTES_MAX - offset);
    return copyOut(this.data.bytes, slot * RECEIVE_STRIDE + offset, fits);
  }

  #addressOf(slot: number): Address {
    const length = this.headers.words[slot * WORDS + NAME_LENGTH_WORD] ?? 0;
    return this.#codec.read(this.names, slot * NAME_STRIDE, Math.min(length, SOCKADDR_BYTES));
  }
}
