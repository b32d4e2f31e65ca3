/**
 * The rows of the checklist that no case stands for, with the reason. Rows U01–U60 and T01–T44 are behaviours
 * gathered from the tests of Node, libuv, Bun, Deno, CPython, ranch and nginx; every other row has at least one case.
 */

/** A row without a case. */
export interface RowWithoutCase {
  readonly row: string;
  readonly reason: string;
}

/** The rows that no case stands for. */
export const rowsWithoutCase: readonly RowWithoutCase[] = [
  { row: 'U11', reason: 'Of engines with descriptors alone; test/socket/fromfd.test.ts' },
  {
    row: 'U23',
    reason: 'The door has no callbacks and no error events: an error goes to the call, nothing else',
  },
  { row: 'U30', reason: 'The door has no ref and unref; test/conformance shows which programs end' },
  { row: 'U31', reason: 'The door shows no send queue: the promise of a send is its state' },
  { row: 'U38', reason: 'Takes a system call filter around the process; a test of the engine linux' },
  { row: 'U44', reason: 'An allocation cannot be made to fail through the door' },
  { row: 'U53', reason: 'The door has no block list; serve() decides whom it answers' },
  { row: 'U59', reason: 'Takes worker threads; a test of the engine linux' },
  { row: 'U60', reason: 'The PROXY protocol belongs to portico/server' },
  { row: 'T24', reason: 'The door has no ref and unref; test/conformance shows which programs end' },
  { row: 'T25', reason: 'Of engines with descriptors alone; test/socket/fromfd.test.ts' },
  { row: 'T26', reason: 'A limit of connections belongs to serve()' },
  { row: 'T27', reason: 'Takes a process that runs out of descriptors; test/conformance runs one' },
  { row: 'T28', reason: 'TLS and handshakes belong to serve()' },
  { row: 'T30', reason: 'Handlers belong to serve()' },
  { row: 'T34', reason: 'Seen only from a child process; test/conformance starts one' },
  { row: 'T35', reason: 'No engine sends or receives ancillary data yet' },
  { row: 'T36', reason: 'Takes signals from outside; a test of the engine linux' },
  { row: 'T39', reason: 'TLS belongs to serve()' },
  { row: 'T40', reason: 'TLS belongs to serve()' },
  { row: 'T41', reason: 'TLS belongs to serve()' },
  { row: 'T42', reason: 'TLS belongs to serve()' },
  { row: 'T43', reason: 'The PROXY protocol belongs to portico/server' },
  { row: 'T44', reason: 'The access log belongs to serve()' },
];
