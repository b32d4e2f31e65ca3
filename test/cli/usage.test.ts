import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { run } from './program.ts';

const COMMANDS = ['demo', 'serve', 'connect', 'doctor', 'conformance', 'bench', 'sim', 'compare'];

describe('a mistake in the command line exits 2, says what, and points to --help:', () => {
  test.each([
    [['serve', '--port', '70000'], /'70000' is invalid. A port is a whole number from 0 to 65535/],
    [['serve', '--port', 'x'], /'x' is invalid. A port/],
    [['serve', '--port', '1e3'], /'1e3' is invalid. A port/],
    [['serve', 'lower'], /no file 'lower', and no service of that name: upper, echo/],
    [['serve', '--engine', 'steam'], /Allowed choices are linux, node/],
    [['serve', '--line-bytes-max', '0'], /lineBytesMax is a whole number from 1/],
    [['serve', '--colour'], /unknown option '--colour'/],
    [['connect'], /missing required argument 'host'/],
    [['connect', 'localhost'], /missing required argument 'port'/],
    [['connect', 'localhost', '0'], /A port is a whole number from 1 to 65535/],
    [['connect', 'localhost', '80', 'more'], /too many arguments/],
    [['connect', 'localhost', '80', '--timeout', '-1'], /A timeout is a whole number from 1/],
    [['connect', 'localhost', '80', '--udp', '--tcp'], /'--udp' can't be used with '--tcp'/],
    [['sim', '--seed', 'x'], /A seed is a whole number/],
    [['sim', '--loss', '2'], /A probability is a number from 0 to 1/],
    [['sim', '--profile', 'mac'], /Allowed choices are linux, rfc/],
    [['compare', '--messages', '0'], /The number of messages is a whole number from 1/],
    [['fly'], /unknown command 'fly'/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/See: portico .*--help\n$/);
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('an unknown engine in PORTICO_ENGINE', async () => {
    const { code, stderr } = await run(['demo'], '', { env: { PORTICO_ENGINE: 'steam' } });
    expect(stderr).toMatch(
      /^portico: PORTICO_ENGINE=steam: The engine must be one of linux, node, got steam\n$/,
    );
    expect(code).toBe(2);
  });

  test('no command at all shows the help', async () => {
    const { code, stderr } = await run([]);
    for (const command of COMMANDS) expect(stderr).toContain(`  ${command} `);
    expect(code).toBe(2);
  });
});

describe('--help and --version', () => {
  test.each(COMMANDS)('portico %s --help explains with examples and exit codes', async (command) => {
    const { code, stdout, stderr } = await run([command, '--help']);
    expect(stdout).toMatch(/^Usage: portico /);
    expect(stdout).toMatch(new RegExp(`^ {2}\\$ .*portico ${command}`, 'm'));
    expect(stdout).toMatch(/^Exit codes: 0/m);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('portico --version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});
