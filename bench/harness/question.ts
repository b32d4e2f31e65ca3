/** What a question is: who answers under which load, what counts, and what was aimed at. Data only. */
import type { LoadSpec } from '../../src/load/index.ts';
import type { ProgramName } from './programs.ts';

/** The figures of one run. Times in microseconds, memory in bytes. */
export interface Figures {
  /** Processor time of the server per message, and its parts. */
  cpu?: number;
  user?: number;
  system?: number;
  /** … per kilobyte. */
  cpuPerKilobyte?: number;
  /** Messages a second. */
  rate?: number;
  bytesPerSecond?: number;
  p50?: number;
  p99?: number;
  p999?: number;
  /** Resident bytes of the server; for idle connections what each adds. */
  rss?: number;
  rssPerConnection?: number;
  /** How many connections were held: fewer than asked for where the limit of open files is lower. */
  connections?: number;
  /** How much of its processor the server used, and the load of its own. */
  serverBusy?: number;
  loadBusy?: number;
  /** How much of the load's time was the kernel's. */
  loadKernel?: number;
  /** How long the server could have run and somebody else had its processor, as a share of the time. */
  serverWaited?: number;
  lost?: number;
  wrong?: number;
  /** System calls per message, of a separate run under strace. */
  calls?: number;
  /** Milliseconds from start to a bound socket. */
  startMs?: number;
}

/** The name of a figure. */
export type Metric = keyof Figures;

/** One of those that are compared. */
export interface Contestant {
  /** Its name in the report, unique in the question. */
  readonly name: string;
  readonly program: ProgramName;
  /** Its mode, where it differs from the question's. */
  readonly mode?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Part of the load that differs for it. */
  readonly load?: Partial<LoadSpec>;
}

/** Whom a target is about that names nobody. */
export const SUBJECT = 'portico';

/** What was aimed at. With `against` the figures are compared round by round. */
export interface Target {
  readonly contestant?: string;
  readonly metric: Metric;
  readonly against?: string;
  /** `ratio` (the default with `against`), or the difference. */
  readonly as?: 'ratio' | 'difference';
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** A question of the benchmark. */
export interface Question {
  readonly name: string;
  readonly title: string;
  /** What a reader must know. */
  readonly note?: string;
  /**
   * `load`: a server, and a load on it; `sender`: the server sends and the load reads; `idle`: connections are opened
   * and held; `startup`: a program starts and ends.
   */
  readonly kind: 'load' | 'sender' | 'idle' | 'startup';
  readonly mode: string;
  readonly load: Omit<LoadSpec, 'host' | 'port' | 'warmUpMs' | 'measureMs'> & { readonly host?: string };
  /** Who counts the messages: the load, or the server where not all arrive. */
  readonly counts?: 'load' | 'server';
  readonly env?: Readonly<Record<string, string>>;
  readonly contestants: readonly Contestant[];
  /** What the table shows, the main figure first. */
  readonly metrics: readonly Metric[];
  readonly targets: readonly Target[];
  /** Whether `--quick` asks it. */
  readonly quick: boolean;
}
