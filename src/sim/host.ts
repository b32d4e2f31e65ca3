/** A simulated host, as a test holds it: its programs, its engine, and what can befall it. */
import type { Fault } from '../engines/sim/fault.ts';
import type { HostKernel } from '../engines/sim/host.ts';
import type { Skew } from '../engines/sim/host-clock.ts';
import type { Engine } from '../index.ts';
import type { ProgramBody } from './program.ts';
import { Program } from './program.ts';

/** What a host needs of its network. */
export interface HostRoom {
  kernel(): HostKernel;
  /** Starts a program when the network next runs. */
  plan(program: Program<unknown>): void;
  failed(program: Program<unknown>, error: unknown): void;
  after(delayUs: number, callback: () => void): void;
  keep(make: () => Fault): Fault;
  change(change: () => void): void;
}

/** A simulated host. */
export class Host {
  readonly name: string;
  /** Its address. */
  readonly ip: string;
  readonly #room: HostRoom;
  #programs: Program<unknown>[] = [];
  #engine: Engine | undefined;

  /** @internal */
  constructor(room: HostRoom, name: string, ip: string) {
    this.#room = room;
    this.name = name;
    this.ip = ip;
  }

  /**
   * The host's network for programs outside: `socket(AF_INET, SOCK_DGRAM, { engine: host.engine })`. Their calls wait
   * until the network moves: by `sim.run()`, or by itself after `sim.drive()`.
   */
  get engine(): Engine {
    this.#engine ??= this.#room.kernel().newProcess('outside').engine;
    return this.#engine;
  }

  /** @internal The programs, in the order in which they were given. */
  get programs(): readonly Program<unknown>[] {
    return this.#programs;
  }

  /** Whether the host runs: not after a crash. */
  get isUp(): boolean {
    return this.#room.kernel().isUp;
  }

  /**
   * Gives the host a program. It starts when the network runs, and again after each `restart()`.
   *
   * @returns What the program returns. A rejection need not be handled: `sim.run()` reports it.
   */
  run<T>(name: string, body: ProgramBody<T>): Promise<T> {
    const { kernel, failed } = this.#room;
    const program = new Program(
      { kernel, failed: (one, error) => failed(one, error) },
      this.name,
      name,
      body,
    );
    this.#room.change(() => {
      this.#programs.push(program as Program<unknown>);
      this.#room.plan(program as Program<unknown>);
    });
    return program.result;
  }

  /** Asks every program to end: aborts their signals. */
  stop(): void {
    for (const program of this.#programs) program.stop();
  }

  /** Dies in silence: no FIN, no RST, no more calls of its programs. What arrives is lost. */
  crash(): void {
    this.#crash(false);
  }

  /** Comes up again with nothing remembered, and starts its programs anew. */
  restart(): void {
    const kernel = this.#room.kernel();
    if (kernel.isUp) return;
    kernel.restart();
    this.#engine = undefined;
    for (const program of this.#programs) program.start();
  }

  /** Crashes, and restarts after so many milliseconds. */
  bounce(downMs: number): void {
    this.#crash(true);
    this.#room.after(downMs * 1000, () => this.restart());
  }

  /** Stands still for so many milliseconds: its programs, its timers, what arrives. */
  pause(ms: number): void {
    this.#room.kernel().pause();
    this.#room.after(ms * 1000, () => this.#room.kernel().resume());
  }

  /** Makes the host's clock wrong: ahead, or fast. Counts every look at it. */
  skew(skew: Skew): Fault {
    return this.#room.keep(() => {
      const kernel = this.#room.kernel();
      kernel.skew(skew);
      const undo = () => kernel.skew({});
      return {
        name: `skew of ${this.name}`,
        optional: false,
        get hits() {
          return kernel.clockReads;
        },
        get seen() {
          return kernel.clockReads;
        },
        remove: undo,
        [Symbol.dispose]: undo,
      };
    });
  }

  /** @internal The network is built anew. */
  forget(): void {
    this.#programs = [];
    this.#engine = undefined;
  }

  #crash(comesBack: boolean): void {
    if (!this.isUp) return;
    this.#room.kernel().crash();
    for (const program of this.#programs) program.crashed(comesBack);
  }
}
