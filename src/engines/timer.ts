/** Time, for the engines that run in the system's own. */

/**
 * Calls back once after `delayMs`, when the event loop has looked once more for what has arrived: Node runs timers
 * before it reads, and a busy turn must not make a call time out whose answer is there. What has arrived may be served
 * by an immediate, so the call back is one of the next round.
 *
 * @returns A function that calls it off.
 */
export function after(delayMs: number, callback: () => void): () => void {
  let last: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    last = setImmediate(() => {
      last = setImmediate(callback);
    });
  }, delayMs);
  return () => {
    clearTimeout(timer);
    clearImmediate(last);
  };
}

/** Milliseconds since the thread began, whatever happens to the clock on the wall. */
export function now(): number {
  return performance.now();
}
