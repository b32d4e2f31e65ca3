/** Deadlines and signals of look-ups: nothing makes a real resolver wait, so this one never answers. */
import type { CallOptions, Engine } from 'portico';
import { AF_INET, getaddrinfo, getnameinfo, loadEngine, SOCK_DGRAM, SOCK_STREAM, socket } from 'portico';
import { describe, expect, it } from 'vitest';
import { engines } from './engines.ts';

const REMOTE = { host: 'slow.example', port: 9 };

/** The engine with a resolver that waits until it is called off. */
function withoutAnswers(engine: Engine): Engine {
  const never: Engine['lookup'] = (_host, _family, _flags, cancellation) =>
    new Promise((_, reject) => {
      if (cancellation) cancellation.onCancel = reject;
    });
  return {
    ...engine,
    lookup: never,
    lookupName: (host, port, cancellation) => never(host, port, 0, cancellation) as never,
  };
}

describe.each(engines)('engine %s', (name) => {
  const engine = withoutAnswers(loadEngine(name));
  const calls: Record<string, (options: CallOptions) => Promise<unknown>> = {
    'getaddrinfo()': (options) => getaddrinfo(REMOTE.host, 9, { engine, ...options }),
    'getnameinfo()': (options) => getnameinfo({ host: '127.0.0.1', port: 9 }, { engine, ...options }),
    'bind()': (options) => socket(AF_INET, SOCK_DGRAM, { engine }).bind(REMOTE, options),
    'sendto()': (options) => socket(AF_INET, SOCK_DGRAM, { engine }).sendto('x', REMOTE, options),
    'connect() of UDP': (options) => socket(AF_INET, SOCK_DGRAM, { engine }).connect(REMOTE, options),
    'connect() of TCP': (options) => socket(AF_INET, SOCK_STREAM, { engine }).connect(REMOTE, options),
  };

  it.each(Object.entries(calls))('%s ends at its deadline', async (_, call) => {
    await expect(call({ timeoutMs: 5 })).rejects.toMatchObject({ name: 'SocketError', code: 'ETIMEDOUT' });
    await expect(call({ timeoutMs: 0 })).rejects.toMatchObject({ name: 'SocketError', code: 'ETIMEDOUT' });
  });

  it.each(Object.entries(calls))('%s ends with the reason of its signal', async (_, call) => {
    const reason = new Error('changed my mind');
    await expect(call({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const waiting = call({ signal: abort.signal });
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
