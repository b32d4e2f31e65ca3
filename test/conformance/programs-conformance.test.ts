/** What is seen only from outside: which programs end, what a child inherits, a process that runs out of descriptors. */
import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { engines } from './engines.ts';

const index = new URL('../../dist/index.js', import.meta.url).href;

/** A program that has opened a UDP, a TCP and a welcome socket and a connection, and then runs `rest`. */
function program(engine: string, rest: string): string[] {
  const source = `
    import { AF_INET, SOCK_DGRAM, SOCK_STREAM, socket } from ${JSON.stringify(index)};
    const engine = ${JSON.stringify(engine)};
    const host = '127.0.0.1';
    const udp = socket(AF_INET, SOCK_DGRAM, { engine });
    await udp.bind({ host, port: 0 });
    const listening = socket(AF_INET, SOCK_STREAM, { engine });
    await listening.bind({ host, port: 0 });
    const welcome = await listening.listen();
    const client = socket(AF_INET, SOCK_STREAM, { engine });
    await client.connect(welcome.getsockname());
    const [server] = await welcome.accept();
    ${rest}`;
  return ['--input-type=module', '--eval', source];
}

describe.each(engines)('engine %s', (engine) => {
  it('a program with open sockets on which nobody waits ends (T24, U30)', () => {
    const rest = `await client.sendall('x'); await udp.sendto('x', udp.getsockname()); console.log('end');`;
    const { status, stdout, stderr } = spawnSync(process.execPath, program(engine, rest), {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'end\n', stderr: '' });
  });

  it.each(['udp.recvfrom()', 'server.recv()', 'welcome.accept()'])(
    'a program that waits for %s does not end by itself (T24, U30)',
    async (wait) => {
      // its answer comes after everything else has gone quiet: nothing but the waiting call holds the program
      const rest = `
      ${wait}.then(() => console.log('served'));
      setTimeout(async () => {
        await udp.sendto('x', udp.getsockname());
        await client.sendall('x');
        await socket(AF_INET, SOCK_STREAM, { engine }).connect(welcome.getsockname());
      }, 50).unref();
      setTimeout(() => console.log('never'), 30_000).unref();`;
      const child = spawn(process.execPath, program(engine, rest), { stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
      });
      const status = await new Promise((resolve) => child.on('close', resolve));
      expect({ status, output }).toEqual({ status: 0, output: 'served\n' });
    },
  );

  it.skipIf(process.platform !== 'linux')('a child process inherits no socket (T34)', () => {
    const rest = `
      const { spawnSync } = await import('node:child_process');
      const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      console.log(stdout.split('\\n').filter((line) => /socket:|eventpoll/.test(line) && !/ [01] -> /.test(line)).join('\\n'));
      process.exit();`;
    const { stdout } = spawnSync(process.execPath, program(engine, rest), {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(stdout).toBe('\n');
  });

  it.skipIf(process.platform === 'win32')(
    'accept() without a free descriptor fails or waits, and goes on (T27)',
    () => {
      const rest = `
      const { openSync, closeSync } = await import('node:fs');
      const taken = [];
      try { for (;;) taken.push(openSync('/dev/null', 'r')); } catch {}
      closeSync(taken.pop());
      const clients = [socket(AF_INET, SOCK_STREAM, { engine })];
      await clients[0].connect(welcome.getsockname());
      const outcome = await welcome.accept({ timeoutMs: 100 }).then(() => 'accepted', (error) => error.code);
      for (const fd of taken) closeSync(fd);
      const again = socket(AF_INET, SOCK_STREAM, { engine });
      await again.connect(welcome.getsockname());
      await welcome.accept({ timeoutMs: 5000 });
      console.log(['EMFILE', 'ETIMEDOUT'].includes(outcome) ? 'goes on' : outcome);
      process.exit();`;
      const command = `ulimit -n 256; exec "$0" "$@"`;
      const { stdout, stderr } = spawnSync(
        'sh',
        ['-c', command, process.execPath, ...program(engine, rest)],
        {
          encoding: 'utf8',
          timeout: 30_000,
        },
      );
      expect({ stdout, stderr }).toEqual({ stdout: 'goes on\n', stderr: '' });
    },
  );
});
