/** A simulated network, as a test holds it: hosts, links, programs, one seed, and the run. */
import type { Cable } from '../engines/sim/fabric.ts';
import { Fabric } from '../engines/sim/fabric.ts';
import type { Fault } from '../engines/sim/fault.ts';
import type { HostKernel, HostOptions, Profile } from '../engines/sim/host.ts';
import type { LinkOptions } from '../engines/sim/link.ts';
import type { SocketTable } from '../engines/sim/socket-table.ts';
import type { TraceEvent } from '../engines/sim/trace.ts';
import { capture } from './capture.ts';
import { FaultHandle } from './fault-handle.ts';
import { Host } from './host.ts';
import { hop } from './macrotask.ts';
import type { Program } from './program.ts';
import type { RunOptions, RunRecord, RunResult } from './runner.ts';
import { Runner } from './runner.ts';
import { SimulationError } from './simulation-error.ts';
import { Wire } from './wire.ts';

/** What a network is. */
export interface SimNetOptions {
  /** Decides every chance of the run: the same seed gives the same run. 1 when left out. */
  readonly seed?: number;
  /** Which choices TCP makes: `linux` (measured on Linux 6.18, the default) or `rfc` (as the books have them). */
  readonly profile?: Profile;
  /** How many events of the trace are kept, 50,000 when left out; older ones are only in its hash. */
  readonly traceEventsMax?: number;
}

/** Something that was done to the network from outside, and when: a replay does it again. */
interface Step {
  readonly at: number;
  readonly again: () => void;
}

/** A simulated network. Nothing happens until `run()`. */
export class SimNet {
  readonly seed: number;
  readonly profile: Profile;
  readonly #options: SimNetOptions;
  readonly #steps: Step[] = [];
  readonly #hosts: Host[] = [];
  readonly #wires: Wire[] = [];
  #fabric: Fabric;
  #runner: Runner;
  #faults: FaultHandle[] = [];
  #isReplaying = false;
  /** How the longest run so far went. */
  #record: RunRecord | undefined;

  /** @internal Use `simnet()`. */
  constructor(options: SimNetOptions) {
    const { seed = 1, profile = 'linux' } = options;
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new RangeError(`A seed must be a whole number from 0 up, got ${String(seed)}`);
    this.seed = seed;
    this.profile = profile;
    this.#options = options;
    this.#fabric = this.#newFabric();
    this.#runner = this.#newRunner();
  }

  /** The time of the network in milliseconds. */
  get now(): number {
    return this.#fabric.clock.now / 1000;
  }

  /** How many events have happened: the number that `replayTo` takes. */
  get events(): number {
    return this.#fabric.clock.executed;
  }

  /** How many packets have been made, fragments not counted. */
  get packets(): number {
    return this.#fabric.packets;
  }

  /** Every fault that is or was in place. */
  get faults(): readonly Fault[] {
    return this.#faults;
  }

  get hosts(): readonly Host[] {
    return this.#hosts;
  }

  /** The links, in the order in which they were made. */
  get wires(): readonly Wire[] {
    return this.#wires;
  }

  /** @internal */
  get fabric(): Fabric {
    return this.#fabric;
  }

  /** Adds a host. Its name resolves on every host. */
  host(name: string, options: HostOptions): Host {
    const host: Host = new Host(
      {
        kernel: () => this.#kernel(name),
        plan: (program) => this.#plan(program),
        failed: (program, error) => this.#runner.failed(program, error),
        after: (delayUs, callback) => this.#after(delayUs, callback),
        keep: (make) => this.#keep(make),
        change: (change) => this.#change(change),
      },
      name,
      options.ip,
    );
    this.#change(() => {
      this.#fabric.addHost(name, options);
      host.forget();
    });
    this.#hosts.push(host);
    return host;
  }

  /** Gives an address one more name. */
  name(name: string, ip: string): void {
    this.#change(() => this.#fabric.names.add(name, ip));
  }

  /** Joins two hosts. There are no routers: hosts that nothing joins can't reach each other. */
  link(a: Host, b: Host, options: LinkOptions = {}): Wire {
    let cable: Cable | undefined;
    this.#change(() => {
      cable = this.#fabric.addCable(this.#kernel(a.name), this.#kernel(b.name), options);
    });
    const wire = new Wire(
      {
        cable: () => cable as Cable,
        keep: (make) => this.#keep(make),
        change: (change) => this.#change(change),
      },
      [a, b],
    );
    this.#wires.push(wire);
    return wire;
  }

  /** Does something at a time of the network, in milliseconds since its start. */
  at(ms: number, action: () => void): void {
    if (!(ms >= this.now)) throw new RangeError(`It is ${this.now} ms, and ${ms} ms is over`);
    this.#change(() => this.#after(ms * 1000 - this.#fabric.clock.now, action));
  }

  /**
   * Runs the network: its programs until they wait, then the next event, and so on.
   *
   * @throws SimulationError `PROGRAM` when a program fails, `ENDLESS` after `eventsMax` events, `IDLE` when what `until`
   * waits for can't come any more, `OUTSIDE` when a program waits for something that is not in the network.
   */
  run(options: RunOptions = {}): Promise<RunResult> {
    return this.#runner.run(options);
  }

  /** Lets the network move by itself whenever everything rests, for programs outside that use `host.engine`. */
  drive(): { stop(): void; [Symbol.dispose](): void } {
    return this.#runner.drive();
  }

  /** @throws SimulationError `UNUSED` when a fault did nothing: then the test did not test what it says. */
  check(): void {
    const unused = this.#faults.filter(({ hits, optional }) => hits === 0 && !optional);
    if (unused.length === 0) return;
    const list = unused.map(({ name, seen }) => `${name} (looked at ${seen} packets)`).join('; ');
    throw new SimulationError('UNUSED', `A fault did nothing: ${list}. ${this.replayHint}`);
  }

  /** How to see this run again. */
  get replayHint(): string {
    return `seed=${this.seed}, replay: simnet({ seed: ${this.seed}, profile: '${this.profile}' }), then sim.replayTo(${this.events})`;
  }

  /**
   * Plays the run again from its start to event `n`: a step back is a replay to one less. Programs are started anew;
   * what they keep outside themselves is theirs to set back.
   *
   * @throws SimulationError `DIVERGED` when it was not the same run again.
   */
  async replayTo(n: number): Promise<void> {
    const { record } = this.#runner;
    this.#runner.stop();
    // a replay of a part knows less than the run before it
    if (record.last.events > (this.#record?.last.events ?? -1)) this.#record = record;
    const known = this.#record ?? record;
    this.#fabric = this.#newFabric();
    this.#runner = this.#newRunner();
    const outside = new Set(this.#steps.map(({ again }) => again));
    this.#faults = this.#faults.filter((fault) => outside.has(fault.renew));
    this.#isReplaying = true;
    try {
      await this.#runner.replay(n, this.#steps, known);
    } finally {
      this.#isReplaying = false;
    }
  }

  /** The sockets of a host, as `ss -tuan` shows them. */
  sockets(host: Host): SocketTable {
    return this.#kernel(host.name).sockets();
  }

  /** @internal The events of the trace. */
  get traceEvents(): readonly TraceEvent[] {
    return this.#fabric.trace.events;
  }

  /** The packets of a link as one of its hosts saw them, as a pcapng file. The first host when none is named. */
  pcap(wire: Wire, at: Host = wire.ends[0]): Uint8Array {
    return capture(this.#fabric.trace.events, wire.name, at.name);
  }

  /** Writes `pcap(wire)` to a file. Node only. */
  async writePcap(wire: Wire, path: string, at?: Host): Promise<void> {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(path, this.pcap(wire, at));
  }

  /** Ends the network; `sim.check()`. */
  [Symbol.dispose](): void {
    this.#runner.stop();
    this.check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }

  #newFabric(): Fabric {
    const { traceEventsMax } = this.#options;
    return new Fabric({ seed: this.seed, profile: this.profile, traceEventsMax });
  }

  #newRunner(): Runner {
    const fabric = this.#fabric;
    const { clock, trace } = fabric;
    return new Runner({
      clock,
      takeWoken: () => fabric.takeWoken(),
      hash: () => trace.hash,
      programs: () => this.#hosts.flatMap(({ programs }) => programs),
      hop,
      hint: () => this.replayHint,
    });
  }

  #kernel(name: string): HostKernel {
    const kernel = this.#fabric.hosts.find((one) => one.name === name);
    if (!kernel) throw new RangeError(`The network has no host ${name}`);
    return kernel;
  }

  #plan(program: Program<unknown>): void {
    this.#after(0, () => program.start());
  }

  #after(delayUs: number, callback: () => void): void {
    this.#fabric.clock.after(delayUs, () => {
      this.#fabric.woken();
      this.#runner.guarded(callback);
    });
  }

  /** Does it, and keeps it for a replay when it comes from outside. */
  #change(change: () => void): void {
    change();
    this.#remember(change);
  }

  #keep(make: () => Fault): Fault {
    const handle = new FaultHandle(make);
    this.#faults.push(handle);
    this.#remember(handle.renew);
    return handle;
  }

  #remember(again: () => void): void {
    const isOutside = !this.#runner.isRunning && !this.#isReplaying;
    if (isOutside) this.#steps.push({ at: this.events, again });
  }
}

/** Makes a simulated network. */
export function simnet(options: SimNetOptions = {}): SimNet {
  return new SimNet(options);
}
