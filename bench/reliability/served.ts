/** A server as a process of its own, `portico serve`, and what can be seen of it from outside. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { InetAddress } from 'portico';
import type { ServerStats } from 'portico/server';
import { Child } from '../harness/child.ts';
import { residentBytes } from '../harness/usage.ts';
import { ROOT } from '../harness/which.ts';

/** How a server is started. */
export interface ServedOptions {
  /** `upper`, `echo`, or a file of handlers/. */
  readonly service: string;
  /** Options of `portico serve`. */
  readonly words?: readonly string[];
  /** A limit of open files: `ulimit -n`. */
  readonly descriptorsMax?: number;
  /** Whether it answers /stats: a port and descriptors more. */
  readonly metrics?: boolean;
}

interface Listening {
  readonly pid: number;
  readonly udp?: InetAddress;
  readonly tcp?: InetAddress;
  readonly metrics?: InetAddress;
}

const SERVICES = ['upper', 'echo'];

/** A server that runs. */
export class Served implements AsyncDisposable {
  /** What was typed, without the directories of this machine. */
  readonly command: string;
  readonly #child: Child;
  readonly #listening: Listening;

  private constructor(child: Child, listening: Listening, command: string) {
    this.#child = child;
    this.#listening = listening;
    this.command = command;
  }

  static async start({
    service,
    words = [],
    descriptorsMax,
    metrics = true,
  }: ServedOptions): Promise<Served> {
    const isOurs = SERVICES.includes(service);
    const module = isOurs ? service : join(ROOT, 'build/bench/reliability/handlers', `${service}.js`);
    const shown = isOurs ? service : `bench/reliability/handlers/${service}.ts`;
    const port = ['--port', '0', ...(metrics ? ['--metrics-port', '0'] : []), '--json'];
    const node = [process.execPath, join(ROOT, 'dist/cli/main.js'), 'serve', module, ...words, ...port];
    const ulimit = `ulimit -n ${descriptorsMax} && exec "$@"`;
    const command = descriptorsMax === undefined ? node : ['sh', '-c', ulimit, 'sh', ...node];
    const child = new Child(`serve ${service}`, command, undefined);
    const listening = JSON.parse(await child.line()) as Listening;
    const limited = descriptorsMax === undefined ? '' : `ulimit -n ${descriptorsMax} && `;
    return new Served(child, listening, `${limited}portico serve ${[shown, ...words].join(' ')}`);
  }

  get pid(): number {
    return this.#listening.pid;
  }

  get tcp(): InetAddress {
    if (!this.#listening.tcp) throw new Error('The server has no TCP');
    return this.#listening.tcp;
  }

  get udp(): InetAddress {
    if (!this.#listening.udp) throw new Error('The server has no UDP');
    return this.#listening.udp;
  }

  async stats(): Promise<ServerStats> {
    const { metrics } = this.#listening;
    const response = await fetch(`http://127.0.0.1:${metrics?.port}/stats`);
    return (await response.json()) as ServerStats;
  }

  /** What went wrong since it was asked last; each kind is told the 1st, 2nd, 4th, … time. */
  async problems(): Promise<string[]> {
    const told: string[] = [];
    for (;;) {
      const line = await this.#child.line(0).catch(() => undefined);
      if (line === undefined) return told;
      const { message } = JSON.parse(line) as { message?: string };
      if (message !== undefined) told.push(message);
    }
  }

  /** How many descriptors it has open, of all its threads. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  get residentBytes(): number {
    return residentBytes(this.pid);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.signal(name);
  }

  /** Resolves when it has ended with 0, rejects when it has ended in another way. */
  ending(): Promise<void> {
    return this.#child.ending();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}
