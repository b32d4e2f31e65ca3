/** ss as a judge: what the kernel says of our sockets, the queue of a welcome socket before all. */
import type { EngineName, StreamSocket, WelcomeSocket } from 'portico';
import {
  ENGINE_NAMES,
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SOL_SOCKET,
  TCP_CONGESTION,
  TCP_KEEPIDLE,
} from 'portico';
import type { TestContext } from 'vitest';
import { describe, expect, test } from 'vitest';
import { alongside, openBound, openStream, openWelcome, skipIfLacking, TCP, UDP } from './doors.ts';
import { need } from './needs.ts';
import { Program } from './program.ts';

const BACKLOGS = [0, 1, 4];
/** How often ss is asked for something that has to come, each time a process of its own. */
const LOOKS_MAX = 400;

/** An option, and how ss shows it on the socket that has it and not on one that has not. */
const SHOWN: readonly {
  readonly name: string;
  readonly set: (connection: StreamSocket) => void;
  readonly options: readonly string[];
  readonly shown: RegExp;
}[] = [
  {
    name: 'SO_KEEPALIVE with TCP_KEEPIDLE',
    set: (connection) => {
      connection.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 3000);
      connection.setsockopt(SOL_SOCKET, SO_KEEPALIVE, true);
    },
    options: ['-tnoH'],
    shown: /timer:\(keepalive,(?:49min|50min)/,
  },
  {
    name: 'TCP_CONGESTION',
    set: (connection) => connection.setsockopt(IPPROTO_TCP, TCP_CONGESTION, 'reno'),
    options: ['-tniH'],
    shown: /\breno\b/,
  },
];

describe('the backlog of the engine linux', () => {
  test.for(BACKLOGS)(
    'listen(%i) completes one connection more, and the next waits',
    async (backlog, context) => {
      const [ss] = need(context, 'ss');
      const welcome = await openWelcome(context, TCP, 'linux', backlog);
      for (let client = 0; client <= backlog; client++) await connectTo(context, welcome, 'linux');
      const late = await openStream(context, TCP, 'linux');
      const connecting = alongside(late.connect(welcome.getsockname()));

      const port = portOf(welcome);
      await look(ss, ['-tnH', 'state', 'syn-sent', `( dport = :${port} )`], /\S/);
      const [, queue] = await look(ss, ['-ltnH', `( sport = :${port} )`], /^LISTEN +(\d+ +\d+) /m);
      expect(queue?.split(/ +/)).toEqual([`${backlog + 1}`, `${backlog}`]);

      // what the queue had no room for is no failure: the handshake begins again when there is room
      for (let client = 0; client <= backlog; client++) await welcome.accept();
      await connecting;
      await welcome.accept();
    },
  );
});

describe.each(ENGINE_NAMES)('what ss shows of the sockets of the engine %s', (engine) => {
  test.for(SHOWN)('$name', async ({ set, options, shown }, context) => {
    const [ss] = need(context, 'ss');
    const welcome = await openWelcome(context, TCP, engine);
    const [plain, special] = [
      await connectTo(context, welcome, engine),
      await connectTo(context, welcome, engine),
    ];
    lacking(context, engine, () => set(special));
    expect(await query(ss, [...options, `( sport = :${portOf(special)} )`])).toMatch(shown);
    expect(await query(ss, [...options, `( sport = :${portOf(plain)} )`])).not.toMatch(shown);
  });

  test('SO_RCVBUF: the kernel doubles it', async (context) => {
    const [ss] = need(context, 'ss');
    const socket = await openBound(context, UDP, engine);
    lacking(context, engine, () => socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 100_000));
    expect(await query(ss, ['-unamH', `( sport = :${portOf(socket)} )`])).toMatch(/,rb200000,/);
  });

  test('a closed socket is gone', async (context) => {
    const [ss] = need(context, 'ss');
    const socket = await openBound(context, UDP, engine);
    const filter = `( sport = :${portOf(socket)} )`;
    expect(await query(ss, ['-unaH', filter])).toMatch(/^UNCONN/);
    await socket.close();
    expect(await query(ss, ['-unaH', filter])).toBe('');
  });
});

async function connectTo(
  context: TestContext,
  welcome: WelcomeSocket,
  engine: EngineName,
): Promise<StreamSocket> {
  const client = await openStream(context, TCP, engine);
  await client.connect(welcome.getsockname());
  return client;
}

function portOf(socket: { getsockname(): unknown }): number {
  return (socket.getsockname() as { port: number }).port;
}

function lacking(context: TestContext, engine: EngineName, call: () => void): void {
  try {
    call();
  } catch (error) {
    skipIfLacking(context, engine, error);
  }
}

async function query(ss: string, options: readonly string[]): Promise<string> {
  return (await Program.run(ss, options)).stdout;
}

/** Asks until the answer matches. */
async function look(ss: string, options: readonly string[], pattern: RegExp): Promise<RegExpExecArray> {
  for (let looks = 1; ; looks++) {
    const answer = await query(ss, options);
    const found = pattern.exec(answer);
    if (found) return found;
    if (looks === LOOKS_MAX) throw new Error(`ss ${options.join(' ')} never showed ${pattern}: ${answer}`);
  }
}
