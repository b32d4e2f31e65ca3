/** Runs a load in a thread of its own, so that this one stays free: for progress, and for Ctrl-C. */
import { Worker } from 'node:worker_threads';
import type { EngineName, SocketErrorDetails } from '../index.ts';
import { SocketError } from '../index.ts';
import { SHARED } from './period.ts';
import type { LoadReport, LoadSpec } from './spec.ts';

/** How often progress is told, in milliseconds. */
const PROGRESS_MS = 1000;
/** How long the thread may take to stop, in milliseconds; it looks every 50, unless it is connecting. */
const STOP_MS = 1000;

/** What has happened so far: since the warm-up, when `measuring`. */
export interface Progress {
  readonly measuring: boolean;
  readonly messages: number;
  readonly lost: number;
  readonly wrong: number;
  readonly errors: number;
}

/** What the thread is told. */
export interface LoadWork {
  readonly spec: LoadSpec;
  readonly shared: Float64Array;
}

/** What the thread answers. */
export type LoadAnswer =
  | { readonly report: LoadReport }
  | { readonly failure: SocketErrorDetails }
  | { readonly defect: unknown };

/** Who wants to know, and what may end the load early. */
export interface StartOptions {
  readonly engine?: EngineName | undefined;
  readonly signal?: AbortSignal;
  /** Called once a second. */
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Runs the load; an abort ends it early, with the report of what there was.
 *
 * @throws SocketError when the server can't be reached, or the last connection breaks.
 */
export async function startLoad(spec: LoadSpec, options: StartOptions = {}): Promise<LoadReport> {
  const shared = new Float64Array(new SharedArrayBuffer(8 * SHARED.count));
  const { engine, signal, onProgress } = options;
  const work: LoadWork = { spec: engine === 'node' ? { ...spec, native: false } : spec, shared };
  const env = engine === undefined ? process.env : { ...process.env, PORTICO_ENGINE: engine };
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: work, env });
  const timer = setInterval(() => onProgress?.(progressOf(shared)), PROGRESS_MS);
  const stop = () => {
    shared[SHARED.stop] = 1;
    setTimeout(() => void worker.terminate(), STOP_MS).unref();
  };
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return reportOf(await answerOf(worker, signal));
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function answerOf(worker: Worker, signal: AbortSignal | undefined): Promise<LoadAnswer> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', () =>
      reject(signal?.reason ?? new Error('The thread of the load ended without a report')),
    );
  });
}

function reportOf(answer: LoadAnswer): LoadReport {
  if ('report' in answer) return answer.report;
  if ('failure' in answer) throw new SocketError(answer.failure);
  throw answer.defect;
}

function progressOf(shared: Float64Array): Progress {
  const at = (name: keyof typeof SHARED) => shared[SHARED[name]] ?? 0;
  return {
    measuring: at('measuring') === 1,
    messages: at('messages'),
    lost: at('lost'),
    wrong: at('wrong'),
    errors: at('errors'),
  };
}
