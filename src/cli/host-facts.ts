/** What this host offers to sockets: versions, engines, the kernel's limits. Only looks; changes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { Engine, EngineName } from '../index.ts';
import { AF_INET6, defaultEngine, ENGINE_NAMES, loadEngine, SOCK_DGRAM, socket } from '../index.ts';
import { firstLine } from './options.ts';

/** Whether an engine runs here. */
export interface EngineFact {
  readonly name: EngineName;
  readonly runs: boolean;
  /** Why not. */
  readonly reason?: string;
}

/** A limit of the kernel or of this process. */
export interface LimitFact {
  readonly name: string;
  /** What it limits, for a person. */
  readonly meaning: string;
  /** As the system writes it; `undefined` where it has none or does not say. */
  readonly value: string | undefined;
  /** What to do when it is low. */
  readonly advice?: string;
}

/** The versions of what Portico stands on. */
export function versions(): Record<string, string | undefined> {
  return {
    portico: packageVersion(new URL('../../package.json', import.meta.url)),
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    kernel: release(),
    libc: libc(),
    koffi: koffiVersion(),
  };
}

function libc(): string {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime ? `glibc ${header.glibcVersionRuntime}` : 'not glibc';
}

function packageVersion(manifest: URL): string {
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

function koffiVersion(): string | undefined {
  try {
    return packageVersion(new URL('package.json', import.meta.resolve('koffi')));
  } catch {
    return undefined;
  }
}

/** Every engine of the operating system, and whether it loads. */
export function engines(): EngineFact[] {
  return ENGINE_NAMES.map((name) => {
    try {
      loadEngine(name);
      return { name, runs: true };
    } catch (error) {
      return { name, runs: false, reason: firstLine((error as Error).message) };
    }
  });
}

/** The engine that sockets get when none is named, and why that one. */
export function choice(facts: readonly EngineFact[]): { engine: Engine; why: string } {
  const engine = defaultEngine();
  if (process.env.PORTICO_ENGINE) return { engine, why: 'PORTICO_ENGINE asks for it' };
  const [preferred] = facts;
  if (preferred?.runs === false) return { engine, why: `${preferred.name} does not run here` };
  return { engine, why: 'the first that runs here' };
}

/** Whether this host has IPv6: a socket can have the loopback's address. */
export async function hasIpv6(engine: Engine): Promise<boolean> {
  try {
    await using door = socket(AF_INET6, SOCK_DGRAM, { engine });
    await door.bind({ host: '::1', port: 0 });
    return true;
  } catch {
    return false;
  }
}

/** Fewer descriptors than this are soon used up by connections; a guess at a busy server. */
const DESCRIPTORS_LOW = 4096;
/** Less and a burst of datagrams is lost while the program is busy; a guess: 1 MiB is 10 ms at 1 Gbit/s. */
const BUFFER_BYTES_LOW = 1_048_576;
/** Less than the accept queue that `listen()` asks for when nobody says how long. */
const BACKLOG_LOW = 4096;

/** The limits that servers run into. */
export function limits(): LimitFact[] {
  return [
    low(
      { name: 'ulimit -n', meaning: 'descriptors of this process', value: openFiles() },
      DESCRIPTORS_LOW,
      'each connection needs one: raise it with `ulimit -n`',
    ),
    low(
      kernel('net.core.somaxconn', 'connections that may wait for accept()'),
      BACKLOG_LOW,
      '`listen()` gets no longer queue: sysctl -w net.core.somaxconn=4096',
    ),
    low(
      kernel('net.core.rmem_max', 'largest SO_RCVBUF, bytes'),
      BUFFER_BYTES_LOW,
      'for bursts of datagrams: sysctl -w net.core.rmem_max=4194304',
    ),
    low(
      kernel('net.core.wmem_max', 'largest SO_SNDBUF, bytes'),
      BUFFER_BYTES_LOW,
      'for bursts of datagrams: sysctl -w net.core.wmem_max=4194304',
    ),
    kernel('net.ipv4.ip_local_port_range', 'ports that the system gives to clients'),
    kernel('net.ipv4.ip_unprivileged_port_start', 'first port that is not reserved'),
  ];
}

function low(fact: LimitFact, limit: number, advice: string): LimitFact {
  return fact.value !== undefined && Number(fact.value) < limit ? { ...fact, advice } : fact;
}

function kernel(name: string, meaning: string): LimitFact {
  const path = `/proc/sys/${name.replaceAll('.', '/')}`;
  const value = existsSync(path) ? readFileSync(path, 'utf8').trim().replaceAll(/\s+/g, ' ') : undefined;
  return { name, meaning, value };
}

/** The limit that is in force: Node raises the soft one to the hard one when it starts. */
function openFiles(): string | undefined {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: unknown } } };
  const soft = userLimits?.open_files?.soft;
  return soft === undefined ? undefined : String(soft);
}
