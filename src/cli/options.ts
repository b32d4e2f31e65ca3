/** The options that several commands share, and how their values are read. */
import { InvalidArgumentError, Option } from 'commander';
import type { Engine, EngineName } from '../index.ts';
import { defaultEngine, ENGINE_NAMES, loadEngine } from '../index.ts';
import { EXIT_FAILURE, EXIT_USAGE, Failure } from './failure.ts';

/** The longest timeout in milliseconds: what a timer can hold, almost 25 days. */
const TIMEOUT_MAX_MS = 2_147_483_647;

/** `--engine linux|node`. */
export function engineOption(): Option {
  return new Option('--engine <name>', 'the network to use; without it the best one of this host').choices([
    ...ENGINE_NAMES,
  ]);
}

/** `--json`. */
export function jsonOption(what: string): Option {
  return new Option('--json', `print ${what} as JSON, one value a line`);
}

/** Reads a port that a server may bind: 0–65,535. */
export function bindPort(text: string): number {
  return wholeNumber(text, 0, 65_535, 'A port');
}

/** Reads a port that a client may reach: 1–65,535. */
export function peerPort(text: string): number {
  return wholeNumber(text, 1, 65_535, 'A port');
}

/** Reads a number of milliseconds. */
export function milliseconds(text: string): number {
  return wholeNumber(text, 1, TIMEOUT_MAX_MS, 'A timeout');
}

/** Reads the seed of random numbers. */
export function seed(text: string): number {
  return wholeNumber(text, 0, 2 ** 31 - 1, 'A seed');
}

/** Makes a reader of a whole number; `what` begins the sentence that refuses another. */
export function limited(min: number, max: number, what: string): (text: string) => number {
  return (text) => wholeNumber(text, min, max, what);
}

function wholeNumber(text: string, min: number, max: number, what: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max) {
    throw new InvalidArgumentError(`${what} is a whole number from ${min} to ${max}.`);
  }
  return number;
}

/**
 * Loads the engine that was named, else the best one.
 *
 * @throws Failure in one line when this host can't run it.
 */
export function openEngine(name: EngineName | undefined): Engine {
  try {
    return name === undefined ? defaultEngine() : loadEngine(name);
  } catch (error) {
    const forced = name === undefined ? process.env.PORTICO_ENGINE : undefined;
    const reason = firstLine((error as Error).message);
    const exitCode = error instanceof RangeError ? EXIT_USAGE : EXIT_FAILURE;
    throw new Failure(forced === undefined ? reason : `PORTICO_ENGINE=${forced}: ${reason}`, exitCode);
  }
}

/** What a loader has to say about a missing package, without the list of who wanted it. */
export function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
