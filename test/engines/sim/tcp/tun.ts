/**
 * A TUN device in a network namespace of this process's own: packets that the kernel sends to it come here, and those
 * from here arrive at the kernel. Needs Linux, root and koffi; `whyNoTun` says what is missing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { closeSync, openSync, read, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

const CLONE_NEWNET = 0x4000_0000;
const TUNSETIFF = 0x4004_54ca;
/** IFF_TUN, IFF_NO_PI: IPv4 packets and nothing around them. */
const TUN_FLAGS = 0x1001;
const PACKET_BYTES_MAX = 65_536;

interface Libc {
  unshare(flags: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
}

/** Why this process can't have one; `undefined` where it can. */
export function whyNoTun(): string | undefined {
  if (process.platform !== 'linux') return 'a TUN device needs Linux';
  if (process.getuid?.() !== 0) return 'a TUN device needs root';
  const { status, error, stderr } = spawnSync('unshare', [
    '--net',
    'ip',
    'tuntap',
    'add',
    'portico0',
    'mode',
    'tun',
  ]);
  if (status !== 0) return `no TUN device in a namespace: ${error?.message ?? String(stderr).trim()}`;
  try {
    libc();
    return undefined;
  } catch (error) {
    return `koffi does not load: ${error}`;
  }
}

function libc(): Libc {
  const koffi = createRequire(import.meta.url)('koffi');
  const library = koffi.load('libc.so.6');
  return {
    unshare: library.func('int unshare(int flags)'),
    ioctl: library.func('int ioctl(int fd, unsigned long request, void *argument)'),
  };
}

/** The device. */
export class Tun {
  readonly #fd: number;
  readonly #peer: string;
  #isClosed = false;

  private constructor(fd: number, peer: string) {
    this.#fd = fd;
    this.#peer = peer;
  }

  /** Moves this thread into a namespace where the kernel is `own` and everything behind the device is `peer`. */
  static open(own: string, peer: string, settings: Readonly<Record<string, number>>): Tun {
    const { unshare, ioctl } = libc();
    if (unshare(CLONE_NEWNET) !== 0) throw new Error('unshare(CLONE_NEWNET) failed');
    const fd = openSync('/dev/net/tun', 'r+');
    const request = Buffer.alloc(40);
    request.write('portico0');
    request.writeUInt16LE(TUN_FLAGS, 16);
    if (ioctl(fd, TUNSETIFF, request) !== 0) throw new Error('ioctl(TUNSETIFF) failed');
    const ip = (...words: string[]) => execFileSync('ip', words);
    ip('link', 'set', 'lo', 'up');
    ip('addr', 'add', own, 'peer', peer, 'dev', 'portico0');
    ip('link', 'set', 'portico0', 'mtu', '1500', 'up');
    execFileSync('sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1']);
    for (const [name, value] of Object.entries(settings))
      execFileSync('sysctl', ['-qw', `net.ipv4.${name}=${value}`]);
    return new Tun(fd, peer);
  }

  /** Calls back with each packet of the kernel. */
  receive(onPacket: (bytes: Uint8Array) => void): void {
    const buffer = Buffer.alloc(PACKET_BYTES_MAX);
    read(this.#fd, buffer, 0, buffer.length, null, (error, count) => {
      if (this.#isClosed) closeSync(this.#fd);
      if (error || this.#isClosed) return;
      onPacket(Uint8Array.from(buffer.subarray(0, count)));
      this.receive(onPacket);
    });
  }

  send(bytes: Uint8Array): void {
    if (!this.#isClosed) writeSync(this.#fd, bytes);
  }

  /** Ends it: one more packet wakes the read that waits. */
  close(): void {
    this.#isClosed = true;
    const socket = createSocket('udp4');
    socket.send('', 9, this.#peer, () => socket.close());
  }
}
