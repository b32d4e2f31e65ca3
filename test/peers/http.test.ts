/** curl at a server that speaks HTTP through our door, and our example client at a real Apache. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Address, StreamSocket, WelcomeSocket } from 'portico';
import { ENGINE_NAMES } from 'portico';
import { describe, expect, test } from 'vitest';
import type { Door } from './doors.ts';
import {
  ABSTRACT,
  alongside,
  nameOf,
  openWelcome,
  TCP,
  TCP_MAPPED,
  TCP6,
  temporaryDirectory,
  UNIX,
} from './doors.ts';
import { need, needEngine } from './needs.ts';
import { connectable, startAtFreePort } from './ports.ts';
import { ours, Program } from './program.ts';

/** Less than from which on curl asks before it sends (Expect: 100-continue). */
const BODY_BYTES = 500_000;
const PAGE_BYTES = 3_000_000;
const HEADER_END = '\r\n\r\n';

interface Row {
  readonly door: Door;
  /** What curl's URL begins with, and what it needs besides. */
  readonly curl: (address: Address) => { readonly url: string; readonly options: readonly string[] };
  /** Whether curl comes back on the same connection; it does not with abstract names, whoever serves. */
  readonly comesBack: boolean;
}

const ROWS: readonly Row[] = [
  {
    door: TCP,
    curl: (address) => ({ url: `http://127.0.0.1:${nameOf(address)}`, options: [] }),
    comesBack: true,
  },
  {
    door: TCP6,
    curl: (address) => ({ url: `http://[::1]:${nameOf(address)}`, options: [] }),
    comesBack: true,
  },
  {
    door: TCP_MAPPED,
    curl: (address) => ({ url: `http://127.0.0.1:${nameOf(address)}`, options: [] }),
    comesBack: true,
  },
  {
    door: UNIX,
    curl: (address) => ({ url: 'http://unix', options: ['--unix-socket', nameOf(address)] }),
    comesBack: true,
  },
  {
    door: ABSTRACT,
    curl: (address) => ({ url: 'http://unix', options: ['--abstract-unix-socket', nameOf(address)] }),
    comesBack: false,
  },
];

describe.each(ENGINE_NAMES)('curl and the engine %s', (engine) => {
  test.for(ROWS)('three requests over $door.what', async ({ door, curl: target, comesBack }, context) => {
    const [curl] = need(context, 'curl');
    const welcome = await openWelcome(context, door, engine);
    const serving = alongside(serveClients(welcome));
    const { options, url } = target(welcome.getsockname());
    const request = (path: string, ...more: string[]) => [
      ...['-sS', '-w', '%{http_code} %{num_connects}\\n', ...options, ...more],
      `${url}${path}`,
    ];
    const body = randomBytes(BODY_BYTES);
    const requests = [request('/hello'), request('/stra%C3%9Fe'), request('/digest', '--data-binary', '@-')];
    await using client = await Program.run(
      curl,
      requests.flatMap((one, index) => (index === 0 ? one : ['--next', ...one])),
      { input: body },
    );
    expect(client.stdout.split('\n')).toEqual([
      'GET /hello',
      '200 1',
      'GET /stra%C3%9Fe',
      `200 ${comesBack ? 0 : 1}`,
      `POST ${digest(body)}`,
      `200 ${comesBack ? 0 : 1}`,
      '',
    ]);
    await welcome.close();
    await serving;
  });
});

describe.each(ENGINE_NAMES)('Apache and the engine %s', (engine) => {
  test('our example client fetches a small page, a large one, and one that is not there', async (context) => {
    const [apache2] = need(context, 'apache2');
    needEngine(context, engine);
    const page = randomBytes(PAGE_BYTES);
    const { program, port } = await startApache(apache2, {
      'index.html': 'hello sockets\n',
      'large.bin': page,
    });
    await using _ = program;
    expect(await fetchPage(engine, port, '/index.html')).toEqual({
      status: 'HTTP/1.1 200 OK',
      body: digest(Buffer.from('hello sockets\n')),
    });
    expect(await fetchPage(engine, port, '/large.bin')).toEqual({
      status: 'HTTP/1.1 200 OK',
      body: digest(page),
    });
    expect((await fetchPage(engine, port, '/nowhere')).status).toBe('HTTP/1.1 404 Not Found');
  });
});

async function serveClients(welcome: WelcomeSocket): Promise<void> {
  const clients: Promise<void>[] = [];
  for await (const [connection] of welcome) clients.push(alongside(serveRequests(connection)));
  await Promise.all(clients);
}

/** Answers HTTP/1.1 requests on one connection until the client ends it: the method, and the path or the body's digest. */
async function serveRequests(connection: StreamSocket): Promise<void> {
  let pending = Buffer.alloc(0);
  const more = async () => {
    const chunk = await connection.recv();
    pending = Buffer.concat([pending, chunk]);
    return chunk.length > 0;
  };
  for (;;) {
    while (!pending.includes(HEADER_END)) if (!(await more())) return connection.close();
    const bodyAt = pending.indexOf(HEADER_END) + HEADER_END.length;
    const header = pending.subarray(0, bodyAt).toString();
    const end = bodyAt + Number(/^content-length: (\d+)/im.exec(header)?.[1] ?? 0);
    while (pending.length < end) if (!(await more())) return connection.close();
    const [method, path] = header.split(' ');
    await respond(connection, `${method} ${end > bodyAt ? digest(pending.subarray(bodyAt, end)) : path}\n`);
    pending = pending.subarray(end);
  }
}

async function respond(connection: StreamSocket, body: string): Promise<void> {
  await connection.sendmsg({
    data: ['HTTP/1.1 200 OK\r\n', `Content-Length: ${body.length}\r\n`, '\r\n', body],
  });
}

/** An Apache of our own, in the foreground, with a page or two. */
async function startApache(
  apache2: string,
  pages: Readonly<Record<string, string | Uint8Array>>,
): Promise<{ program: Program; port: number }> {
  const root = temporaryDirectory();
  // started by root, it reads its pages as another user
  chmodSync(root, 0o755);
  for (const [name, content] of Object.entries(pages)) writeFileSync(join(root, name), content);
  const configuration = join(root, 'apache2.conf');
  return startAtFreePort((port) => {
    writeFileSync(configuration, apacheConfiguration(root, port));
    return Program.start(apache2, ['-X', '-f', configuration]);
  }, connectable);
}

function apacheConfiguration(root: string, port: number): string {
  const modules = '/usr/lib/apache2/modules';
  return `ServerRoot ${root}
PidFile ${root}/pid
DefaultRuntimeDir ${root}
LoadModule mpm_prefork_module ${modules}/mod_mpm_prefork.so
LoadModule authz_core_module ${modules}/mod_authz_core.so
ServerName localhost
Listen 127.0.0.1:${port}
User #65534
Group #65534
DocumentRoot ${root}
ErrorLog ${root}/error.log
`;
}

async function fetchPage(
  engine: string,
  port: number,
  path: string,
): Promise<{ status: string; body: string }> {
  await using client = ours(engine, 'build/examples/http-get.js', ['127.0.0.1', `${port}`, path]);
  await client.ended();
  const at = client.bytes.indexOf(HEADER_END);
  return {
    status: client.bytes.subarray(0, client.bytes.indexOf('\r\n')).toString(),
    body: digest(client.bytes.subarray(at + HEADER_END.length)),
  };
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
