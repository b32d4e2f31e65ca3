/** `portico serve` behind the load balancers that it is meant for: HAProxy, and nginx as a stream proxy. */
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineName, InetAddress } from 'portico';
import { decode, ENGINE_NAMES, SHUT_WR } from 'portico';
import type { TestContext } from 'vitest';
import { describe, expect, test } from 'vitest';
import {
  alongside,
  askOnce,
  openDatagram,
  openStream,
  readToEnd,
  TCP,
  temporaryDirectory,
  UDP,
} from './doors.ts';
import { need, needEngine } from './needs.ts';
import { connectable, startAtFreePort } from './ports.ts';
import { Program, serve } from './program.ts';

const CLIENTS = 20;
const ECHO_BYTES = 1 << 20;
/** Where Debian puts it; others build it in. */
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Puts a proxy in front of servers at the loopback; its port, over TCP and, if it can, over UDP. */
type StartProxy = (
  context: TestContext,
  backends: readonly string[],
) => Promise<{ program: Program; port: number }>;

const PROXIES: readonly { readonly proxy: string; readonly start: StartProxy }[] = [
  { proxy: 'HAProxy', start: startHaproxy },
  { proxy: 'nginx', start: startNginx },
];

describe.each(ENGINE_NAMES)('the engine %s', (engine) => {
  test.for(PROXIES)(
    'behind $proxy: clients at once, each with its half-close',
    async ({ start }, context) => {
      needEngine(context, engine);
      const { server, port } = await serve(engine, ['upper', '--tcp']);
      await using _ = server;
      const { program, port: front } = await start(context, [port]);
      await using __ = program;
      const answers = Array.from({ length: CLIENTS }, async (_, number) => {
        const client = await openStream(context, TCP, engine);
        return await askOnce(client, at(front), `client ${number}\nstraße\n`);
      });
      expect(await Promise.all(answers)).toEqual(
        Array.from({ length: CLIENTS }, (_, number) => `CLIENT ${number}\nSTRASSE\n`),
      );
    },
  );

  test.for(PROXIES)('behind $proxy: 1 MiB there and back', async ({ start }, context) => {
    needEngine(context, engine);
    const { server, port } = await serve(engine, ['echo', '--tcp']);
    await using _ = server;
    const { program, port: front } = await start(context, [port]);
    await using __ = program;
    const sent = randomBytes(ECHO_BYTES);
    const client = await openStream(context, TCP, engine);
    await client.connect(at(front));
    const received = alongside(readToEnd(client));
    await client.sendall(sent);
    client.shutdown(SHUT_WR);
    expect((await received).equals(sent)).toBe(true);
  });

  test.for(PROXIES)(
    'behind $proxy: of two servers one drains, and no client notices',
    async ({ start }, context) => {
      needEngine(context, engine);
      const servers = [await serve(engine, ['upper', '--tcp']), await serve(engine, ['upper', '--tcp'])];
      await using first = servers[0]?.server as Program;
      await using _ = servers[1]?.server;
      const { program, port: front } = await start(
        context,
        servers.map(({ port }) => port),
      );
      await using __ = program;
      const ask = async (number: number) => {
        const client = await openStream(context, TCP, engine);
        return await askOnce(client, at(front), `${number} of many\n`);
      };
      const answers: string[] = [];
      for (let number = 0; number < CLIENTS; number++) {
        if (number === CLIENTS / 2) {
          first.signal('SIGTERM');
          await first.ended();
        }
        answers.push(await ask(number));
      }
      expect(answers).toEqual(Array.from({ length: CLIENTS }, (_, number) => `${number} OF MANY\n`));
    },
  );

  test('behind nginx: datagrams of several clients, each answered to its own', async (context) => {
    needEngine(context, engine);
    const { server, port } = await serve(engine, ['upper', '--udp']);
    await using _ = server;
    const { program, port: front } = await startNginx(context, [port]);
    await using __ = program;
    const answers = Array.from({ length: CLIENTS }, (_, number) =>
      askOverUdp(context, engine, front, number),
    );
    expect(await Promise.all(answers)).toEqual(
      Array.from({ length: CLIENTS }, (_, number) => [`CLIENT ${number}`, `STRASSE ${number}`]),
    );
  });
});

/** Two questions, one after the other's answer. */
async function askOverUdp(
  context: TestContext,
  engine: EngineName,
  port: number,
  number: number,
): Promise<string[]> {
  const client = await openDatagram(context, UDP, engine);
  const answers: string[] = [];
  for (const question of [`client ${number}`, `straße ${number}`]) {
    await client.sendto(question, at(port));
    answers.push(decode((await client.recvfrom())[0]));
  }
  return answers;
}

function at(port: number): InetAddress {
  return { host: '127.0.0.1', port };
}

/** One that tries the next server when one refuses. */
async function startHaproxy(context: TestContext, backends: readonly string[]): ReturnType<StartProxy> {
  const [haproxy] = need(context, 'haproxy');
  const configuration = join(temporaryDirectory(), 'haproxy.cfg');
  return startAtFreePort((port) => {
    writeFileSync(
      configuration,
      `global
  maxconn 256
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  retries 3
  option redispatch 1
listen portico
  bind 127.0.0.1:${port}
${backends.map((backend, index) => `  server s${index} 127.0.0.1:${backend}\n`).join('')}`,
    );
    return Program.start(haproxy, ['-db', '-f', configuration]);
  }, connectable);
}

/** One that proxies TCP and UDP at one port, and tries the next server when one refuses. */
async function startNginx(context: TestContext, backends: readonly string[]): ReturnType<StartProxy> {
  const [nginx] = need(context, 'nginx');
  const root = temporaryDirectory();
  const configuration = join(root, 'nginx.conf');
  return startAtFreePort((port) => {
    writeFileSync(
      configuration,
      `${existsSync(STREAM_MODULE) ? `load_module ${STREAM_MODULE};` : ''}
daemon off;
pid ${root}/pid;
events {}
stream {
  upstream portico {
${backends.map((backend) => `    server 127.0.0.1:${backend};\n`).join('')}  }
  server {
    listen 127.0.0.1:${port};
    proxy_half_close on;
    proxy_pass portico;
  }
  server {
    listen 127.0.0.1:${port} udp;
    proxy_pass portico;
  }
}
`,
    );
    return Program.start(nginx, ['-c', configuration, '-p', root, '-e', 'stderr']);
  }, connectable);
}
