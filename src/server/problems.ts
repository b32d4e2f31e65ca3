/** What goes wrong while a server goes on: counted always, told of seldom, for a log that a client can fill is one more door. */
import type { InetAddress } from '../index.ts';
import { SocketError } from '../index.ts';

/** Something that went wrong and ended one answer, one connection or one thread. */
export interface Problem {
  readonly transport: 'udp' | 'tcp' | 'thread';
  /** Whom it met, where that is known. */
  readonly client: InetAddress | undefined;
  /** As `SocketError` has it, where it is one. */
  readonly code: string | undefined;
  readonly message: string;
  /** Where a handler failed, as a stack trace has it: `file:///srv/chat.ts:12:9`. Not for the errors of sockets. */
  readonly place: string | undefined;
  /** How often this kind has happened by now: it is told the first time, then when the number has doubled. */
  readonly times: number;
}

/** Tells of the 1st, 2nd, 4th, 8th of a kind. */
export class ProblemTeller {
  readonly #times = new Map<string, number>();
  readonly #tell: (problem: Problem) => void;

  constructor(tell: (problem: Problem) => void) {
    this.#tell = tell;
  }

  report(transport: Problem['transport'], client: InetAddress | undefined, error: unknown): void {
    const code = error instanceof SocketError ? error.code : undefined;
    const kind = `${transport} ${code ?? (error instanceof Error ? error.name : typeof error)}`;
    const times = (this.#times.get(kind) ?? 0) + 1;
    this.#times.set(kind, times);
    if (!Number.isInteger(Math.log2(times))) return;
    this.#tell({ transport, client, code, message: textOf(error), place: placeOf(error), times });
  }
}

/** An error in one line, with what may help where it knows that. */
export function textOf(error: unknown): string {
  if (error instanceof SocketError) return [error.message, error.hint].filter(Boolean).join('. ');
  return error instanceof Error ? error.message : String(error);
}

/** What the files that Portico is built into begin with: a handler's place is none of them. A page has no such files. */
const OURS = (import.meta.url as string | undefined)?.replace(/[^/]*\/[^/]*$/, '') ?? 'node:';

/** The first place of its stack trace that is not of Portico. */
function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof SocketError) return undefined;
  const { stack = '', message } = error;
  // a message may hold what a client has sent, lines that look like these among them
  const trace = stack.slice(stack.indexOf(message) + message.length);
  const places = [...trace.matchAll(/^ +at (?:async )?(?:.*\()?(.*?)\)?$/gm)].map(([, place = '']) => place);
  return places.find((place) => place.includes(':') && !place.startsWith('node:') && !place.startsWith(OURS));
}
