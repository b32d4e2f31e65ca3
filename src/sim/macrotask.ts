/**
 * The one thing that the simulator takes from its host: a way to let all programs run until they wait. A macrotask comes
 * after every microtask, however long their chain. Taken once, so that a test's fake timers can't stop it.
 */

/** Resolves when everything that can run has run. */
export type Hop = () => Promise<void>;

/** What a browser's port has, which the types of Node's own do not know. */
interface Port {
  onmessage: (() => void) | null;
  postMessage(message: unknown): void;
}

const { setImmediate, MessageChannel } = globalThis;

/** `setImmediate` where there is one, else a message to oneself: in a browser timers are held back, messages are not. */
export const hop: Hop =
  setImmediate === undefined ? messageHop() : () => new Promise((resolve) => setImmediate(resolve));

function messageHop(): Hop {
  const { port1, port2 } = new MessageChannel() as unknown as { readonly port1: Port; readonly port2: Port };
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(undefined);
    });
}
