/** What a program that imports Portico loads, and that the entry points share their classes. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultEngine } from '../../src/index.ts';

const dist = new URL('../../dist/', import.meta.url);

/** Binds a UDP socket and tells what that has loaded: the files (the debugger knows them), and Node's own modules. */
const BIND = `
  const before = new Set(process.moduleLoadList);
  const { AF_INET, SOCK_DGRAM, socket } = await import('${new URL('index.js', dist)}');
  await socket(AF_INET, SOCK_DGRAM, { engine: process.env.ENGINE }).bind({ host: '127.0.0.1', port: 0 });
  const modules = process.moduleLoadList.filter((name) => !before.has(name));
  const { Session } = process.getBuiltinModule('node:inspector');
  const session = new Session();
  session.connect();
  const files = [];
  session.on('Debugger.scriptParsed', ({ params }) => files.push(params.url));
  session.post('Debugger.enable');
  console.log(JSON.stringify({ modules, files }));
`;

function loadedBy(engine: string): { modules: string[]; ours: string[]; koffi: boolean } {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', BIND], {
    encoding: 'utf8',
    env: { ...process.env, ENGINE: engine },
  });
  expect(stderr).toBe('');
  const { modules, files } = JSON.parse(stdout) as { modules: string[]; files: string[] };
  const ours = files.filter((file) => file.startsWith(dist.href)).map((file) => file.slice(dist.href.length));
  return { modules, ours, koffi: files.some((file) => file.includes('koffi')) };
}

describe('the first socket', () => {
  it('on the engine linux loads one file of ours, koffi, and neither node:dgram nor node:dns', (context) => {
    if (defaultEngine().name !== 'linux') context.skip('the engine linux does not load here');
    const { modules, ours, koffi } = loadedBy('linux');
    expect({ ours, koffi }).toEqual({ ours: ['index.js'], koffi: true });
    // node:net is left out: newer Nodes load it themselves for a program like this one when it loads koffi
    const needless = ['NativeModule dgram', 'NativeModule dns'];
    expect(modules.filter((name) => needless.includes(name))).toEqual([]);
  });

  it('on the engine node loads one file of ours and no koffi', () => {
    const { modules, ours, koffi } = loadedBy('node');
    expect({ ours, koffi }).toEqual({ ours: ['index.js'], koffi: false });
    expect(modules).toContain('NativeModule dgram');
  });
});

/** The class that must exist once, as the bundler writes a class. */
const SOCKET_ERROR = /\bSocketError = class\b/;

describe('the files of dist/', () => {
  it.each(['sim/index.js', 'testing/index.js', 'cli/main.js', 'cli/worker.js'])(
    '%s imports index.js and contains none of it',
    (file) => {
      const text = readFileSync(new URL(file, dist), 'utf8');
      expect(text).toContain(' from "../index.js";');
      expect(text).not.toMatch(SOCKET_ERROR);
    },
  );

  it('index.js contains the class', () => {
    expect(readFileSync(new URL('index.js', dist), 'utf8')).toMatch(SOCKET_ERROR);
  });

  it.each(['index.js', 'framing/index.js'])('%s imports nothing', (file) => {
    expect(readFileSync(new URL(file, dist), 'utf8')).not.toMatch(/^import /m);
  });

  it('framing/index.js needs nothing of Node, and contains none of index.js', () => {
    const text = readFileSync(new URL('framing/index.js', dist), 'utf8');
    expect(text).toMatch(/\bFramingError = class\b/);
    expect(text).not.toMatch(/node:|\bprocess\b|\bBuffer\b/);
    expect(text).not.toMatch(SOCKET_ERROR);
  });

  it('are those that package.json names', async () => {
    const { exports } = JSON.parse(readFileSync(new URL('../package.json', dist), 'utf8')) as {
      exports: Record<string, string | { types: string; default: string }>;
    };
    const entries = Object.entries(exports).flatMap(([name, target]) =>
      typeof target === 'object' ? [[name, target.default] as const] : [],
    );
    expect(entries.map(([name]) => name)).toEqual(['.', './framing', './server', './sim', './testing']);
    for (const [, file] of entries)
      expect(Object.keys(await import(new URL(`../${file}`, dist).href))).not.toEqual([]);
  });
});
