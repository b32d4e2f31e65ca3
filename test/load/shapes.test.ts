import { createSocket } from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { runLoad } from '../../src/load/run.ts';
import { LoadServer, needsNative, specFor } from './server.ts';

describe.each([{ native: true }, { native: false }])('native: $native:', ({ native }) => {
  test('burst: every datagram of every burst is answered', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start('udp');
    const report = await runLoad(
      specFor(server, { transport: 'udp', native, shape: 'burst', connections: 1, window: 32 }),
    );
    const { answered } = await server.end();
    expect(report).toMatchObject({ wrong: 0, lost: 0 });
    expect(report.messages).toBeGreaterThan(100);
    expect(answered - report.messages).toBeLessThanOrEqual(16 * 32);
  });

  test('connect: a connection for each request', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start('tcp');
    const report = await runLoad(
      specFor(server, { transport: 'tcp', native, shape: 'connect', lines: true }),
    );
    const { opened } = await server.end();
    expect(report.wrong + report.errors).toBe(0);
    expect(report.messages).toBeGreaterThan(20);
    expect(opened - report.messages).toBeLessThanOrEqual(5);
    expect(opened).toBeGreaterThanOrEqual(report.messages);
  });

  test('idle: holds as many connections as were asked for', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start('tcp');
    await runLoad(
      specFor(server, { transport: 'tcp', native, shape: 'idle', connections: 200, measureMs: 100 }),
    );
    expect((await server.end()).opened).toBe(200);
  });

  test('flood: sends, and the server gets no more than that', async (context) => {
    needsNative(context, native);
    await using server = await LoadServer.start('udp');
    const report = await runLoad(
      specFor(server, { transport: 'udp', native, shape: 'flood', connections: 1 }),
    );
    const { answered } = await server.end();
    expect(answered).toBeGreaterThan(0);
    expect(report.messages).toBeGreaterThanOrEqual(answered);
    expect(report.bytes).toBe(64 * report.messages);
  });

  test('source and sink: count bytes', async (context) => {
    needsNative(context, native);
    await using reads = await LoadServer.start('tcp', 'reads');
    const source = await runLoad(
      specFor(reads, { transport: 'tcp', native, shape: 'source', connections: 1, bytes: 65_536 }),
    );
    const { answered } = await reads.end();
    expect(answered).toBeGreaterThan(65_536);
    expect(source.bytes).toBeGreaterThan(65_536);
    await using writes = await LoadServer.start('tcp', 'writes');
    const sink = await runLoad(
      specFor(writes, { transport: 'tcp', native, shape: 'sink', connections: 1, bytes: 65_536 }),
    );
    expect(sink.bytes).toBeGreaterThan(65_536);
    expect(sink.messages).toBe(Math.floor(sink.bytes / 65_536));
  });
});

test('drain: reads what comes, at the port that it says', async () => {
  const sender = createSocket('udp4');
  let timer: NodeJS.Timeout | undefined;
  const report = await runLoad(
    {
      transport: 'udp',
      shape: 'drain',
      host: '127.0.0.1',
      port: 0,
      connections: 1,
      window: 1,
      bytes: 64,
      native: false,
      warmUpMs: 0,
      measureMs: 400,
    },
    { onReady: (port) => (timer = setInterval(() => sender.send(new Uint8Array(10), port, '127.0.0.1'), 5)) },
  );
  clearInterval(timer);
  sender.close();
  expect(report.messages).toBeGreaterThan(5);
  expect(report.bytes).toBe(10 * report.messages);
});
