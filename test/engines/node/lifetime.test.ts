/** A program that waits for nothing ends, open sockets or not; one that waits does not. In programs of their own. */
import { spawn } from 'node:child_process';
import { describe, expect, onTestFinished, test } from 'vitest';

const PORTICO = new URL('../../../dist/index.js', import.meta.url).href;

/** What each program begins with: an engine, and sockets of every kind that are open and idle. */
const IDLE = `
  import { loadEngine } from ${JSON.stringify(PORTICO)};
  const engine = loadEngine('node');
  const at = { host: '127.0.0.1', port: 0 };
  const datagrams = engine.openDatagram(2);
  await datagrams.bind(at);
  const bound = engine.openStream(2, 1);
  await bound.bind(at);
  const server = engine.openStream(2, 1);
  await server.bind(at);
  await server.listen(5);
  const client = engine.openStream(2, 1);
  await client.connect(server.getsockname());
  const { socket } = await server.accept();
  await client.send(new Uint8Array(100), 0, true);
  await socket.recv(10, 0);
`;

/** Runs a program; gives its exit code, or 'running' when it has not ended after a while. */
function run(script: string, timeoutMs: number): Promise<number | null | 'running'> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('running'), timeoutMs);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

describe('a program', () => {
  test('ends while idle sockets are open', async () => {
    expect(await run(IDLE, 20_000)).toBe(0);
  });

  test('ends after a wait was cancelled', async () => {
    const cancel = `
      const cancellation = { onCancel: undefined };
      const waiting = [datagrams.receive(false, cancellation)].map((call) => call.catch(() => {}));
      setTimeout(() => cancellation.onCancel(new Error('cancelled')), 20);
    `;
    expect(await run(IDLE + cancel, 20_000)).toBe(0);
  });

  test.each([
    'datagrams.receive(false)',
    'server.accept()',
    'client.recv(1, 0)',
    'engine.openDatagram(2).receive(false)',
  ])('goes on while %s waits', async (call) => {
    expect(await run(`${IDLE} await ${call};`, 1500)).toBe('running');
  });

  test('that loses its peer, or is reset, does not crash', async () => {
    const reset = `
      const { SO_LINGER } = await import(${JSON.stringify(PORTICO)});
      socket.setsockopt(SO_LINGER, { onoff: true, linger: 0 });
      const reading = client.recv(1, 0).catch(() => {});
      await socket.close();
      await reading;
      try { await client.send(new Uint8Array(1), 0, true); } catch {}
      await new Promise((resolve) => setTimeout(resolve, 50));
    `;
    expect(await run(IDLE + reset, 20_000)).toBe(0);
  });
});
