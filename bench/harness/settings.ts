/** How long and how often is measured. */

/** What the command line settles. */
export interface Settings {
  /** Rounds in which each contestant runs once. */
  readonly pairs: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Connections of the question about idle ones. */
  readonly idleConnections: number;
  /** Whether system calls are counted in a run of their own. */
  readonly countsCalls: boolean;
  /** Names of contestants; all when empty. */
  readonly peers: readonly string[];
  /** Only contestants that a target of the question names. */
  readonly targetsOnly: boolean;
  /** No further round begins after this time, shared evenly by the questions; no limit when absent. */
  readonly budgetMs?: number;
}

export const FULL: Settings = {
  pairs: 7,
  warmUpMs: 2000,
  measureMs: 3000,
  idleConnections: 10_000,
  countsCalls: true,
  peers: [],
  targetsOnly: false,
};

/** Under two minutes for all questions that take part: tells that everything runs, and the order of magnitude. */
export const QUICK: Settings = {
  pairs: 2,
  warmUpMs: 300,
  measureMs: 500,
  idleConnections: 2000,
  countsCalls: false,
  peers: ['portico', 'node', 'bare-node', 'c-mmsg', 'c-gso', 'c-epoll'],
  targetsOnly: false,
  budgetMs: 80_000,
};
