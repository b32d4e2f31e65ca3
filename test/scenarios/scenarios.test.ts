/** The scenarios: what a person sees in each, and that the lines that are shown are those that run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trace } from 'portico/sim';
import { describe, expect, it } from 'vitest';
import type { Performance } from '../../src/scenarios/index.ts';
import { play, scenarios } from '../../src/scenarios/index.ts';

const variants = scenarios.flatMap((scenario) => scenario.variants.map((variant) => ({ scenario, variant })));
const names = variants.map(({ scenario, variant }) => [scenario.name, variant.name] as const);

async function played(name: string, variant?: string, seed = 1): Promise<Performance> {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`no scenario ${name}`);
  return play(scenario, { seed, ...(variant === undefined ? {} : { variant }) });
}

function printed({ sim }: Performance): string[] {
  return trace(sim)
    .printed()
    .map(({ text }) => text);
}

/** The rows of one look as `STATE local peer`. */
function rows({ looks }: Performance, look: number, host: string): string[] {
  const sockets = looks[look]?.hosts.find((one) => one.host === host)?.sockets ?? [];
  return sockets.map(({ state, local, receiveQueue }) => `${state} ${local} ${receiveQueue}`);
}

/** Each program in the source: the lines that are shown, and the body that runs. */
const folder = new URL('../../src/scenarios/', import.meta.url);
const PROGRAM = /lines: (\[[\s\S]*?\n {2}\]),\n {2}body: async \(.*?\) => \{\n([\s\S]*?)\n {2}\},\n\};/g;
const programs = readdirSync(folder).flatMap((file) =>
  [...readFileSync(new URL(file, folder), 'utf8').matchAll(PROGRAM)].map(
    ([, lines = '', body = ''], index) => ({
      program: `${file} ${index + 1}`,
      lines: lines
        .replace(/^\s*'(.*)',$/gm, (_, line) => line.replace(/\\'/g, "'"))
        .replace(/^\s*"(.*)",$/gm, '$1'),
      body,
    }),
  ),
);

it.each(programs)('shows the lines that run: $program', ({ lines, body }) => {
  // how a line is broken, and the type that a student need not see
  const plain = (text: string) => text.replace(/: number\[\]/g, '').replace(/[\s;]|,(?=\s*[)\]}])/g, '');
  expect(plain(lines)).toBe(`[${plain(body)}]`);
});

it('there are programs to compare, in every variant', () => {
  expect(programs.length).toBeGreaterThan(25);
});

it('are the thirteen of the plan', () => {
  expect(scenarios.map(({ name }) => name)).toEqual([
    'udp-echo',
    'udp-loss',
    'udp-reorder',
    'tcp-handshake',
    'welcome-socket',
    'four-tuple',
    'tcp-loss',
    'backlog',
    'slow-reader',
    'close',
    'reset',
    'stream-or-message',
    'hundred-clients',
  ]);
});

describe.each(variants)('$scenario.name, $variant.name', ({ scenario, variant }) => {
  it('has captions, a question and an answer', () => {
    expect(variant.captions.length).toBeGreaterThan(0);
    for (const sentence of [...variant.captions, variant.question.answer]) expect(sentence).toMatch(/[.?]$/);
    expect(variant.question.text).toMatch(/\?$/);
  });

  it('is the same run again, for twenty seeds', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [first, again] = [
        await play(scenario, { seed, variant: variant.name }),
        await play(scenario, { seed, variant: variant.name }),
      ];
      expect(trace(again.sim).hash).toBe(trace(first.sim).hash);
    }
  });

  it('uses every fault that it installs', async () => {
    (await play(scenario, { variant: variant.name })).sim.check();
  });
});

it('udp-echo: two datagrams, one server socket throughout', async () => {
  const performance = await played('udp-echo');
  expect(trace(performance.sim).events.filter(({ kind }) => kind === 'sent').length).toBe(2);
  expect(rows(performance, 0, 'server')).toEqual(['UNCONN 0.0.0.0:12000 0']);
  expect(printed(performance)).toEqual(['HELLO from 10.0.0.2:12000']);
});

it('udp-loss: as many timeouts as pings and answers were lost', async () => {
  const performance = await played('udp-loss');
  const view = trace(performance.sim);
  const lost = view.udp('client>server').lost().length + view.udp('server>client').lost().length;
  expect(lost).toBeGreaterThan(0);
  expect(printed(performance).filter((text) => text.includes('ETIMEDOUT')).length).toBe(lost);
});

it('udp-reorder: the program receives 2, 1, 1, 3', async () => {
  expect(printed(await played('udp-reorder'))).toEqual([
    'received 2',
    'received 1',
    'received 1',
    'received 3',
  ]);
});

it('tcp-handshake: refused before, connected after; three lost SYNs cost 3 s, a lost SYN-ACK 1 s', async () => {
  expect(printed(await played('tcp-handshake'))).toEqual([
    'attempt 1: ECONNREFUSED after 50.0 ms',
    'attempt 2: connected after 50.0 ms',
  ]);
  expect(printed(await played('tcp-handshake', 'syn-lost'))[0]).toMatch(/^connected after 3050/);
  expect(printed(await played('tcp-handshake', 'syn-ack-lost'))[0]).toMatch(/^connected after 1050/);
});

it('welcome-socket: one LISTEN and three ESTAB, all with the local port 12000', async () => {
  expect(rows(await played('welcome-socket'), 0, 'server')).toEqual(
    [
      'LISTEN 0.0.0.0:12000 0',
      'ESTAB 10.0.0.9:12000 5',
      'ESTAB 10.0.0.9:12000 5',
      'ESTAB 10.0.0.9:12000 5',
    ].map((row, index) => (index === 0 ? row : expect.stringMatching(/^ESTAB 10\.0\.0\.9:12000/))),
  );
});

it('four-tuple: two clients with one source port are two connections; over UDP one socket has all', async () => {
  const tcp = await played('four-tuple');
  expect(printed(tcp).slice(0, 3).sort()).toEqual([
    'a connection socket for 10.0.0.1:50001',
    'a connection socket for 10.0.0.1:50002',
    'a connection socket for 10.0.0.2:50001',
  ]);
  expect(rows(await played('four-tuple', 'udp'), 0, 'server').length).toBe(1);
});

it.each([
  { name: 'welcome-socket', askedMs: 150 },
  { name: 'four-tuple', askedMs: 50 },
])('$name: a client that reboots ends its own connection, and not the server', async ({ name, askedMs }) => {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`no scenario ${name}`);
  const performance = await play(scenario, {
    change: ({ sim }) => {
      const a = sim.hosts.find((host) => host.name === 'A');
      // before the answer is there
      sim.at(askedMs + 10, () => a?.bounce(10));
    },
  });
  expect(printed(performance)).toContain('ECONNRESET');
  expect(rows(performance, 0, 'server').filter((row) => row.startsWith('LISTEN')).length).toBe(1);
});

it('tcp-loss: three copies of a lone segment; one fast retransmission and no timeout', async () => {
  const labels = async (variant: string) =>
    trace((await played('tcp-loss', variant)).sim).events.flatMap((event) =>
      event.kind === 'tcp' && event.event.kind === 'label' ? [event.event.label] : [],
    );
  expect(await labels('timeout')).toEqual(['retransmission', 'retransmission', 'retransmission']);
  const fast = await labels('fast-retransmit');
  expect(fast.filter((label) => label.includes('retransmission'))).toEqual(['fast retransmission']);
  expect(fast.filter((label) => label === 'duplicate ack').length).toBe(7);
});

it('backlog: two in the queue of listen(1), SYNs dropped; a client that is sure and a server that is not; cookies', async () => {
  const dropped = await played('backlog');
  expect(rows(dropped, 0, 'server')[0]).toBe('LISTEN 0.0.0.0:12000 2');
  expect(rows(dropped, 0, 'client').map((row) => row.split(' ')[0])).toEqual([
    'ESTAB',
    'ESTAB',
    'SYN-SENT',
    'SYN-SENT',
  ]);
  const unsure = await played('backlog', 'ack-dropped');
  expect(rows(unsure, 0, 'client').map((row) => row.split(' ')[0])).toEqual([
    'ESTAB',
    'ESTAB',
    'ESTAB',
    'ESTAB',
  ]);
  expect(rows(unsure, 0, 'server').filter((row) => row.startsWith('SYN-RECV')).length).toBe(1);
  const cookies = await played('backlog', 'cookies');
  expect(rows(cookies, 0, 'client').filter((row) => row.startsWith('ESTAB')).length).toBe(4);
  expect(rows(cookies, 0, 'server').filter((row) => row.startsWith('ESTAB')).length).toBe(1);
});

it('slow-reader: the window closes, three probes, and all bytes arrive when it opens', async () => {
  const performance = await played('slow-reader');
  const zero = trace(performance.sim).events.filter(
    (event) => event.kind === 'tcp' && event.event.kind === 'label' && event.event.label === 'zero window',
  );
  expect(zero.length).toBeGreaterThanOrEqual(3);
  expect(printed(performance)).toContain('20000 bytes');
  expect(printed(performance)[0]).toMatch(/^sendall\(\) returned at 4\d{3}/);
});

it('close: FIN_WAIT_2 and CLOSE_WAIT, TIME_WAIT for 60 s; EADDRINUSE, and bound with SO_REUSEADDR', async () => {
  const half = await played('close');
  expect(rows(half, 0, 'client')[0]).toMatch(/^FIN-WAIT-2/);
  expect(rows(half, 0, 'server')[1]).toMatch(/^CLOSE-WAIT/);
  expect(rows(half, 1, 'client')[0]).toMatch(/^TIME-WAIT/);
  expect(rows(half, 1, 'server')).toEqual([]);
  expect(rows(half, 2, 'client')).toEqual([]);
  expect(half.sim.now).toBeGreaterThan(60_000);
  const rebind = await played('close', 'rebind');
  expect(rows(rebind, 0, 'server')).toEqual([expect.stringMatching(/^TIME-WAIT 10\.0\.0\.2:12000/)]);
  expect(printed(rebind)).toEqual(['SO_REUSEADDR false: EADDRINUSE', 'SO_REUSEADDR true: bound']);
});

it('reset: the errors that each way gives', async () => {
  expect(printed(await played('reset'))).toEqual(['recv: ECONNRESET']);
  expect(printed(await played('reset', 'linger'))).toEqual([
    'send: ECONNRESET',
    'send: EPIPE',
    'recv: 0 bytes',
  ]);
  expect(printed(await played('reset', 'reboot'))).toEqual(['BEFORE', 'recv: ECONNRESET']);
});

it('stream-or-message: one recv has all three sends, three recvfrom one each', async () => {
  expect(printed(await played('stream-or-message'))).toEqual(['one recv: onetwothree']);
  expect(printed(await played('stream-or-message', 'udp'))).toEqual(
    ['one', 'two', 'three'].map((text) => `one recvfrom: ${text}`),
  );
});

it('hundred-clients: all are served, and wait less with more threads', async () => {
  const longest = async (variant: string) =>
    Number(
      /100 served.*longest (\d+) ms/.exec(printed(await played('hundred-clients', variant))[0] ?? '')?.[1],
    );
  const [one, eight] = [await longest('one-thread'), await longest('eight-threads')];
  expect(one).toBeGreaterThan(1000);
  expect(eight).toBeLessThan(one / 6);
});

describe('as tshark sees them', () => {
  const isThere = spawnSync('tshark', ['--version']).status === 0;
  /** Names of Wireshark's fields, and our labels. */
  const LABELS = {
    retransmission: 'tcp.analysis.retransmission',
    'fast retransmission': 'tcp.analysis.fast_retransmission',
    'duplicate ack': 'tcp.analysis.duplicate_ack',
    'zero window': 'tcp.analysis.zero_window',
    'window update': 'tcp.analysis.window_update',
    'keep-alive': 'tcp.analysis.keep_alive',
  } as const;

  /** Reads a capture with every checksum checked; port 12000 has a dissector of its own that would try the text. */
  function tshark(file: Uint8Array, ...args: string[]): string {
    const directory = mkdtempSync(join(tmpdir(), 'portico-scenario-'));
    try {
      const path = join(directory, 'run.pcapng');
      writeFileSync(path, file);
      const checks = ['ip', 'udp', 'tcp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
      const plain = ['udp', 'tcp'].flatMap((protocol) => ['-d', `${protocol}.port==12000,data`]);
      const { stdout, status } = spawnSync('tshark', ['-r', path, ...checks, ...plain, ...args], {
        encoding: 'utf8',
      });
      expect(status).toBe(0);
      return stdout;
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  /** What Wireshark must not say of a packet: anything of the first field, and that a checksum is bad, which is 0. */
  const WRONG = ['_ws.malformed', 'ip.checksum.status', 'udp.checksum.status', 'tcp.checksum.status'];
  const isWrong = (cell: string, index: number) =>
    index === 0 ? cell !== '' : cell.split(',').includes('0');

  /** What Wireshark says of each packet at one end of a wire, read once. */
  function seenBy(file: Uint8Array): { source: string; isTcp: boolean; wrong: string[]; label: string }[] {
    const fields = ['ip.src', 'tcp.srcport', ...WRONG, ...Object.values(LABELS)];
    const rows = tshark(file, '-T', 'fields', ...fields.flatMap((field) => ['-e', field]));
    return rows
      .split('\n')
      .slice(0, -1)
      .map((row) => {
        const [source = '', port = '', ...cells] = row.split('\t');
        const wrong = WRONG.filter((_, index) => isWrong(cells[index] ?? '', index));
        const given = Object.keys(LABELS).filter((_, index) => cells[WRONG.length + index] !== '');
        // Wireshark calls a fast retransmission a retransmission, too
        const label = given.filter(
          (one) => !(one === 'retransmission' && given.includes('fast retransmission')),
        );
        return { source, isTcp: port !== '', wrong, label: label.join(' ') };
      });
  }

  it.each(names)(
    '%s, %s: nothing malformed, no bad checksum, and what a host sends has the labels that Wireshark gives it',
    async (name, variant) => {
      const { sim, wires } = await played(name, variant);
      const labels = new Map<unknown, string>();
      for (const { kind, event } of trace(sim).events.filter((one) => one.kind === 'tcp'))
        if (kind === 'tcp' && event.kind === 'label') labels.set(event.segment, event.label);
      for (const wire of wires) {
        for (const host of wire.ends) {
          const file = sim.pcap(wire, host);
          expect(file.length).toBeGreaterThan(200);
          if (!isThere) continue;
          const theirs = seenBy(file);
          expect(theirs.flatMap(({ wrong }) => wrong)).toEqual([]);
          const ours = trace(sim).events.flatMap((event) => {
            if (event.kind !== 'sent' || event.link !== wire.name || event.host !== host.name) return [];
            const { payload } = event.packet;
            return payload.protocol === 'tcp' ? [labels.get(payload.segment) ?? ''] : [];
          });
          const sent = theirs.filter(({ source, isTcp }) => isTcp && source === host.ip);
          expect({ host: host.name, labels: sent.map(({ label }) => label) }).toEqual({
            host: host.name,
            labels: ours,
          });
        }
      }
    },
  );

  it('there is a tshark to ask', (context) => {
    if (!isThere) context.skip('there is no tshark on this host: the captures were written and not judged');
  });
});
