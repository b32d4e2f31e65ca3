/**
 * The timers of one connection, by name. One that is set again before it runs out moves: the call of the host's clock
 * stays where it is and is made again when it comes too early, for most timers are set a hundred times for each that
 * runs out.
 */
import type { TcpEnvironment } from './environment.ts';

/** What a connection waits for. */
export type TimerName =
  | 'retransmission'
  | 'persist'
  | 'delayed ack'
  | 'keep-alive'
  | 'fin-wait-2'
  | 'time-wait'
  | 'linger';

interface Timer {
  deadline: number;
  wakeAt: number;
  cancel: () => void;
}

/** The timers of one connection. */
export class Timers {
  readonly #environment: TcpEnvironment;
  readonly #socket: number;
  readonly #onTimer: (name: TimerName) => void;
  readonly #running = new Map<TimerName, Timer>();

  constructor(environment: TcpEnvironment, socket: number, onTimer: (name: TimerName) => void) {
    this.#environment = environment;
    this.#socket = socket;
    this.#onTimer = onTimer;
  }

  /** Starts a timer, anew when it runs. */
  set(name: TimerName, delayUs: number): void {
    const deadline = this.#environment.now() + delayUs;
    const timer = this.#running.get(name);
    if (timer && timer.wakeAt <= deadline) timer.deadline = deadline;
    else {
      timer?.cancel();
      this.#schedule(name, deadline);
    }
    this.#environment.note({ kind: 'timer', socket: this.#socket, timer: name, delayUs });
  }

  isSet(name: TimerName): boolean {
    return this.#running.has(name);
  }

  /** When a timer runs out, in the host's time. */
  deadline(name: TimerName): number | undefined {
    return this.#running.get(name)?.deadline;
  }

  clear(name: TimerName): void {
    const timer = this.#running.get(name);
    if (!timer) return;
    timer.cancel();
    this.#running.delete(name);
  }

  clearAll(): void {
    for (const { cancel } of this.#running.values()) cancel();
    this.#running.clear();
  }

  /** Every timer that runs with its time left, for an inspector. */
  remaining(): Partial<Record<TimerName, number>> {
    const now = this.#environment.now();
    return Object.fromEntries([...this.#running].map(([name, { deadline }]) => [name, deadline - now]));
  }

  #schedule(name: TimerName, deadline: number): void {
    const delayUs = deadline - this.#environment.now();
    const cancel = this.#environment.after(delayUs, () => this.#wake(name));
    this.#running.set(name, { deadline, wakeAt: deadline, cancel });
  }

  #wake(name: TimerName): void {
    const timer = this.#running.get(name);
    if (!timer) return;
    if (timer.deadline > this.#environment.now()) {
      this.#schedule(name, timer.deadline);
      return;
    }
    this.#running.delete(name);
    this.#onTimer(name);
  }
}
