import { describe, expect, test } from 'vitest';
import { runLoad } from '../../src/load/run.ts';
import { LoadServer, needsNative, specFor } from './server.ts';

const KINDS = [
  { transport: 'udp', native: true },
  { transport: 'tcp', native: true },
  { transport: 'udp', native: false },
  { transport: 'tcp', native: false },
] as const;

describe.each(KINDS)('a load over $transport, native: $native,', ({ transport, native }) => {
  test('counts what the server answered', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start(transport);
    const report = await runLoad(specFor(server, { transport, native }));
    const { answered } = await server.end();
    expect(report).toMatchObject({ generator: native ? 'linux' : 'sockets', lost: 0, wrong: 0, errors: 0 });
    expect(report.messages).toBeGreaterThan(100);
    expect(report.bytes).toBe(64 * report.messages);
    expect(report.rate).toBeCloseTo(report.messages / report.seconds, 5);
    expect(report.latencyUs?.samples).toBe(report.messages);
    // what was in flight at the end has no answer; over TCP the server counts reads, which may hold several messages
    if (transport === 'udp') expect(answered - report.messages).toBeLessThanOrEqual(16);
  });

  test('ends after a count', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start(transport);
    const report = await runLoad(specFor(server, { transport, native, count: 50, measureMs: 60_000 }));
    expect(report.messages).toBeGreaterThanOrEqual(50);
    // what was in flight comes on top; the public sockets are asked once a turn, and a turn is long on a busy machine
    expect(report.messages).toBeLessThan(50 + (native ? 64 : 2000));
    expect(report.seconds).toBeLessThan(30);
  });

  test('notices answers with the wrong bytes', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start(transport, 'echoes');
    const report = await runLoad(specFor(server, { transport, native }));
    expect(report.wrong).toBeGreaterThan(0);
    await using other = await LoadServer.start(transport, 'echoes');
    const good = await runLoad(specFor(other, { transport, native, answer: 'echo' }));
    expect(good.wrong).toBe(0);
    expect(good.messages).toBeGreaterThan(0);
  });

  test('keeps to a rate in an open loop', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start(transport);
    const report = await runLoad(
      specFor(server, { transport, native, rate: 500, warmUpMs: 200, measureMs: 1000 }),
    );
    expect(report.rate).toBeGreaterThan(400);
    expect(report.rate).toBeLessThan(600);
  });

  test('shows in an open loop how long a stalled server kept everybody waiting', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start(transport, 'stalls');
    const open = await runLoad(specFor(server, { transport, native, rate: 1000, measureMs: 1500 }));
    expect(open.lost).toBe(0);
    expect(open.latencyUs?.p999).toBeGreaterThan(250_000);
    // 300 of 1,500 messages were due while it stalled
    expect(open.latencyUs?.p99).toBeGreaterThan(200_000);
  });
});

describe.each([{ native: true }, { native: false }])('native: $native:', ({ native }) => {
  test('a closed loop hardly sees a stall, which is why there is an open one', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start('tcp', 'stalls');
    const closed = await runLoad(
      specFor(server, { transport: 'tcp', native, connections: 1, window: 1, measureMs: 1500 }),
    );
    expect(closed.latencyUs?.max).toBeGreaterThan(250_000);
    expect(closed.latencyUs?.p99).toBeLessThan(100_000);
  });

  test('lost datagrams are counted and sent again, and never stop a client', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start('udp', 'loses');
    const report = await runLoad(specFor(server, { transport: 'udp', native, measureMs: 1000 }));
    const { answered } = await server.end();
    expect(report.lost).toBeGreaterThan(4);
    expect(report.wrong).toBe(0);
    // every client goes on after its window was lost: far more than 16 windows of ten
    expect(report.messages).toBeGreaterThan(200);
    expect(report.messages).toBeLessThanOrEqual(answered - Math.floor(answered / 10));
  });

  test('answers of the wrong length are wrong, each of them', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start('udp', 'shortens');
    const report = await runLoad(specFor(server, { transport: 'udp', native }));
    expect(report.messages).toBe(0);
    expect(report.wrong).toBeGreaterThanOrEqual(16);
    expect(report.latencyUs).toBeUndefined();
  });

  test('an answer that comes twice counts once', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start('udp', 'doubles');
    const report = await runLoad(specFor(server, { transport: 'udp', native }));
    const { answered } = await server.end();
    expect(report.messages).toBeLessThanOrEqual(answered);
    expect(report.late).toBeGreaterThan(0);
    expect(report.wrong).toBe(0);
  });

  test('a server that hangs up on all ends the load', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start('tcp', 'hangs-up');
    await expect(
      runLoad(specFor(server, { transport: 'tcp', native, measureMs: 5000 })),
    ).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
  });

  test('nobody listens: TCP fails, UDP counts what was refused and lost', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start('tcp');
    await server.end();
    await expect(runLoad(specFor(server, { transport: 'tcp', native }))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    const report = await runLoad(specFor(server, { transport: 'udp', native, measureMs: 600 }));
    expect(report.messages).toBe(0);
    expect(report.lost).toBeGreaterThanOrEqual(16);
    expect(report.errors).toBeGreaterThan(0);
  });
});
