/** Holds the place of the TCP of one host until it is there. */
import type { Family, SocketType } from '../../../posix/constants.ts';
import { SocketError } from '../../../posix/socket-error.ts';
import type { EngineStreamSocket } from '../../engine.ts';
import type { SocketRow } from '../socket-table.ts';
import type { TcpEnvironment } from './environment.ts';
import type { Segment } from './segment.ts';

/** No TCP yet. */
export class TcpStack {
  constructor(_environment: TcpEnvironment, _profile: 'linux' | 'rfc') {}

  receive(_segment: Segment): void {}

  unreachable(_original: Segment, _code: 'net' | 'host' | 'port'): void {}

  open(_family: Family, _type: SocketType): EngineStreamSocket {
    throw new SocketError({ code: 'EPROTONOSUPPORT', syscall: 'socket', engine: 'sim', transport: 'tcp' });
  }

  sockets(): SocketRow[] {
    return [];
  }

  crash(): void {}
}
