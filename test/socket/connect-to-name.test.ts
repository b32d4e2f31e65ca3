/** Connecting to a name with several addresses, some of which do not answer. RFC 8305. */
import { expect, onTestFinished, test } from 'vitest';
import type { Engine, EngineName } from '../../src/index.ts';
import {
  AF_INET,
  ENGINE_NAMES,
  IPPROTO_TCP,
  loadEngine,
  SO_KEEPALIVE,
  SOCK_STREAM,
  SOL_SOCKET,
  socket,
  TCP_NODELAY,
} from '../../src/index.ts';
import { needLinuxEngine } from '../engines/linux/requirements.ts';

const NAME = 'several.example';

/** An engine on which the name has these addresses, and which counts the streams that it opens. */
function naming(name: EngineName, hosts: readonly string[]): { engine: Engine; opened(): number } {
  const engine = loadEngine(name);
  let opened = 0;
  const named: Engine = {
    ...engine,
    openStream: (family, type) => {
      opened += 1;
      return engine.openStream(family, type);
    },
    lookup: async () => hosts.map((host) => ({ family: AF_INET, host })),
  };
  return { engine: named, opened: () => opened };
}

test.for(ENGINE_NAMES)(
  'connect() to a name on %s connects to the address that answers, with the options last set',
  async (name, context) => {
    if (name === 'linux') needLinuxEngine(context);
    const { engine, opened } = naming(name, ['127.0.0.2', '127.0.0.1']);
    const welcome = socket(AF_INET, SOCK_STREAM, { engine });
    const client = socket(AF_INET, SOCK_STREAM, { engine });
    onTestFinished(async () => {
      await client.close();
      await welcome.close();
    });
    await welcome.bind({ host: '127.0.0.1', port: 0 });
    await welcome.listen();
    const before = opened();
    for (let time = 0; time < 1000; time += 1) client.setsockopt(IPPROTO_TCP, TCP_NODELAY, time % 2 === 0);
    client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, true);
    const accepted = welcome.accept();
    await client.connect({ host: NAME, port: welcome.getsockname().port });
    const [connection] = await accepted;
    onTestFinished(() => connection.close());
    expect(opened() - before, 'sockets for further attempts').toBe(1);
    expect(client.getpeername().host).toBe('127.0.0.1');
    expect(client.getsockopt(IPPROTO_TCP, TCP_NODELAY)).toBe(false);
    expect(client.getsockopt(SOL_SOCKET, SO_KEEPALIVE)).toBe(true);
  },
);
