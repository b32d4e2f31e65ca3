/**
 * The one file that imports koffi: libc's calls, resolved from the process itself so that glibc and musl both work,
 * with pointers as plain numbers (an object per pointer costs more than the call). Nothing here checks a length: that
 * is `memory.ts`, through which every pointer comes.
 */

/** The part of koffi that we use. Its own types are not imported, so that Portico compiles where koffi is absent. */
interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: string[]): unknown };
  address(bytes: Uint8Array): bigint;
  errno(): number;
  view(pointer: unknown, length: number): ArrayBuffer;
  node: { poll(fd: number, events: { readable: boolean }, callback: () => void): PollHandle };
}

/** A descriptor that the thread's event loop watches. Whoever wants it to live holds a reference to it. */
export interface PollHandle {
  ref(): void;
  unref(): void;
  close(): void;
}

type Pointer = number;

/** The functions of libc, as section 2 of the manual has them; a negative result leaves its reason in `errno()`. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Pointer, length: number): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, address: Pointer, length: Pointer, flags: number): number;
  connect(fd: number, address: Pointer, length: number): number;
  shutdown(fd: number, how: number): number;
  fcntl(fd: number, command: number, value: number): number;
  close(fd: number): number;
  getsockname(fd: number, address: Pointer, length: Pointer): number;
  getpeername(fd: number, address: Pointer, length: Pointer): number;
  getsockopt(fd: number, level: number, name: number, value: Pointer, length: Pointer): number;
  setsockopt(fd: number, level: number, name: number, value: Pointer, length: number): number;
  recv(fd: number, buffer: Pointer, length: number, flags: number): number;
  /** `recv` into a program's own memory: koffi pins it for the time of the call. */
  recvInto(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  recvmsg(fd: number, message: Pointer, flags: number): number;
  recvmmsg(fd: number, messages: Pointer, count: number, flags: number, timeout: Pointer): number;
  send(fd: number, buffer: Pointer, length: number, flags: number): number;
  /** `send` from a program's own memory: koffi pins it for the time of the call. */
  sendFrom(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  sendto(
    fd: number,
    buffer: Pointer,
    length: number,
    flags: number,
    address: Pointer,
    addressLength: number,
  ): number;
  sendmsg(fd: number, message: Pointer, flags: number): number;
  sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Pointer): number;
  epoll_wait(epoll: number, events: Pointer, count: number, timeoutMs: number): number;
  eventfd(value: number, flags: number): number;
  io_uring_setup(entries: number, params: Pointer): number;
  io_uring_enter(
    ring: number,
    submit: number,
    complete: number,
    flags: number,
    mask: Pointer,
    size: number,
  ): number;
  inet_pton(family: number, text: string, address: Pointer): number;
  inet_ntop(family: number, address: Pointer, text: Pointer, size: number): Pointer;
  if_nametoindex(name: string): number;
  if_indextoname(index: number, name: Pointer): Pointer;
  /** Why the last call of this thread failed. */
  errno(): number;
  /** Where the memory of `bytes` is. It stays there: a backing store of at least 4 KiB never moves. */
  addressOf(bytes: Uint8Array): Pointer;
  /** Maps `length` bytes of a descriptor at `offset` into memory that is shared with the kernel; an Error where it can't. */
  map(fd: number, length: number, offset: number): ArrayBuffer;
  /** Calls back from the event loop while `fd` is readable. */
  watch(fd: number, callback: () => void): PollHandle;
}

const INT = 'int';
const POINTER = 'uintptr_t';
const UINT = 'unsigned int';
const SIZE = 'size_t';
const SSIZE = 'intptr_t';

const SIGNATURES: Readonly<Record<string, readonly [result: string, parameters: string[]]>> = {
  socket: [INT, [INT, INT, INT]],
  bind: [INT, [INT, POINTER, UINT]],
  listen: [INT, [INT, INT]],
  accept4: [INT, [INT, POINTER, POINTER, INT]],
  connect: [INT, [INT, POINTER, UINT]],
  shutdown: [INT, [INT, INT]],
  fcntl: [INT, [INT, INT, INT]],
  close: [INT, [INT]],
  getsockname: [INT, [INT, POINTER, POINTER]],
  getpeername: [INT, [INT, POINTER, POINTER]],
  getsockopt: [INT, [INT, INT, INT, POINTER, POINTER]],
  setsockopt: [INT, [INT, INT, INT, POINTER, UINT]],
  recv: [SSIZE, [INT, POINTER, SIZE, INT]],
  recvmsg: [SSIZE, [INT, POINTER, INT]],
  recvmmsg: [INT, [INT, POINTER, UINT, INT, POINTER]],
  send: [SSIZE, [INT, POINTER, SIZE, INT]],
  sendto: [SSIZE, [INT, POINTER, SIZE, INT, POINTER, UINT]],
  sendmsg: [SSIZE, [INT, POINTER, INT]],
  sendmmsg: [INT, [INT, POINTER, UINT, INT]],
  epoll_create1: [INT, [INT]],
  epoll_ctl: [INT, [INT, INT, INT, POINTER]],
  epoll_wait: [INT, [INT, POINTER, INT, INT]],
  eventfd: [INT, [UINT, INT]],
  inet_pton: [INT, [INT, 'const char *', POINTER]],
  inet_ntop: [POINTER, [INT, POINTER, POINTER, UINT]],
  if_nametoindex: [UINT, ['const char *']],
  if_indextoname: [POINTER, [UINT, POINTER]],
};

/** The calls that are made again when a signal interrupts them. The busiest ones see to it where they stand; `close` must not. */
const RESTARTED: readonly string[] = [
  'socket',
  'bind',
  'listen',
  'connect',
  'shutdown',
  'getsockname',
  'getpeername',
  'getsockopt',
  'setsockopt',
  'epoll_ctl',
];
const EINTR = 4;

/** asm-generic/unistd.h */
const IO_URING = { setup: 425, enter: 426 } as const;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_POPULATE = 0x8000;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

let libc: Libc | undefined;

/**
 * Loads koffi and libc's functions, once a thread.
 *
 * @throws Error where koffi is not installed, or has no build for this system.
 */
export function loadLibc(): Libc {
  libc ??= bindLibc(requireKoffi());
  return libc;
}

function requireKoffi(): Koffi {
  const { createRequire } = process.getBuiltinModule('node:module');
  try {
    return createRequire(import.meta.url)('koffi') as Koffi;
  } catch (cause) {
    throw new Error(
      'The engine linux needs the optional package koffi, which did not load; the engine node does without',
      {
        cause,
      },
    );
  }
}

function bindLibc(koffi: Koffi): Libc {
  const library = koffi.load(null);
  const functions = Object.entries(SIGNATURES).map(([name, [result, parameters]]) => {
    const call = library.func(name, result, parameters) as (...args: number[]) => number;
    return [name, RESTARTED.includes(name) ? restarted(call, koffi) : call];
  });
  const mmap = library.func('mmap', 'void *', [POINTER, SIZE, INT, INT, INT, SSIZE]) as (
    ...args: number[]
  ) => Uint8Array;
  return {
    ...(Object.fromEntries(functions) as Libc),
    recvInto: library.func('recv', SSIZE, [INT, 'uint8_t *', SIZE, INT]) as Libc['recvInto'],
    sendFrom: library.func('send', SSIZE, [INT, 'const uint8_t *', SIZE, INT]) as Libc['sendFrom'],
    ...ringCalls(library),
    map: (fd, length, offset) => {
      const pointer = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
      if (koffi.address(pointer) === MAP_FAILED) throw new Error(`mmap failed with errno ${koffi.errno()}`);
      return koffi.view(pointer, length);
    },
    // Koffi's own function, not one of ours around it: V8 may compile or collect where a function of ours begins, and
    // what that asks of the system writes errno too.
    errno: koffi.errno,
    addressOf: (bytes) => Number(koffi.address(bytes)),
    watch: (fd, callback) => koffi.node.poll(fd, { readable: true }, callback),
  };
}

/** The calls that the C library has no name for. Their numbers are the same on every architecture. */
function ringCalls(library: ReturnType<Koffi['load']>): Pick<Libc, 'io_uring_setup' | 'io_uring_enter'> {
  const { setup, enter } = IO_URING;
  const syscall2 = library.func('syscall', SSIZE, [SSIZE, UINT, POINTER]) as (...args: number[]) => number;
  const syscall6 = library.func('syscall', SSIZE, [SSIZE, INT, UINT, UINT, UINT, POINTER, SIZE]) as (
    ...args: number[]
  ) => number;
  return {
    io_uring_setup: (entries, params) => syscall2(setup, entries, params),
    io_uring_enter: (ring, submit, complete, flags, mask, size) =>
      syscall6(enter, ring, submit, complete, flags, mask, size),
  };
}

/** The call, made again as long as a signal interrupts it. */
function restarted(call: (...args: number[]) => number, koffi: Koffi): typeof call {
  return (...args) => {
    let result = call(...args);
    while (result < 0 && koffi.errno() === EINTR) result = call(...args);
    return result;
  };
}
