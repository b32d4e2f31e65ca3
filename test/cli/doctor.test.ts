import { describe, expect, test } from 'vitest';
import { run } from './program.ts';

describe('portico doctor', () => {
  test('finds that UDP and TCP work here', async () => {
    const { code, stdout, stderr } = await run(['doctor']);
    expect(stdout).toMatch(/^ {2}UDP +yes$/m);
    expect(stdout).toMatch(/^ {2}TCP +yes$/m);
    expect(stdout).toMatch(/^ {2}chosen +(linux|node): /m);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('gives everything as JSON', async () => {
    const { code, stdout } = await run(['doctor', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      works: true,
      versions: { portico: expect.any(String), node: process.version },
      engines: [{ name: 'linux' }, { name: 'node' }],
      chosen: { engine: expect.stringMatching(/^(linux|node)$/), why: expect.any(String) },
      ipv6: expect.any(Boolean),
      limits: expect.arrayContaining([expect.objectContaining({ name: 'ulimit -n' })]),
    });
    expect(code).toBe(0);
  });

  test('says why: an engine that was asked for', async () => {
    const { stdout } = await run(['doctor', '--json'], '', { env: { PORTICO_ENGINE: 'node' } });
    expect(JSON.parse(stdout).chosen).toEqual({ engine: 'node', why: 'PORTICO_ENGINE asks for it' });
    const asked = await run(['doctor', '--json', '--engine', 'node']);
    expect(JSON.parse(asked.stdout).chosen).toEqual({ engine: 'node', why: '--engine asks for it' });
  });
});
