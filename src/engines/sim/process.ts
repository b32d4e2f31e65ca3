/**
 * A program on a simulated host, as the kernel sees it: the calls that it makes and waits for. Here a call leaves its
 * mark in the trace, a loop of calls that never wait takes its time, and a dead program's calls never come back.
 */
import type { Eventually } from '../engine.ts';
import type { HostClock } from './host-clock.ts';
import type { Trace } from './trace.ts';

/** What a call costs; a guess at a system call on a small host. */
const CALL_US = 1;
/** A program that has run for so long without waiting makes room for other work: its call takes the time it has used. */
const SLICE_US = 64;

/** What a process needs of its host. */
export interface ProcessRoom {
  readonly host: string;
  readonly clock: HostClock;
  readonly trace: Trace;
  /** Told that a program can go on. */
  woken(): void;
}

/** What a call is made on. */
export interface CalledSocket {
  readonly number: number;
  readonly protocol: 'udp' | 'tcp' | '';
  /** Its name for people. */
  readonly label: () => string;
}

/** For the calls that are made on no socket. */
export const NO_SOCKET: CalledSocket = { number: 0, protocol: '', label: () => '' };

/** A call that waits. */
interface WaitingCall {
  readonly syscall: string;
  readonly socket: string;
}

/** One program's dealings with its kernel. */
export class Process {
  readonly name: string;
  readonly #room: ProcessRoom;
  readonly #waiting = new Set<WaitingCall>();
  #isDead = false;
  #usedUs = 0;
  #lastUs = 0;

  constructor(room: ProcessRoom, name: string) {
    this.#room = room;
    this.name = name;
  }

  get host(): string {
    return this.#room.host;
  }

  get clock(): HostClock {
    return this.#room.clock;
  }

  /** The calls that wait: `accept() on tcp 0.0.0.0:12000`. */
  get waiting(): readonly string[] {
    return [...this.#waiting].map(({ syscall, socket }) => `${syscall}() ${socket}`.trimEnd());
  }

  /** Calls the program back after so many microseconds of its host's clock. */
  after(delayUs: number, callback: () => void): () => void {
    return this.#room.clock.after(delayUs, () => {
      this.#room.woken();
      callback();
    });
  }

  /** Writes a line of the program into the trace. */
  note(text: string): void {
    const { trace, host } = this.#room;
    if (!this.#isDead) trace.add({ kind: 'program', host, program: this.name, text });
  }

  /** Ends the program as a crash does: none of its calls ever returns. */
  kill(): void {
    this.#isDead = true;
    this.#waiting.clear();
  }

  /**
   * Makes a call.
   *
   * @param show - writes the result for the trace.
   */
  call<T>(
    syscall: string,
    socket: CalledSocket,
    text: string,
    operation: () => Eventually<T>,
    show: (result: T) => string,
  ): Eventually<T> {
    if (this.#isDead) return new Promise<T>(() => {});
    const result = this.#make(syscall, socket, text, operation);
    if (result instanceof Promise) {
      this.#track(result, { syscall, socket: socket.label() }, socket, show);
      return result;
    }
    this.#noteCall('return', socket, syscall, show(result));
    return this.#pace(result);
  }

  /** Makes a call that never waits. */
  callNow(syscall: string, socket: CalledSocket, text: string, operation: () => void): void {
    if (this.#isDead) return;
    this.#make(syscall, socket, text, operation);
    this.#noteCall('return', socket, syscall, '');
  }

  #make<T>(syscall: string, socket: CalledSocket, text: string, operation: () => T): T {
    this.#noteCall('call', socket, syscall, text);
    try {
      const result = operation();
      this.#use();
      return result;
    } catch (error) {
      this.#noteCall('return', socket, syscall, codeOf(error));
      throw error;
    }
  }

  #track<T>(result: Promise<T>, call: WaitingCall, socket: CalledSocket, show: (result: T) => string): void {
    this.#waiting.add(call);
    const done = (text: string) => {
      this.#room.woken();
      if (this.#waiting.delete(call)) this.#noteCall('return', socket, call.syscall, text);
    };
    result.then(
      (value) => done(show(value)),
      (error: unknown) => done(codeOf(error)),
    );
  }

  #use(): void {
    const now = this.#room.clock.now();
    this.#usedUs = Math.max(0, this.#usedUs - (now - this.#lastUs)) + CALL_US;
    this.#lastUs = now;
  }

  /** Gives a result at once, or when the time that the program has used is over. */
  #pace<T>(result: T): Eventually<T> {
    if (this.#usedUs < SLICE_US) return result;
    return new Promise((resolve) => {
      this.after(this.#usedUs, () => resolve(result));
    });
  }

  #noteCall(
    kind: 'call' | 'return',
    { number, protocol }: CalledSocket,
    syscall: string,
    text: string,
  ): void {
    const { trace, host } = this.#room;
    trace.add({ kind, host, program: this.name, socket: number, protocol, syscall, text });
  }
}

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : error instanceof Error ? error.name : String(error);
}
