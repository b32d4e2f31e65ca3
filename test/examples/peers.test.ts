/** The examples that talk to other people's servers: each server is started here, on the loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AF_INET, AF_UNIX, decode, defaultEngine, SOCK_DGRAM, socket } from '../../src/index.ts';
import { example, needsPeer, Program } from '../cli/program.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("http-get fetches a page from Python's HTTP server", async (context) => {
  needsPeer(context, 'python3');
  const folder = temporaryFolder();
  const page = `<h1>straße</h1>\n${'x'.repeat(300_000)}\n`;
  writeFileSync(join(folder, 'page.html'), page);
  const options = ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', folder];
  await using server = new Program('python3', options);
  const [, port = ''] = await server.printed(/port (\d+)/);

  await using client = example('http-get', ['127.0.0.1', port, '/page.html']);
  const { code, stdout } = await client.ending();
  expect(stdout).toMatch(/^HTTP\/1\.\d 200 OK\r\n/);
  expect(stdout.slice(stdout.indexOf('\r\n\r\n') + 4)).toBe(page);
  expect(code).toBe(0);

  await using missing = example('http-get', ['127.0.0.1', port, '/nothing']);
  expect((await missing.ending()).stdout).toMatch(/^HTTP\/1\.\d 404 /);
});

/** Twenty texts of 100 bytes: far more than the 512 bytes of a DNS answer over UDP (RFC 1035 section 4.2.1). */
const TEXTS = Array.from({ length: 20 }, (_, i) => `${i}-${'x'.repeat(100)}`);

test('dns-query asks dnsmasq over UDP, and over TCP when the answer is too long', async (context) => {
  needsPeer(context, 'dnsmasq');
  const { server, port } = await startDnsmasq();
  await using _ = server;

  await using short = example('dns-query', ['127.0.0.1', port, 'small.test', 'A']);
  expect(await short.ending()).toMatchObject({ code: 0, stdout: 'Answer over UDP\nA 192.0.2.7\n' });

  await using long = example('dns-query', ['127.0.0.1', port, 'big.test', 'TXT']);
  const { code, stdout } = await long.ending();
  const [how, ...records] = stdout.trim().split('\n');
  expect(how).toBe('Answer over TCP, for it was too long for UDP');
  expect(records.sort()).toEqual(TEXTS.map((text) => `TXT ${text}`).sort());
  expect(code).toBe(0);
});

/** It can't choose a port by itself: a free one is looked for, and another when somebody was faster. */
async function startDnsmasq(): Promise<{ server: Program; port: string }> {
  for (;;) {
    const port = await freePort();
    const server = new Program('dnsmasq', [
      '--no-daemon',
      '--conf-file=/dev/null',
      '--pid-file=',
      '--no-resolv',
      '--no-hosts',
      '--bind-interfaces',
      '--listen-address=127.0.0.1',
      `--port=${port}`,
      '--address=/small.test/192.0.2.7',
      ...TEXTS.map((text) => `--txt-record=big.test,${text}`),
    ]);
    try {
      await server.printed(/started/, 'stderr');
      return { server, port };
    } catch (error) {
      await server[Symbol.asyncDispose]();
      if (!/in use/.test(String(error))) throw error;
    }
  }
}

async function freePort(): Promise<string> {
  await using door = socket(AF_INET, SOCK_DGRAM);
  await door.bind({ host: '127.0.0.1', port: 0 });
  return String(door.getsockname().port);
}

test('dns-query asks three times, then says that no answer came', async () => {
  await using silent = socket(AF_INET, SOCK_DGRAM);
  await silent.bind({ host: '127.0.0.1', port: 0 });
  await using client = example('dns-query', ['127.0.0.1', String(silent.getsockname().port)]);
  const questions = [await silent.recvfrom(), await silent.recvfrom(), await silent.recvfrom()];
  expect(questions.map(([question]) => question.length)).toEqual([29, 29, 29]);
  expect(await client.ending()).toMatchObject({ code: 1, stderr: expect.stringContaining('ETIMEDOUT') });
});

test('syslog writes a datagram to a Unix socket', async (context) => {
  if (defaultEngine().name !== 'linux')
    context.skip(`the engine ${defaultEngine().name} has no Unix datagrams`);
  const path = join(temporaryFolder(), 'log');
  await using log = socket(AF_UNIX, SOCK_DGRAM);
  await log.bind({ path });
  await using client = example('syslog', [path, 'grüße']);
  const [message] = await log.recvfrom();
  expect(decode(message)).toMatch(/^<13>portico\[\d+\]: grüße$/);
  expect(await client.ending()).toMatchObject({ code: 0, stderr: '' });
});
