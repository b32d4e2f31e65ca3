import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonLines, run } from './program.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'portico-cli-sim-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('portico sim', () => {
  test('--list names thirteen scenarios', async () => {
    const { code, stdout } = await run(['sim', '--list']);
    expect(stdout.trim().split('\n').length).toBe(13);
    expect(stdout).toMatch(/^tcp-loss {2,}TCP: loss and retransmission {2}\(timeout, fast-retransmit\)$/m);
    expect(code).toBe(0);
  });

  test('draws the segments, the sockets, and what the programs printed', async () => {
    const { code, stdout, stderr } = await run(['sim', 'tcp-handshake']);
    expect(stdout).toMatch(/^ +0\.000 {3}│─── S seq=0 ─+▶│ {3}25\.000$/m);
    expect(stdout).toMatch(/^ +25\.000 {3}│◀─── RA seq=0 ack=1 ─+│ {3}50\.000$/m);
    expect(stdout).toMatch(/TCPClient on client: attempt 1: ECONNREFUSED after 50\.0 ms/);
    expect(stdout).toMatch(/TIME-WAIT +0 +0 10\.0\.0\.1:\d+ +10\.0\.0\.2:12000/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('a lost packet ends in ✕', async () => {
    const { stdout } = await run(['sim', 'tcp-loss']);
    expect(stdout).toMatch(/PA seq=1 ack=1 len=5 ─+✕ +│ {3}lost$/m);
    expect(stdout).toMatch(/len=5 \[retransmission\] ─*▶│/);
  });

  test('the JSON has a hash: the same for the same seed, another for another', async () => {
    const hashes = [];
    for (const seed of ['3', '3', '4']) {
      const [value] = jsonLines((await run(['sim', 'udp-loss', '--seed', seed, '--json'])).stdout);
      expect(value).toMatchObject({ scenario: 'udp-loss', seed: Number(seed), trace: { version: 1 } });
      hashes.push(value?.hash);
    }
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
    expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
  });

  test('--loss loses more, and the programs go on as they can', async () => {
    const { code, stdout } = await run(['sim', 'tcp-handshake', '--loss', '0.3', '--seed', '5']);
    expect(stdout).toMatch(/✕ +│ {3}lost$/m);
    expect(code).toBe(0);
  });

  test('--pcap writes a file for Wireshark', async () => {
    const path = join(directory, 'run.pcapng');
    const { code, stderr } = await run(['sim', 'udp-echo', '--pcap', path]);
    expect([...readFileSync(path).subarray(0, 4)]).toEqual([0x0a, 0x0d, 0x0d, 0x0a]);
    expect(stderr).toBe(`portico: ${path} holds what client saw\n`);
    expect(code).toBe(0);
  });

  test.each([
    [['sim', 'tea'], /There is no scenario "tea"; see: portico sim --list/, 2],
    [
      ['sim', 'close', '--variant', 'tea'],
      /The scenario close has the variants half-close, rebind, got "tea"/,
      2,
    ],
    [['sim', 'udp-echo', '--pcap', '/no/such/folder/x'], /Can't write \/no\/such\/folder\/x: ENOENT/, 1],
  ])('%j is a mistake in one line', async (args, message, expected) => {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(expected);
  });
});

describe('portico compare', () => {
  test('UDP loses what the network loses; TCP delivers all, in order, and takes longer', async () => {
    const html = join(directory, 'compare.html');
    const { code, stdout } = await run(['compare', '--messages', '100', '--json', '--html', html]);
    const rows = jsonLines(stdout);
    expect(rows.map(({ transport, loss }) => [transport, loss])).toEqual(
      [undefined, 0, 0.01, 0.05, 0.2].flatMap((loss) => [
        ['udp', loss],
        ['tcp', loss],
      ]),
    );
    const simulated = rows.filter(({ network }) => network === 'simulated link');
    for (const row of simulated.filter(({ transport }) => transport === 'tcp'))
      expect(row).toMatchObject({ delivered: 100, lost: 0, outOfOrder: 0 });
    const [udp, tcp] = simulated.slice(-2) as unknown as { lost: number; timeMs: number; segments: number }[];
    expect(udp?.lost).toBeGreaterThan(5);
    expect(tcp?.timeMs).toBeGreaterThan(udp?.timeMs ?? 0);
    expect(udp?.segments).toBe(100);
    const page = readFileSync(html, 'utf8');
    expect(page.match(/<svg /g)?.length).toBe(5);
    expect(page).not.toMatch(/<script|https?:\/\//);
    expect(code).toBe(0);
  });

  test('prints a table', async () => {
    const { stdout } = await run(['compare', '--messages', '50']);
    expect(stdout).toMatch(/^ +delivered +lost +out of order +time +packets sent$/m);
    expect(stdout).toMatch(/^TCP, simulated link, 20 % loss +50 +0 +0 +\d+ ms +\d+$/m);
  });
});
