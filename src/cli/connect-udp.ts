/** The UDP client: a datagram for a line, and a time within which its reply has to come. */
import type { DatagramSocket, InetAddress } from '../index.ts';
import { AF_INET, AF_INET6, decode, SOCK_DGRAM, SocketError, socket } from '../index.ts';
import type { Conversation, Talk } from './conversation.ts';
import { findServer } from './conversation.ts';
import { EXIT_FAILURE } from './failure.ts';
import { withoutReturn } from './line-input.ts';
import { bytePrinter, printJson, say } from './output.ts';
import { duration, route } from './text.ts';

const NEWLINE = Uint8Array.of(0x0a);

type InetDatagramSocket = DatagramSocket<typeof AF_INET | typeof AF_INET6>;

/** A client that waits `timeoutMs` for each reply. Its exit code is 1 when one did not come. */
export function talkUdp(timeoutMs: number): Talk {
  return async (conversation) => {
    const { engine, input, signal, json } = conversation;
    const server = await chooseServer(conversation);
    await using client = socket(server.host.includes(':') ? AF_INET6 : AF_INET, SOCK_DGRAM, { engine });
    // a connected UDP socket hears of a port that nobody has, and nothing from strangers
    await client.connect(server, { signal });
    const ends = route(client.getsockname(), client.getpeername());
    if (json)
      printJson({
        event: 'open',
        transport: 'udp',
        engine: engine.name,
        local: client.getsockname(),
        remote: client.getpeername(),
      });
    else say(`UDP ${ends}: no connection, every line is a datagram`);
    let lost = 0;
    for await (const line of input) {
      for (const reply of await lateReplies(client)) await show(reply, 'late', undefined, json);
      const began = performance.now();
      await client.send(withoutReturn(line), { signal });
      const reply = await receive(client, timeoutMs, signal);
      const ms = performance.now() - began;
      if (reply) await show(reply, 'reply', ms, json);
      else {
        lost++;
        if (json) printJson({ event: 'lost', ms });
        else say(`No reply within ${duration(timeoutMs)}: the datagram or its reply was lost`);
      }
    }
    return lost > 0 ? EXIT_FAILURE : 0;
  };
}

/** One address: UDP has no handshake that could tell which of many is alive. IPv4 first, as the notes' `AF_INET`. */
async function chooseServer(conversation: Conversation): Promise<InetAddress> {
  const found = await findServer(conversation);
  const { address } = found.find(({ family }) => family === AF_INET) ?? (found[0] as (typeof found)[0]);
  return address;
}

/** A reply on a line of its own. */
async function show(
  reply: Uint8Array,
  event: 'reply' | 'late',
  ms: number | undefined,
  json: boolean,
): Promise<void> {
  if (json) return printJson({ event, data: decode(reply), ms });
  if (event === 'late') say('A late reply to an earlier line:');
  await bytePrinter()(Buffer.concat([reply, NEWLINE]));
}

/** `undefined` when the time is over. */
async function receive(
  client: InetDatagramSocket,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await client.recv(undefined, { timeoutMs, signal });
  } catch (error) {
    if (error instanceof SocketError && error.code === 'ETIMEDOUT') return undefined;
    throw error;
  }
}

/** What has come since the last reply: datagrams carry no number, so nobody can say which line they answer. */
async function lateReplies(client: InetDatagramSocket): Promise<Uint8Array[]> {
  const replies: Uint8Array[] = [];
  for (let late = await receive(client, 0); late; late = await receive(client, 0)) replies.push(late);
  return replies;
}
