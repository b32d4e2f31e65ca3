/** The cases that our engines are known not to pass, with the reason. A test fails when one of them would pass. */

/** Cases that one engine does not pass. */
export interface ConformanceSkip {
  readonly engine: string;
  /** Why not, for a user to read. */
  readonly reason: string;
  /** Names of cases. */
  readonly cases: readonly string[];
}

/** What is skipped, engine by engine. A case whose `needs` an engine does not meet need not be listed. */
export const conformanceSkips: readonly ConformanceSkip[] = [
  {
    engine: 'node',
    reason:
      'Node takes connections from the kernel before accept() asks for them, so the backlog is not the limit',
    cases: ['listen() with a backlog of 1 lets two connections wait and no third'],
  },
  {
    engine: 'node',
    reason: 'Node can hold a TCP port only by listening on it: a client is reset, not refused',
    cases: ['connect() to a socket that is bound but does not listen rejects with ECONNREFUSED'],
  },
  {
    engine: 'node',
    reason: 'Node removes the file of a Unix socket when it closes',
    cases: ['bind() to a path that exists rejects with EADDRINUSE, after close() too'],
  },
  {
    engine: 'node',
    reason: 'Node takes the pending error before SO_ERROR can',
    cases: ['getsockopt() of SO_ERROR takes the pending error'],
  },
];
