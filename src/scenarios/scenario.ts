/**
 * What a scenario is: a small network with its programs, told as data, so that the command line, the lab page and the
 * tests play the same one. A program is there twice: as the lines that a student reads, and as the function that runs;
 * a test holds them together.
 */
import type { Host, LinkOptions, ProgramContext, SimNet, Wire } from '../sim/index.ts';

/** What a program of a scenario works with. */
export interface ScenarioContext extends ProgramContext {
  /** What is typed at its keyboard. */
  input(prompt: string): string;
}

/** A program of a scenario. */
export interface ScenarioProgram {
  /** As it is shown: `UDPServer`. */
  readonly name: string;
  /** The same program in the Python of the notes, where they have it. */
  readonly python?: readonly string[];
  /** The lines of its body, without types. */
  readonly lines: readonly string[];
  readonly body: (context: ScenarioContext) => Promise<unknown>;
}

/** To be answered before a run is played. */
export interface Question {
  readonly text: string;
  readonly answer: string;
}

/** One way to play a scenario. */
export interface ScenarioVariant {
  /** In the address of the page and on the command line. */
  readonly name: string;
  readonly title: string;
  /** Where it shows something else than the scenario asks. */
  readonly question?: Question;
  /** What one sees, a sentence for each step, in order. */
  readonly captions: readonly string[];
  /** Builds the network; nothing has run yet. */
  readonly build: (stage: Stage) => Plan;
}

/** What a variant builds with. */
export interface Stage {
  readonly sim: SimNet;
  /** Adds a host that runs these programs, one after another in the order given, all at once. */
  host(name: string, ip: string, ...programs: readonly ScenarioProgram[]): Staged;
  /** Joins two hosts, with the loss that was asked for on both ways. */
  link(a: Host, b: Host, options?: LinkOptions): Wire;
}

/** A host of a scenario, with the results of its programs. */
export interface Staged {
  readonly host: Host;
  readonly results: readonly Promise<unknown>[];
}

/** How long a variant is played. */
export interface Plan {
  /** Until these programs have ended; until nothing can happen any more when left out. */
  readonly until?: readonly Promise<unknown>[];
  /** For so many milliseconds, when there is no `until`. */
  readonly forMs?: number;
  /** When the sockets of all hosts are looked at, in milliseconds, besides at the end. */
  readonly looksMs?: readonly number[];
}

/** A scenario. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly question: Question;
  /** The host whose windows tell the story: what it may have under way, and has. */
  readonly sender?: string;
  /** The first is the one that is played when none is named. */
  readonly variants: readonly [ScenarioVariant, ...ScenarioVariant[]];
}
