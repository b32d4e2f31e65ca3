/**
 * What a peer test needs: programs, an engine, IPv6. What is missing skips the test with the reason; a missing program
 * fails it where `PORTICO_REQUIRE_PEERS` is 1, as on the build machine.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Engine, EngineName } from 'portico';
import { loadEngine } from 'portico';
import type { TestContext } from 'vitest';

/** The programs that the tests talk to. */
export type ProgramName =
  | 'apache2'
  | 'curl'
  | 'dig'
  | 'dnsmasq'
  | 'haproxy'
  | 'nc'
  | 'nginx'
  | 'python3'
  | 'socat'
  | 'ss'
  | 'strace';

/** Directories that hold daemons and are not in everybody's PATH. */
const DAEMON_DIRECTORIES = ['/usr/sbin', '/sbin'];
const found = new Map<ProgramName, string | undefined>();

/** The path of each program, in order; skips or fails the test when one is not there. */
export function need<const Names extends readonly ProgramName[]>(
  context: TestContext,
  ...names: Names
): { [Index in keyof Names]: string } {
  const paths = names.map((name) => pathOf(name) ?? lacks(context, name));
  return paths as { [Index in keyof Names]: string };
}

/** The engine by its name; skips the test when this host can't run it. */
export function needEngine(context: TestContext, name: EngineName): Engine {
  try {
    return loadEngine(name);
  } catch (error) {
    return context.skip(`the engine ${name} does not load here: ${(error as Error).message}`);
  }
}

/** Skips the test when the host has no IPv6 loopback. */
export function needIpv6(context: TestContext): void {
  const all = Object.values(networkInterfaces()).flatMap((entries = []) => entries);
  if (!all.some(({ address }) => address === '::1')) context.skip('this host has no IPv6 loopback');
}

/** The path of strace; skips the test where it may trace nothing (a container without ptrace). */
export function needStrace(context: TestContext): string {
  const [strace] = need(context, 'strace');
  const { status, stderr } = spawnSync(strace, ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (status !== 0) context.skip(`strace may not trace here: ${stderr.trim()}`);
  return strace;
}

function lacks(context: TestContext, name: ProgramName): never {
  if (process.env.PORTICO_REQUIRE_PEERS === '1')
    throw new Error(`${name} is not installed, and PORTICO_REQUIRE_PEERS is 1`);
  return context.skip(`${name} is not installed`);
}

function pathOf(name: ProgramName): string | undefined {
  if (!found.has(name)) found.set(name, look(name));
  return found.get(name);
}

function look(name: ProgramName): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...DAEMON_DIRECTORIES];
  const path = directories.map((directory) => join(directory, name)).find(isExecutable);
  return path !== undefined && name === 'python3' ? realPython(path) : path;
}

/** The interpreter behind `python3`, which may be a script that takes its time to find one. */
function realPython(path: string): string | undefined {
  const { status, stdout } = spawnSync(path, ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
