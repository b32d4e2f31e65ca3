/** dig at a server that speaks DNS through our door, and our example client at a real dnsmasq; both transports. */
import { userInfo } from 'node:os';
import type { Answer, Packet, Question } from 'dns-packet';
import dns from 'dns-packet';
import type { Address, DatagramSocket, EngineName, WelcomeSocket } from 'portico';
import { ENGINE_NAMES, MSG_WAITALL, SocketError } from 'portico';
import type { TestContext } from 'vitest';
import { describe, expect, test } from 'vitest';
import type { Door } from './doors.ts';
import { alongside, nameOf, openDatagram, openStream, TCP, TCP6, UDP, UDP6 } from './doors.ts';
import { need, needEngine } from './needs.ts';
import { startAtFreePort } from './ports.ts';
import { ours, Program } from './program.ts';

/** What a datagram of DNS may hold without an agreement (RFC 1035 section 4.2.1). */
const UDP_MESSAGE_BYTES = 512;
const LARGE = Array.from({ length: 30 }, (_, index) => `part ${index} ${'.'.repeat(80)}`);

const RECORDS: readonly Answer[] = [
  { type: 'A', name: 'small.test', ttl: 60, data: '192.0.2.7' },
  { type: 'AAAA', name: 'small.test', ttl: 60, data: '2001:db8::7' },
  { type: 'TXT', name: 'small.test', ttl: 60, data: 'hello sockets' },
  ...LARGE.map((data): Answer => ({ type: 'TXT', name: 'large.test', ttl: 60, data })),
];

const LOOPBACKS: readonly { what: string; udp: Door; tcp: Door }[] = [
  { what: 'IPv4', udp: UDP, tcp: TCP },
  { what: 'IPv6', udp: UDP6, tcp: TCP6 },
];

/** What is asked, and what the answer is and comes over. */
const QUESTIONS: readonly {
  name: string;
  type: string;
  answers: readonly string[];
  transport: 'UDP' | 'TCP';
}[] = [
  { name: 'small.test', type: 'A', answers: ['192.0.2.7'], transport: 'UDP' },
  { name: 'small.test', type: 'AAAA', answers: ['2001:db8::7'], transport: 'UDP' },
  { name: 'small.test', type: 'TXT', answers: ['hello sockets'], transport: 'UDP' },
  { name: 'large.test', type: 'TXT', answers: LARGE.toSorted(), transport: 'TCP' },
];

describe.each(ENGINE_NAMES)('DNS and the engine %s', (engine) => {
  test.for(LOOPBACKS)(
    'dig asks our server over $what, and again over TCP when it must',
    async (loopback, context) => {
      const [dig] = need(context, 'dig');
      const { address, asked, close } = await answerQuestions(context, loopback, engine);
      for (const { name, type, answers, transport } of QUESTIONS) {
        asked.length = 0;
        const options = ['-p', nameOf(address), '+tries=1', '+timeout=15', '+short'];
        await using run = await Program.run(dig, [
          `@${(address as { host: string }).host}`,
          ...options,
          name,
          type,
        ]);
        const lines = run.stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
        expect(lines.map((line) => line.replaceAll('"', '')).toSorted()).toEqual(answers);
        expect(asked).toEqual(transport === 'UDP' ? ['UDP'] : ['UDP', 'TCP']);
      }
      await close();
    },
  );

  test('our example client asks dnsmasq, and again over TCP when it must', async (context) => {
    const [dnsmasq] = need(context, 'dnsmasq');
    needEngine(context, engine);
    const { program, port } = await startAtFreePort(
      (freePort) => Program.start(dnsmasq, dnsmasqOptions(freePort)),
      (started) => started.said(/started, version/),
    );
    await using _ = program;
    for (const { name, type, answers, transport } of QUESTIONS) {
      await using client = ours(engine, 'build/examples/dns-query.js', ['127.0.0.1', `${port}`, name, type]);
      await client.ended();
      const [first, ...lines] = client.stdout.trimEnd().split('\n');
      expect(first).toMatch(new RegExp(`^Answer over ${transport}`));
      expect(lines.toSorted()).toEqual(answers.map((answer) => `${type} ${answer}`));
    }
  });
});

function dnsmasqOptions(port: number): string[] {
  const records = RECORDS.map((record) =>
    record.type === 'TXT'
      ? `--txt-record=${record.name},${record.data}`
      : `--host-record=${record.name},${'data' in record ? record.data : ''}`,
  );
  return [
    ...['--no-daemon', '--conf-file=/dev/null', '--pid-file=', `--user=${userInfo().username}`],
    ...['--listen-address=127.0.0.1', '--bind-interfaces', `--port=${port}`],
    ...['--no-resolv', '--no-hosts', ...records],
  ];
}

/** A DNS server in our own process, with one port on both transports; notes over which it was asked. */
async function answerQuestions(
  context: TestContext,
  doors: { readonly udp: Door; readonly tcp: Door },
  engine: EngineName,
): Promise<{ address: Address; asked: string[]; close(): Promise<void> }> {
  const { udp, tcp } = await openBoth(context, doors, engine);
  const asked: string[] = [];
  const loops = [alongside(answerDatagrams(udp, asked)), alongside(answerConnections(tcp, asked))];
  const close = async () => {
    await Promise.all([udp.close(), tcp.close()]);
    await Promise.all(loops);
  };
  return { address: udp.getsockname(), asked, close };
}

/** The two sockets of a DNS server; another port when the one that TCP was given is taken over UDP. */
async function openBoth(
  context: TestContext,
  doors: { readonly udp: Door; readonly tcp: Door },
  engine: EngineName,
): Promise<{ udp: DatagramSocket; tcp: WelcomeSocket }> {
  for (;;) {
    const stream = await openStream(context, doors.tcp, engine);
    await stream.bind({ host: doors.tcp.at, port: 0 });
    const tcp = await stream.listen();
    const udp = await openDatagram(context, doors.udp, engine);
    try {
      await udp.bind(tcp.getsockname());
      return { udp, tcp };
    } catch (error) {
      if (!(error instanceof SocketError && error.code === 'EADDRINUSE')) throw error;
    }
  }
}

async function answerDatagrams(udp: DatagramSocket, asked: string[]): Promise<void> {
  for await (const [message, client] of udp) {
    asked.push('UDP');
    const query = dns.decode(Buffer.from(message));
    const whole = dns.encode(answerTo(query));
    const fits = whole.length <= UDP_MESSAGE_BYTES;
    await udp.sendto(fits ? whole : dns.encode(truncatedAnswerTo(query)), client);
  }
}

async function answerConnections(tcp: WelcomeSocket, asked: string[]): Promise<void> {
  for await (const [connection] of tcp) {
    asked.push('TCP');
    const length = Buffer.from(await connection.recv(2, { flags: MSG_WAITALL })).readUInt16BE();
    const query = dns.decode(Buffer.from(await connection.recv(length, { flags: MSG_WAITALL })));
    await connection.sendall(dns.streamEncode(answerTo(query)));
    await connection.close();
  }
}

function answerTo(query: Packet): Packet {
  const { id = 0, questions = [] } = query;
  const answers = RECORDS.filter(({ name, type }) => questions.some((one) => sameQuestion(one, name, type)));
  return { type: 'response', id, flags: dns.AUTHORITATIVE_ANSWER, questions, answers };
}

function truncatedAnswerTo(query: Packet): Packet {
  const { answers: _, ...rest } = answerTo(query);
  return { ...rest, flags: dns.AUTHORITATIVE_ANSWER | dns.TRUNCATED_RESPONSE };
}

function sameQuestion(question: Question, name: string, type: string): boolean {
  return question.name.toLowerCase() === name && question.type === type;
}
