/** Runs the cases on an engine, one after another, and gives each its verdict. */
import type { Engine, EngineName } from '../index.ts';
import { loadEngine } from '../index.ts';
import { ConformanceFailure } from './assertions.ts';
import { conformanceCases } from './cases.ts';
import type { ConformanceCase, Need } from './conformance-case.ts';
import { CaseContext } from './context.ts';
import type { Lack } from './needs.ts';
import { lackOf } from './needs.ts';
import { randomOf } from './random.ts';
import { conformanceSkips } from './skips.ts';

/** How a case ended. */
export interface ConformanceResult {
  readonly name: string;
  /** The rows of the checklist that the case belongs to. */
  readonly rows: readonly string[];
  readonly verdict: 'passed' | 'failed' | 'skipped';
  /** What went wrong, or why it did not run; `''` when it passed. */
  readonly reason: string;
  /** What a case that passed tells besides, such as that an option was refused; `''` for nothing. */
  readonly note: string;
  /** For a skipped case: whether the host or the engine lacks something. */
  readonly lackOf?: Lack['of'];
  /** What a failed case threw. */
  readonly error?: unknown;
  readonly durationMs: number;
}

/** What `runConformance` may be told. */
export interface ConformanceOptions {
  /** Which cases to run; all when left out. */
  readonly filter?: (conformanceCase: ConformanceCase) => boolean;
  /** Called after each case. */
  readonly onResult?: (result: ConformanceResult) => void;
  /** Brings the random numbers of an earlier run back. */
  readonly seed?: number;
  /** How long one case may take before it counts as failed; 20,000 when left out. */
  readonly caseTimeoutMs?: number;
  /** Runs also the cases that our own engines are known not to pass. */
  readonly ignoreSkips?: boolean;
}

/** What came of a run. */
export interface ConformanceReport {
  readonly engine: string;
  readonly seed: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly results: readonly ConformanceResult[];
}

/** Generous: a slow machine must not fail a case. */
const CASE_TIMEOUT_MS = 20_000;

/**
 * Runs the conformance cases on an engine.
 *
 * @param engine - an engine of one's own, or the name of one of ours.
 * @returns The verdict of every case; a failure is a verdict, never a rejection.
 * @throws Error when this host can't run the engine of that name.
 * @example
 * ```ts
 * import { runConformance } from 'portico/testing';
 *
 * const { passed, failed, skipped } = await runConformance('node', { filter: ({ rows }) => rows?.includes('U18') ?? false });
 * console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
 * ```
 */
export async function runConformance(
  engine: Engine | EngineName,
  options: ConformanceOptions = {},
): Promise<ConformanceReport> {
  const run = new Run(typeof engine === 'string' ? loadEngine(engine) : engine, options);
  const results: ConformanceResult[] = [];
  for (const one of conformanceCases.filter(options.filter ?? (() => true))) {
    const result = await run.result(one);
    results.push(result);
    options.onResult?.(result);
  }
  const count = (verdict: string) => results.filter((result) => result.verdict === verdict).length;
  return {
    engine: run.engine.name,
    seed: run.seed,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    results,
  };
}

class Run {
  readonly seed: number;
  readonly engine: Engine;
  readonly #timeoutMs: number;
  readonly #ignoreSkips: boolean;
  readonly #lacks = new Map<Need, Lack | undefined>();

  constructor(engine: Engine, options: ConformanceOptions) {
    this.engine = engine;
    this.seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
    this.#timeoutMs = options.caseTimeoutMs ?? CASE_TIMEOUT_MS;
    this.#ignoreSkips = options.ignoreSkips ?? false;
  }

  async result(one: ConformanceCase): Promise<ConformanceResult> {
    const start = performance.now();
    const base = { name: one.name, rows: one.rows ?? [], note: '' };
    const outcome = await this.#outcome(one);
    return { ...base, ...outcome, durationMs: performance.now() - start };
  }

  async #outcome(
    one: ConformanceCase,
  ): Promise<Pick<ConformanceResult, 'verdict' | 'reason' | 'error'> & Partial<ConformanceResult>> {
    try {
      const lack = (await this.#lack(one)) ?? this.#known(one);
      if (lack) return { verdict: 'skipped', reason: lack.reason, lackOf: lack.of };
      const note = await this.#within(one.name, (context) => one.run(context));
      return { verdict: 'passed', reason: '', note };
    } catch (error) {
      return { verdict: 'failed', reason: `${reasonOf(error)} (seed ${this.seed})`, error };
    }
  }

  #known(one: ConformanceCase): Lack | undefined {
    if (this.#ignoreSkips) return undefined;
    const skip = conformanceSkips.find(
      ({ engine, cases }) => engine === this.engine.name && cases.includes(one.name),
    );
    return skip && { of: 'engine', reason: skip.reason };
  }

  async #lack({ needs = [] }: ConformanceCase): Promise<Lack | undefined> {
    for (const need of needs) {
      if (!this.#lacks.has(need)) {
        await this.#within(need, async (context) => {
          this.#lacks.set(need, await lackOf(need, context));
        });
      }
      const lack = this.#lacks.get(need);
      if (lack) return lack;
    }
    return undefined;
  }

  /** Runs `action` in a context of its own, under the time limit; gives what it noted. */
  async #within(name: string, action: (context: CaseContext) => Promise<void>): Promise<string> {
    const context = new CaseContext(this.engine, randomOf(this.seed, name));
    let failed = true;
    try {
      await this.#limited(action(context), context);
      failed = false;
      return context.notes.join('; ');
    } finally {
      // the first failure is the one to tell
      const finished = this.#limited(context.finish(), context);
      await (failed ? finished.catch(() => undefined) : finished);
    }
  }

  async #limited(action: Promise<void>, context: CaseContext): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopListening = () => {};
    const limit = new Promise<never>((_, reject) => {
      stopListening = onStrayError((kind, error) =>
        reject(new ConformanceFailure(`${kind}, which would have ended the process: ${reasonOf(error)}`)),
      );
      timer = setTimeout(() => {
        const waiting = context.waiting.join(', ') || 'nothing that has a name';
        reject(new ConformanceFailure(`Not over after ${this.#timeoutMs} ms, waiting for ${waiting}`));
      }, this.#timeoutMs);
    });
    try {
      await Promise.race([action, limit]);
    } finally {
      clearTimeout(timer);
      stopListening();
    }
  }
}

/** Hears of errors that reached nobody: a socket must not end the process. */
function onStrayError(listener: (kind: string, error: unknown) => void): () => void {
  const { process } = globalThis;
  const onException = (error: unknown) => listener('An exception that nobody caught', error);
  const onRejection = (error: unknown) => listener('A rejection that nobody handled', error);
  process?.on('uncaughtException', onException);
  process?.on('unhandledRejection', onRejection);
  return () => {
    process?.off('uncaughtException', onException);
    process?.off('unhandledRejection', onRejection);
  };
}

function reasonOf(error: unknown): string {
  return error instanceof ConformanceFailure ? error.message : String(error);
}
