/** What the lab shows is a function of the run and the time, and a run a function of its address. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/lab/model/change.ts';
import { faultOf, formatChanges, parseChanges } from '../../src/lab/model/change.ts';
import { receivedAt, recordComparison } from '../../src/lab/model/compare.ts';
import { bothTransports, namesOf, pairOf, readPair, writePair } from '../../src/lab/model/pair.ts';
import type { Recording } from '../../src/lab/model/recording.ts';
import { record } from '../../src/lab/model/recording.ts';
import type { Setup } from '../../src/lab/model/setup.ts';
import { INPUT_MAX, readSetup, setupOf, writeSetup } from '../../src/lab/model/setup.ts';
import { stepped } from '../../src/lab/model/timescale.ts';
import { viewAt } from '../../src/lab/model/view.ts';
import { ladderOf } from '../../src/lab/view/ladder-layout.ts';
import { play, scenarios } from '../../src/scenarios/index.ts';
import { trace } from '../../src/sim/index.ts';

const variants = scenarios.flatMap((scenario) =>
  scenario.variants.map((variant) => ({ scenario, variant, name: `${scenario.name}, ${variant.name}` })),
);

const host = fc.constantFrom('client', 'server', 'A', 'new1');
/** Changes of the first seconds, most of which meet something. */
const atUs = fc.nat({ max: 3_000_000 });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('drop' as const, 'duplicate' as const, 'reorder' as const, 'corrupt' as const),
    from: host,
    to: host,
    number: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({ kind: fc.constantFrom('crash' as const, 'restart' as const), host, atUs }),
  fc.record({
    kind: fc.constant('link' as const),
    atUs,
    delayMs: fc.nat({ max: 10_000 }),
    loss: fc.nat({ max: 100 }),
    kbps: fc.nat(),
  }),
  fc.record({ kind: fc.constant('client' as const), atUs }),
);

describe('an address', () => {
  it('gives back the changes that were written into it', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        expect(parseChanges(formatChanges(changes))).toEqual(changes);
      }),
    );
  });

  it('gives back the set-up and the time', () => {
    const setup = {
      ...setupOf('tcp-loss', 'fast-retransmit'),
      seed: 7,
      profile: 'rfc' as const,
      input: 'a & b = ü',
      changes: [{ kind: 'drop' as const, from: 'server', to: 'client', number: 4 }],
    };
    expect(readSetup(writeSetup(setup, 1234))).toEqual({ setup, timeUs: 1234, lack: '' });
  });

  it.each([
    ['?scenario=8b', 'backlog', 'ack-dropped'],
    ['?scenario=4', 'tcp-handshake', 'before-and-after'],
    ['?scenario=nothing&variant=none', 'udp-echo', 'echo'],
    ['', 'udp-echo', 'echo'],
  ])('%j is %s, %s', (query, scenario, variant) => {
    expect(readSetup(query).setup).toMatchObject({ scenario, variant });
  });

  it('says how many of its changes can’t be made', () => {
    const lack = (changes: string) => readSetup(`?changes=${changes}`).lack;
    expect(lack('')).toBe('');
    expect(lack('client-1,crash-server-5')).toBe('');
    expect(lack('drop-4')).toMatch(/^A change/);
    expect(lack('drop-4,client-1,,fly')).toMatch(/^3 changes/);
    expect(lack(Array(120).fill('client-1').join())).toMatch(/^20 changes/);
  });

  it.each([
    'drop',
    'drop-x',
    'drop-1',
    'drop-a-b-x',
    'crash-server',
    'link-1-2-3',
    'link-1-2-300-0',
    'fly-1',
    '',
  ])('leaves out the change %j', (text) => expect(parseChanges(text)).toEqual([]));
});

describe.each(variants)('$name', ({ scenario, variant }) => {
  const recorded = record(setupOf(scenario.name, variant.name));

  it('is the run of the command line: watching it changes nothing', async () => {
    const { sim } = await play(scenario, { variant: variant.name });
    expect((await recorded).hash).toBe(trace(sim).hash);
  });

  it.each(['linux', 'rfc'] as const)(
    'tells every sentence of its story at a moment of its own: %s',
    async (profile) => {
      const { cues, moments } = await record({ ...setupOf(scenario.name, variant.name), profile });
      const { captions } = variant;
      // by the books nobody has a cookie
      const told = profile === 'rfc' && variant.name === 'cookies' ? captions.slice(0, 2) : captions;
      expect(cues.map(({ text }) => text)).toEqual(told);
      const places = cues.map(({ timeUs }) => moments.findIndex((moment) => moment >= timeUs));
      expect(places).not.toContain(-1);
      expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
    },
  );

  it('marks the line of each call', async () => {
    const { programs, events } = await recorded;
    for (const { host, name, steps, lines } of programs) {
      const calls = events.filter(
        (event) =>
          event.kind === 'call' &&
          event.host === host &&
          event.program === name &&
          // asked within the call that needs the address
          event.syscall !== 'getaddrinfo',
      );
      expect(steps.filter(({ isReturn }) => !isReturn).length).toBe(calls.length);
      for (const { line, syscall } of steps) expect(lines[line]).toMatch(CALLED[syscall] ?? `${syscall}(`);
    }
  });

  it('has a row for the socket that each packet was found to be for', async () => {
    const { flights } = await recorded;
    for (const { match, sourcePort, destinationPort } of flights) {
      if (!match) continue;
      expect(match.local).toMatch(new RegExp(`:${destinationPort}$`));
      if (match.protocol === 'tcp' && match.state !== 'LISTEN')
        expect(match.peer).toMatch(new RegExp(`:${sourcePort}$`));
    }
    const lost = flights.filter(({ match, fate }) => !match && fate === 'arrives').map(({ title }) => title);
    // nobody listens yet
    expect(lost).toEqual(variant.name === 'before-and-after' ? ['SYN'] : []);
  });
});

describe('what is told', () => {
  const texts = async (name: string, changes: readonly Change[] = []) =>
    (await record({ ...setupOf(name), changes })).entries.map(({ text }) => text);
  const crashed = [
    { kind: 'crash' as const, host: 'server', atUs: 10_000 },
    { kind: 'restart' as const, host: 'server', atUs: 25_100 },
  ];

  it('of the half-close is what the tables say then', async () => {
    const recording = await record(setupOf('close'));
    const { timeUs = 0 } = recording.cues.find(({ text }) => text.includes('FIN_WAIT_2')) ?? {};
    const states = viewAt(recording, timeUs).hosts.flatMap(({ rows }) => rows.map(({ state }) => state));
    expect(states.toSorted()).toEqual(['CLOSE-WAIT', 'FIN-WAIT-2', 'LISTEN']);
  });

  it('of the SYN-ACK that came twice is that connect() has returned, not that one was thrown away', async () => {
    const recording = await record(setupOf('tcp-handshake', 'syn-ack-lost'));
    const { timeUs = 0 } = recording.entries.find(({ kind }) => kind === 'refused') ?? {};
    expect(viewAt(recording, timeUs).news?.text).toMatch(/^client prints: connected after 1050/);
  });

  it.each([
    { of: 'the first datagram', scenario: 'udp-reorder', change: 'drop-client-server-1', told: 0 },
    { of: 'the second datagram', scenario: 'udp-reorder', change: 'corrupt-client-server-2', told: 1 },
    { of: 'the next client', scenario: 'backlog', change: 'client-200000', told: 1 },
    { of: 'a segment that is not sent', scenario: 'backlog', change: 'drop-client-server-999', told: 5 },
  ])(
    'of a run with another fate of $of is its story until then',
    async ({ scenario, change: text, told }) => {
      const { cues: whole } = await record(setupOf(scenario));
      const { cues, moments } = await record({ ...setupOf(scenario), changes: parseChanges(text) });
      expect(cues.slice(0, told)).toEqual(whole.slice(0, told));
      expect(cues.slice(told).map((cue) => cue.text)).toEqual(
        told === whole.length ? [] : [expect.stringMatching(/^Here the run was changed/)],
      );
      expect(moments.some((moment) => moment >= (cues.at(-1)?.timeUs ?? 0))).toBe(true);
    },
  );

  it('of a reboot is not told before it', async () => {
    const { cues } = await record(setupOf('reset', 'reboot'));
    expect(cues.find(({ text }) => text.includes('crashes'))?.timeUs).toBe(300_000);
  });

  it('of a name is the address that it was looked up for', async () => {
    expect(await texts('udp-echo')).toContain('getaddrinfo() on client returns 10.0.0.2');
  });

  it('of a welcome socket is never that it becomes another', async () => {
    const told = (await texts('welcome-socket')).filter((text) =>
      /^server: .*(LISTEN|SYN_RECEIVED)/.test(text),
    );
    expect(told.slice(0, 2)).toEqual([
      'server: CLOSED becomes LISTEN',
      'server: a new connection is in SYN_RECEIVED',
    ]);
    expect(told.join()).not.toContain('LISTEN becomes');
    expect(await texts('close')).toContain('server: LISTEN becomes CLOSED');
  });

  it('of a host is a sentence, and only a crash has a cross', async () => {
    const told = await texts('udp-echo', crashed);
    expect(told).toContain('✕ server crashes');
    expect(told).toContain('server starts again');
  });

  it('of a probe is that it arrives, for it is answered', async () => {
    const { flights } = await record(setupOf('slow-reader'));
    const probes = flights.filter(({ title }) => title === 'probe');
    expect(probes.length).toBeGreaterThan(2);
    for (const { fate } of probes) expect(fate).toBe('arrives');
  });

  it('of a datagram whose socket is closed as soon as it was received is that socket', async () => {
    expect(await texts('udp-echo')).toContainEqual(
      expect.stringMatching(/^“HELLO” arrives at client, for the UDP socket :\d+$/),
    );
  });

  it('of what nobody has a port for is the name that ICMP has for it', async () => {
    const told = await texts('udp-echo', [
      { kind: 'crash', host: 'client', atUs: 30_000 },
      { kind: 'restart', host: 'client', atUs: 40_000 },
    ]);
    expect(told.join('\n')).toContain('ICMP port unreachable');
  });

  it('of an overtaken datagram is an arrival of its own', async () => {
    const { flights } = await record(setupOf('udp-reorder'));
    const times = flights.map(({ endUs }) => endUs);
    expect(new Set(times).size).toBe(times.length);
  });
});

const CALLED: Readonly<Record<string, RegExp>> = { recv: /recv\(|for await/, send: /send(all)?\(/ };

describe('the view', () => {
  it('is the same at a time, whatever was looked at before', async () => {
    const [one, other] = [await record(setupOf('tcp-loss')), await record(setupOf('tcp-loss'))];
    const forth = one.moments.map((time) => JSON.stringify(viewAt(one, time)));
    const back = other.moments.toReversed().map((time) => JSON.stringify(viewAt(other, time)));
    expect(back.toReversed()).toEqual(forth);
  });

  it('forgets the calls of a host that crashed, and follows its program from the first line again', async () => {
    const recording = await record(setupOf('reset', 'reboot'));
    const at = (timeUs: number) => {
      const server = viewAt(recording, timeUs).hosts.find(({ isServer }) => isServer);
      const [program] = server?.programs ?? [];
      return { waits: program?.waits, lines: program?.marks.map(({ line }) => program.lines[line]?.trim()) };
    };
    expect(at(299_999).waits).toBe('recv()');
    expect(at(300_000)).toEqual({ waits: undefined, lines: [] });
    expect(at(recording.endUs)).toEqual({
      waits: 'accept()',
      lines: ['const [connectionSocket] = await welcomeSocket.accept();'],
    });
  });

  it('marks a call of a loop in the loop, when it comes round', async () => {
    const { programs } = await record(setupOf('close', 'rebind'));
    const [{ lines, steps } = { lines: [], steps: [] }] = programs.filter(({ host }) => host === 'server');
    const callers = steps.flatMap(({ syscall, isReturn, line }) =>
      syscall === 'bind' && !isReturn ? [/\w+(?=\.bind)/.exec(lines[line] ?? '')?.[0]] : [],
    );
    expect(callers).toEqual(['welcomeSocket', 'again', 'again']);
  });

  it('shows the three ESTAB rows and the welcome socket of the notes', async () => {
    const recording = await record(setupOf('welcome-socket'));
    const server = viewAt(recording, 160_000).hosts.find(({ isServer }) => isServer);
    expect(server?.rows.map(({ state }) => state)).toEqual(['LISTEN', 'ESTAB', 'ESTAB', 'ESTAB']);
  });

  it('shows a loss for longer than an arrival', async () => {
    const recording = await record(setupOf('udp-loss'));
    const soonUs = 20_000;
    for (const fate of ['arrives', 'lost'] as const) {
      const flight = recording.flights.find((one) => one.fate === fate);
      const { flights } = viewAt(recording, (flight?.endUs ?? 0) + soonUs);
      expect(flights.some((seen) => seen.flight === flight)).toBe(fate === 'lost');
    }
  });
});

describe('the ladder', () => {
  // a hundred connections have more states at a time than there is room for
  const quiet = variants.filter(({ scenario }) => scenario.name !== 'hundred-clients');

  it.each(quiet)('has each state that a connection goes into: $name', async ({ scenario, variant }) => {
    const recording = await record(setupOf(scenario.name, variant.name));
    for (const { breadth, isDown } of [
      { breadth: 240, isDown: false },
      { breadth: 380, isDown: true },
    ]) {
      const { states } = ladderOf(recording, breadth, isDown);
      // two connections may go into the same one, a moment apart
      const missing = recording.states.filter(
        ({ timeUs, to }) =>
          !states.some((state) => state.text === to && Math.abs(state.timeUs - timeUs) < 2_000),
      );
      expect(missing).toEqual([]);
    }
  });

  it('has no rail through the words of a wait, whatever the number of clients', async () => {
    for (const count of [0, 1, 4, 9]) {
      const changes = Array.from({ length: count }, () => ({ kind: 'client' as const, atUs: 10_000 }));
      const recording = await record({ ...setupOf('welcome-socket'), changes });
      for (const breadth of [160, 200, 240]) {
        const { rails, breaks } = ladderOf(recording, breadth, false);
        const words = breaks.flatMap(({ label }) => label ?? []);
        expect(words.length).toBeGreaterThan(0);
        for (const { y } of words)
          for (const rail of rails.values()) expect(rail < y - 10 || rail > y + 3).toBe(true);
      }
    }
  });

  it('has no arrow through the words of another, where there is room', async () => {
    for (const [name, variant] of [
      ['udp-echo', 'echo'],
      ['udp-reorder', 'two-one-one-three'],
      ['tcp-handshake', 'before-and-after'],
      ['tcp-handshake', 'syn-lost'],
      ['close', 'half-close'],
    ] as const) {
      const recording = await record(setupOf(name, variant));
      for (const [breadth, isDown] of [
        [195, false],
        [380, true],
      ] as const) {
        const { arrows } = ladderOf(recording, breadth, isDown, 900);
        const labels = arrows.flatMap(({ label }) => label ?? []);
        expect(labels.length).toBeGreaterThan(1);
        for (const { text, x, y } of labels)
          for (const { from, to } of arrows) {
            // the middle line of the letters, cut a little at both ends
            const across = Array.from({ length: 20 }, (_, at) => x + 3 + (at / 19) * (text.length * 6 - 6));
            const side = (px: number) =>
              Math.sign((to.x - from.x) * (y - 4 - from.y) - (to.y - from.y) * (px - from.x));
            const isBeside = y - 4 < Math.min(from.y, to.y) || y - 4 > Math.max(from.y, to.y);
            expect(isBeside || new Set(across.map(side)).size === 1, `${name} ${isDown}: ${text}`).toBe(true);
          }
      }
    }
  });

  it('has the words of a timer behind the arrow that it waits for', async () => {
    const recording = await record(setupOf('tcp-handshake', 'syn-ack-lost'));
    const { arrows, timeouts } = ladderOf(recording, 120, false);
    expect(timeouts.length).toBeGreaterThan(0);
    for (const { fromUs, across, label } of timeouts) {
      const sent = arrows.find(({ flight, from }) => flight.sentUs === fromUs && from.y === across);
      if (!label || !sent) throw new Error('no words or no arrow');
      // where the arrow is at the height of the words
      const part = Math.abs((label.y - 4 - across) / (sent.to.y - sent.from.y));
      expect(label.x).toBeGreaterThan(sent.from.x + (sent.to.x - sent.from.x) * part);
    }
  });

  it('has the clients above the server, however low it is', async () => {
    const recording = await record(setupOf('welcome-socket'));
    for (const breadth of [1, 20, 60, 120]) {
      const rails = [...ladderOf(recording, breadth, false).rails.values()];
      expect(rails).toEqual([...new Set(rails)].sort((a, b) => a - b));
    }
  });
});

describe('a change', () => {
  const changed = (name: string, ...changes: readonly Change[]): Promise<Recording> =>
    record({ ...setupOf(name), changes });
  const first = { from: 'client', to: 'server', number: 1 };
  const upTo = ({ events }: Recording, timeUs: number) =>
    JSON.stringify(
      events.filter((event) => event.timeUs < timeUs).map(({ kind, host, timeUs: at }) => [kind, host, at]),
    );

  it('drop loses the packet, and nothing before it is another', async () => {
    const before = await record(setupOf('tcp-handshake', 'syn-ack-lost'));
    const data = before.flights.find(({ kind }) => kind === 'data');
    if (!data) throw new Error('no data');
    const setup = setupOf('tcp-handshake', 'syn-ack-lost');
    const after = await record({ ...setup, changes: [faultOf('drop', data)] });
    expect(after.flights.find(({ title }) => title === data.title)?.fate).toBe('lost');
    expect(after.flights.some(({ isAgain, title }) => isAgain && title === data.title)).toBe(true);
    expect(upTo(after, data.sentUs)).toBe(upTo(before, data.sentUs));
    expect(after.hash).not.toBe(before.hash);
  });

  it('drop of the only datagram leaves the client waiting, and the page says so', async () => {
    const { flights, end } = await changed('udp-echo', { kind: 'drop', ...first });
    expect(flights.map(({ fate }) => fate)).toEqual(['lost']);
    expect(end).toBe('idle');
  });

  it('that lets a run go on for ever is told from the beginning, as far as it is kept', async () => {
    // the one that is not accepted asks for room again and again, and is answered
    const { events, entries, end } = await changed(
      'slow-reader',
      { kind: 'drop', ...first },
      { kind: 'client', atUs: 0 },
    );
    expect(end).toBe('full');
    expect(events.length).toBeLessThan(51_000);
    expect(entries[0]?.text).toBe('TCPServer on server starts');
  });

  it('duplicate brings a copy', async () => {
    const { flights } = await changed('udp-echo', { kind: 'duplicate', ...first });
    expect(flights.filter(({ isCopy }) => isCopy).length).toBe(1);
  });

  it('corrupt is thrown away by the checksum', async () => {
    const { flights } = await changed('udp-echo', { kind: 'corrupt', ...first });
    expect(flights[0]).toMatchObject({ fate: 'refused' });
  });

  it('reorder lets the next one overtake', async () => {
    const before = await record(setupOf('udp-reorder'));
    const third = before.flights.find(({ title }) => title === '“2”');
    if (!third) throw new Error('no third');
    const { flights } = await changed('udp-reorder', faultOf('reorder', third));
    expect(flights.find(({ title }) => title === '“2”')?.endPlace).toBeGreaterThan(
      flights.find(({ title }) => title === '“3”')?.endPlace ?? 0,
    );
  });

  it('crash takes the host down from then on', async () => {
    const recording = await changed('welcome-socket', { kind: 'crash', host: 'server', atUs: 100_000 });
    const isUp = (time: number) => viewAt(recording, time).hosts.find(({ isServer }) => isServer)?.isUp;
    expect([isUp(99_000), isUp(recording.endUs)]).toEqual([true, false]);
  });

  // a hundred connections to each client that is added
  const few = variants.filter(({ scenario }) => scenario.name !== 'hundred-clients');
  const changedSetup = fc.record({
    start: fc.constantFrom(...few.map(({ scenario, variant }) => setupOf(scenario.name, variant.name))),
    profile: fc.constantFrom('linux' as const, 'rfc' as const),
    input: fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme', maxLength: INPUT_MAX })),
    changes: fc.array(change, { minLength: 1, maxLength: 4 }),
  });

  it('of any kind, at any line, plays the same run again, and tells its story as long as it is one', async () => {
    await fc.assert(
      fc.asyncProperty(changedSetup, async ({ start, ...rest }) => {
        const setup = { ...start, ...rest };
        const { hash, entries, cues, moments } = await record(setup);
        expect((await record(setup)).hash).toBe(hash);
        for (const { kind, text } of entries)
          if (kind !== 'prints') expect(text).not.toMatch(/undefined|NaN|\[object/);
        const { cues: whole } = await record({ ...setup, changes: [] });
        const told = whole.filter(({ text }, index) => cues[index]?.text === text).length;
        expect(cues.slice(told).map(({ text }) => text)).toEqual(
          told === cues.length ? [] : [expect.stringMatching(/^Here the run was changed/)],
        );
        for (const moment of moments.slice(1))
          expect(stepped(moments, stepped(moments, moment, -1), 1)).toBe(moment);
      }),
      { numRuns: 60 },
    );
  });

  it('link makes packets slower from then on', async () => {
    const { flights } = await changed('udp-echo', {
      kind: 'link',
      atUs: 10_000,
      delayMs: 300,
      loss: 0,
      kbps: 0,
    });
    expect(flights.map(({ sentUs, endUs }) => Math.round((endUs - sentUs) / 1000))).toEqual([25, 300]);
  });

  it('client adds a host that is served too', async () => {
    const { entries } = await changed('udp-echo', { kind: 'client', atUs: 10_000 });
    expect(entries.filter(({ kind }) => kind === 'prints').map(({ host }) => host)).toEqual([
      'client',
      'new1',
    ]);
  });

  it('is about the packets of a client that was added, too', async () => {
    const added = { kind: 'client' as const, atUs: 10_000 };
    const prints = async (...changes: readonly Change[]) => {
      const { entries } = await changed('udp-echo', added, ...changes);
      return entries.filter(({ kind }) => kind === 'prints').map(({ host }) => host);
    };
    expect(await prints({ kind: 'drop', from: 'new1', to: 'server', number: 1 })).toEqual(['client']);
    expect(await prints({ kind: 'drop', from: 'server', to: 'new1', number: 1 })).toEqual(['client']);
    expect(await prints({ kind: 'link', atUs: 5000, delayMs: 25, loss: 100, kbps: 0 })).toEqual([]);
  });

  it('names the same packet when a client is added before it', async () => {
    const lostBy = async (...changes: readonly Change[]) => {
      const { flights } = await changed('welcome-socket', ...changes);
      return flights.filter(({ fate }) => fate === 'lost').map(({ from, to, title }) => [from, to, title]);
    };
    const drop = { kind: 'drop' as const, from: 'server', to: 'C', number: 2 };
    const lost = await lostBy(drop);
    expect(lost).toHaveLength(1);
    expect(await lostBy(drop, { kind: 'client', atUs: 0 })).toEqual(lost);
  });

  it('link without a rate takes the limit away', async () => {
    const link = { kind: 'link' as const, delayMs: 25, loss: 0 };
    const times = async (...changes: readonly Change[]) =>
      (await changed('udp-echo', ...changes)).flights.map(({ sentUs, endUs }) => endUs - sentUs);
    const slow = { ...link, atUs: 0, kbps: 1 };
    expect(await times(slow)).toEqual([289_000, 289_000]);
    expect(await times(slow, { ...link, atUs: 200_000, kbps: 0 })).toEqual([289_000, 25_000]);
  });

  it('an empty line leaves the programs of TCP waiting, and is shown all the same', async () => {
    const { entries, end } = await record({ ...setupOf('tcp-handshake', 'syn-lost'), input: '' });
    expect(end).toBe('idle');
    expect(entries.at(-1)?.text).toBe('server calls recv()');
  });

  it('a typed line is what the program sends', async () => {
    const { entries } = await record({ ...setupOf('udp-echo'), input: 'good evening' });
    expect(entries.find(({ kind }) => kind === 'prints')?.text).toMatch(/GOOD EVENING/);
  });
});

it('compare: UDP loses two of ten, TCP none and keeps the order, for twenty seeds', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { left: udp, right: tcp, endUs } = await recordComparison(bothTransports(seed));
    expect(receivedAt(udp, endUs)).toMatch(/^\d{8}$/);
    expect(receivedAt(tcp, endUs)).toBe('0123456789');
    const lost = ({ flights }: Recording) => flights.filter(({ fate }) => fate === 'lost').length;
    expect([lost(udp), lost(tcp)]).toEqual([2, 2]);
  }
});

describe('a pair', () => {
  const lossy = setupOf('udp-loss');
  const named = (setup: Setup) => namesOf(pairOf(setup));

  it('is a run and the same without its changes, the next variant, or the next seed', () => {
    const changed = {
      ...lossy,
      changes: [{ kind: 'drop', from: 'client', to: 'server', number: 1 } as const],
    };
    expect(pairOf(changed)).toEqual({ left: changed, right: lossy });
    expect(named(changed)).toEqual(['changed', 'unchanged']);
    expect(named(setupOf('hundred-clients'))).toEqual(['one request at a time', 'eight requests at a time']);
    const alone = scenarios.find(({ variants }) => variants.length === 1);
    expect(alone && named(setupOf(alone.name))).toEqual(['seed 1', 'seed 2']);
  });

  it('is the same after it was written into an address', () => {
    for (const setup of scenarios.map(({ name }) => setupOf(name))) {
      const pair = pairOf({ ...setup, seed: 7, profile: 'rfc' });
      expect(readPair(writePair(pair, 1234))).toEqual({ pair, timeUs: 1234 });
    }
    expect(readPair(writePair(bothTransports(9), 0))).toEqual({ pair: bothTransports(9), timeUs: undefined });
  });
});
