/** The engine `node`: `node:dgram` and `node:net`, for systems on which the engine `linux` can't run. */
import type { Family, SocketType } from '../../posix/constants.ts';
import { AF_UNIX, SOCK_DGRAM, SOCK_STREAM, transportName } from '../../posix/constants.ts';
import type { Engine, EngineDatagramSocket, EngineStreamSocket } from '../engine.ts';
import { lookup, lookupName } from '../names.ts';
import { after, now } from '../timer.ts';
import { ENGINE_NAME, socketError } from './errors.ts';
import { Loop } from './loop.ts';
import { NodeStreamSocket } from './tcp.ts';
import { NodeDatagramSocket } from './udp.ts';

/**
 * Loads the engine for this thread.
 *
 * @throws Error where there is no Node: in a browser.
 */
export function nodeEngine(): Engine {
  const { process } = globalThis;
  if (typeof process?.getBuiltinModule !== 'function') {
    throw new Error('The engine node runs on Node 20.19 or later, and this is none');
  }
  const loop = new Loop();
  return {
    name: ENGINE_NAME,
    openDatagram: (family) => openDatagram(loop, family),
    openStream: (family, type) => openStream(loop, family, type),
    lookup: (host, family, flags, cancellation) => lookup(ENGINE_NAME, host, family, flags, cancellation),
    lookupName: (host, port, cancellation) => lookupName(ENGINE_NAME, host, port, cancellation),
    gethostname: () => process.getBuiltinModule('node:os').hostname(),
    after,
    now,
  };
}

function openDatagram(loop: Loop, family: Family): EngineDatagramSocket {
  if (family !== AF_UNIX) return new NodeDatagramSocket(loop, family);
  const ends = { transport: transportName(family, SOCK_DGRAM) };
  throw socketError('EPROTONOSUPPORT', 'socket', ends, 'the engine node has no Unix datagrams; linux has');
}

function openStream(loop: Loop, family: Family, type: SocketType): EngineStreamSocket {
  if (type === SOCK_STREAM) return new NodeStreamSocket(loop, family);
  const ends = { transport: transportName(family, type) };
  const code = family === AF_UNIX ? 'EPROTONOSUPPORT' : 'ESOCKTNOSUPPORT';
  throw socketError(code, 'socket', ends, 'the engine node has no SOCK_SEQPACKET; linux has');
}
