/** One simulated network: its clock, its trace, its names, its hosts and the links between them. Knows nothing of programs. */
import { Clock } from './clock.ts';
import type { HostOptions, HostRoom, Profile } from './host.ts';
import { HostKernel } from './host.ts';
import { checkHostAddress } from './ip.ts';
import type { LinkOptions } from './link.ts';
import { Direction } from './link.ts';
import { NameTable } from './names.ts';
import { Trace } from './trace.ts';

/** What a network is. */
export interface FabricOptions {
  readonly seed: number;
  readonly profile: Profile;
  readonly traceEventsMax?: number | undefined;
}

/** The two directions of a link. */
export interface Cable {
  readonly name: string;
  readonly directions: readonly [Direction, Direction];
}

/** One network. */
export class Fabric implements HostRoom {
  readonly seed: number;
  readonly profile: Profile;
  readonly clock: Clock = new Clock();
  readonly trace: Trace;
  readonly names: NameTable = new NameTable();
  readonly #hosts = new Map<string, HostKernel>();
  readonly #cables: Cable[] = [];
  #packets = 0;
  #isWoken = true;

  constructor({ seed, profile, traceEventsMax }: FabricOptions) {
    this.seed = seed;
    this.profile = profile;
    this.trace = new Trace(this.clock, traceEventsMax);
  }

  get hosts(): readonly HostKernel[] {
    return [...this.#hosts.values()];
  }

  get cables(): readonly Cable[] {
    return this.#cables;
  }

  /** How many packets have been made. */
  get packets(): number {
    return this.#packets;
  }

  woken(): void {
    this.#isWoken = true;
  }

  /** Whether a program could have gone on since the last time this was asked. */
  takeWoken(): boolean {
    const isWoken = this.#isWoken;
    this.#isWoken = false;
    return isWoken;
  }

  packetId(): number {
    this.#packets += 1;
    return this.#packets;
  }

  /** Adds a host; its name goes into the table of names. */
  addHost(name: string, options: HostOptions): HostKernel {
    checkHostAddress(options.ip);
    if (name === '' || this.names.has(name))
      throw new RangeError(`A host needs a name of its own, got "${name}"`);
    if (this.hosts.some(({ address }) => address === options.ip))
      throw new RangeError(`A host needs an address of its own, got ${options.ip}`);
    const host = new HostKernel(this, name, options);
    this.#hosts.set(name, host);
    this.names.add(name, options.ip);
    return host;
  }

  /** Joins two hosts. */
  addCable(a: HostKernel, b: HostKernel, options: LinkOptions): Cable {
    const name = `${a.name}-${b.name}`;
    if (a === b) throw new RangeError(`A link needs two hosts, got ${a.name} twice`);
    if (this.#cables.some(({ directions }) => directions.every(({ from }) => from === a || from === b)))
      throw new RangeError(`The hosts ${a.name} and ${b.name} are joined already`);
    const forth = new Direction(this, name, a, b, options);
    const back = new Direction(this, name, b, a, options);
    a.addRoute(forth);
    b.addRoute(back);
    const cable: Cable = { name, directions: [forth, back] };
    this.#cables.push(cable);
    return cable;
  }
}
