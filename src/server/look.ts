/** What there is to see of sockets and threads at one moment, for the lab's page: data only. */
import type { InetAddress } from '../index.ts';
import { plainHost } from './loop-guard.ts';

/** A socket in the form of ss(8); `undefined` where the system does not say. */
export interface SocketSight {
  readonly protocol: 'udp' | 'tcp';
  /** `LISTEN`, `UNCONN`, `ESTAB`, `CLOSE-WAIT`, … */
  readonly state: string;
  /** Bytes that wait to be read; of a welcome socket, connections that wait to be accepted. */
  readonly receiveQueue: number | undefined;
  /** Bytes that are not acknowledged; of a welcome socket, how many connections may wait. */
  readonly sendQueue: number | undefined;
  /** `127.0.0.1:12000`, `[::1]:12000`. */
  readonly local: string;
  readonly peer: string;
}

/** An open connection. */
export interface ConnectionSight extends SocketSight {
  readonly thread: number;
  /** Its number, which no other of its thread has. */
  readonly connection: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly ageMs: number;
}

/** What one thread says of itself. Counts are since its start, those of open connections included. */
export interface ThreadLook {
  readonly thread: number;
  readonly open: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly datagrams: number;
  readonly answers: number;
  /** Its oldest connections, as many as were asked for. */
  readonly connections: readonly ConnectionSight[];
}

/** What a thread has said last. */
export interface ThreadSight extends Omit<ThreadLook, 'connections'> {
  /** For how long it has left a question without an answer, in milliseconds. */
  readonly silentMs: number;
}

/** An address as ss(8) writes it. */
export function endpointText({ host, port }: InetAddress): string {
  const plain = plainHost(host);
  return `${plain.includes(':') ? `[${plain}]` : plain}:${port}`;
}

/** A look at a thread and how old it is. */
export interface Looked {
  readonly look: ThreadLook;
  readonly silentMs: number;
}

/** The connections of all threads, the oldest first. */
export function oldest(looks: readonly Looked[], max: number): readonly ConnectionSight[] {
  const all = looks.flatMap(({ look }) => look.connections);
  return all.toSorted((a, b) => b.ageMs - a.ageMs).slice(0, max);
}
