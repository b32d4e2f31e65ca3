/** What the main thread and a serving thread say to each other. */
import type { InetAddress } from '../index.ts';
import type { AccessLists } from './access.ts';
import type { ConnectionEvent } from './connection-event.ts';
import type { DoorOptions, InetFamily } from './doors.ts';
import type { Limits } from './limits.ts';
import type { ThreadLook } from './look.ts';
import type { Problem } from './problems.ts';

/** Where the handlers come from: the URL of a module, or the name of one of ours. */
export type HandlerSource = { readonly href: string } | { readonly service: string };

/** The words that a thread and the main thread share. */
export const BEATS = {
  /** Raised by the thread while it lives. */
  beat: 0,
  /** The last hand-over that the thread has begun with. */
  taken: 1,
  /** 1 when the thread has ended in order and closed the descriptors of its engine. */
  closed: 2,
  count: 3,
} as const;

/** What a thread is started with. */
export interface ThreadData {
  readonly source: HandlerSource;
  readonly threads: number;
  readonly limits: Limits;
  readonly refusedPorts: readonly number[];
  readonly lists: AccessLists;
  /** Whether somebody wants to know of each connection. */
  readonly tellsConnections: boolean;
  /** Shared. */
  readonly counters: Float64Array;
  readonly beats: Int32Array;
  /** What all threads remember of those who ask over UDP. */
  readonly sources: SharedArrayBuffer;
}

/** What a thread serves. */
export interface ServeOrder {
  readonly type: 'serve';
  /** Its number: a spare thread has none before. */
  readonly thread: number;
  readonly family: InetFamily;
  /** The server's address over TCP. */
  readonly tcp: InetAddress | undefined;
  /** The descriptor of the socket for datagrams, which stays the main thread's, as all do. */
  readonly udp: number | undefined;
  /** Where an engine has no descriptors: sockets that the thread opens for itself, at the port of all. */
  readonly own: DoorOptions | undefined;
}

/** One connection on its way to a thread. */
export interface Handed {
  readonly number: number;
  /** Which hand-over of this thread it is: 32 bits, which begin anew. */
  readonly turn: number;
  readonly fd: number;
  readonly address: InetAddress;
}

/** What the main thread says. */
export type ToThread =
  | ServeOrder
  | { readonly type: 'take'; readonly connections: readonly Handed[] }
  /** Say what is open: the oldest connections one by one, so many of them. */
  | { readonly type: 'look'; readonly connectionsMax: number }
  /** Take no more, and finish what is there. */
  | { readonly type: 'drain' }
  /** Reset what is left. */
  | { readonly type: 'cut' };

/** What a thread says. */
export type FromThread =
  /** It may be ended from outside: nothing that native code loads is under way. */
  | { readonly type: 'settled' }
  /** It has its handlers. */
  | { readonly type: 'loaded'; readonly udp: boolean; readonly tcp: boolean }
  /** It serves. */
  | { readonly type: 'ready' }
  /** The descriptors that its engine keeps: nobody else would close them if it died. */
  | { readonly type: 'descriptors'; readonly descriptors: readonly number[] }
  /** These connections are over, and their descriptors free. */
  | { readonly type: 'closed'; readonly numbers: readonly number[] }
  | { readonly type: 'problem'; readonly problem: Problem }
  | { readonly type: 'connection'; readonly event: ConnectionEvent }
  | { readonly type: 'look'; readonly look: ThreadLook }
  /** It could not start. */
  | { readonly type: 'failed'; readonly name: string; readonly message: string }
  /** Everything is closed. */
  | { readonly type: 'drained' };
