/**
 * Every `ts` block in README.md, docs/ and TSDoc compiles, and runs to its end with exit code 0; when a block marked
 * `text output` follows, that is what it prints. Words after the language change that:
 * `no-run` compiles only; `server=NAME` and `client=NAME` run against each other, every client against every server
 * of that name in the file, Python ones too; `needs=linux` and `needs=ipv6` want that engine, or an address `::1`.
 */
import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { defaultEngine } from 'portico';
import { describe, expect, it } from 'vitest';
import type { Block } from './documents.ts';
import { allBlocks } from './documents.ts';
import type { Ending } from './programs.ts';
import { compile, run, runPair } from './programs.ts';

const blocks = allBlocks();
const typescript = blocks.filter(({ language }) => language === 'ts');
const python = blocks.filter(({ language }) => language === 'python');
const complaints = compile(typescript);
const hasPython = spawnSync('python3', ['--version']).status === 0;
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

const MARKS = ['no-run', 'server', 'client', 'needs'];

function titleOf({ file, line }: Block): string {
  return `${file}:${line}`;
}

function missing(block: Block): string | undefined {
  const needs = block.marks.get('needs');
  if (needs === 'linux' && defaultEngine().name !== 'linux') return 'the engine is not linux';
  if (needs === 'ipv6' && !hasIpv6) return 'this host has no address ::1';
  if (block.language === 'python' && !hasPython && process.env.PORTICO_REQUIRE_PEERS !== '1')
    return 'python3 is not installed';
  return undefined;
}

function expectGoodEnding(block: Block, ending: Ending): void {
  expect(ending).toMatchObject({ status: 0, errors: '' });
  if (block.output !== undefined) expect(ending.output).toBe(block.output);
}

describe('the blocks', () => {
  it('are there', () => expect(typescript.length).toBeGreaterThan(20));

  it('compile', () => expect(complaints).toBe(''));

  it('have no mark that means nothing', () => {
    const marks = [...typescript, ...python].flatMap((block) => [...block.marks.keys()]);
    expect(marks.filter((mark) => !MARKS.includes(mark))).toEqual([]);
  });

  it.for(python.map((block) => [titleOf(block), block] as const))('%s is Python', ([, block], context) => {
    const reason = missing(block);
    if (reason) context.skip(reason);
    const parse = 'import ast, sys; ast.parse(sys.stdin.read())';
    const { status, stderr } = spawnSync('python3', ['-c', parse], { input: block.code, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe.concurrent('a block by itself', () => {
  const alone = typescript.filter(
    ({ marks }) => !['no-run', 'server', 'client'].some((mark) => marks.has(mark)),
  );
  it.for(alone.map((block) => [titleOf(block), block] as const))('%s runs', async ([, block], context) => {
    const reason = missing(block);
    if (reason) context.skip(reason);
    expectGoodEnding(block, await run(block));
  });
});

describe.concurrent('a client and a server', () => {
  const marked = [...typescript, ...python];
  const pairs = marked.flatMap((server) =>
    marked
      .filter(({ file, marks }) => file === server.file && marks.has('client'))
      .filter(({ marks }) => marks.get('client') === server.marks.get('server'))
      .map((client) => [titleOf(client), titleOf(server), client, server] as const),
  );

  it('are there', () => expect(pairs.length).toBeGreaterThan(8));

  it.for(pairs)('%s talks to %s', async ([, , client, server], context) => {
    const reason = missing(client) ?? missing(server);
    if (reason) context.skip(reason);
    expectGoodEnding(client, await runPair(server, client));
  });
});
