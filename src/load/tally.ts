/** What a load counts, and the latencies of its answers: HdrHistogram, which Node carries (`perf_hooks`). */
import type { RecordableHistogram } from 'node:perf_hooks';
import { createHistogram } from 'node:perf_hooks';
import type { Latency, LoadSpec } from './spec.ts';

const NS_PER_MS = 1e6;
/** With at least so many messages in flight a client, answers come by the batch, and one latency in 16 is recorded. */
const SAMPLED_WINDOW = 16;
const SAMPLE_EVERY = 16;
/** The longest latency that the histogram holds, in nanoseconds: ten minutes. */
const LATENCY_MAX_NS = 600e9;

/** The counters of a load; the busiest are plain fields, written without a call. */
export class Tally {
  messages = 0;
  bytes = 0;
  lost = 0;
  late = 0;
  wrong = 0;
  errors = 0;
  readonly #every: number;
  #unrecorded = 0;
  readonly #histogram: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: LATENCY_MAX_NS,
    figures: 3,
  });

  constructor({ window, rate }: Pick<LoadSpec, 'window' | 'rate'>) {
    this.#every = rate === undefined && window >= SAMPLED_WINDOW ? SAMPLE_EVERY : 1;
  }

  /** Takes an answer of `bytes` bytes that came `ms` milliseconds after its request was due. */
  answered(bytes: number, ms: number): void {
    this.answeredMany(1, bytes, ms);
  }

  /** Takes `count` answers of `bytes` bytes each that came together. */
  answeredMany(count: number, bytes: number, ms: number): void {
    this.messages += count;
    this.bytes += count * bytes;
    this.#unrecorded += count;
    if (this.#unrecorded < this.#every) return;
    this.#unrecorded = 0;
    this.#histogram.record(Math.max(1, Math.round(ms * NS_PER_MS)));
  }

  /** Forgets all: what follows is measured. */
  reset(): void {
    this.messages = 0;
    this.bytes = 0;
    this.lost = 0;
    this.late = 0;
    this.wrong = 0;
    this.errors = 0;
    this.#histogram.reset();
  }

  /** The latencies so far; `undefined` when nothing was answered. */
  latency(): Latency | undefined {
    const histogram = this.#histogram;
    if (histogram.count === 0) return undefined;
    const at = (percentile: number) => histogram.percentile(percentile) / 1000;
    return {
      p50: at(50),
      p99: at(99),
      p999: at(99.9),
      max: histogram.max / 1000,
      mean: histogram.mean / 1000,
      samples: histogram.count,
    };
  }
}
