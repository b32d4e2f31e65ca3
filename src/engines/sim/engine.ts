/** The engine `sim`: the contract, for one program on one simulated host. */
import type { Family, SocketType } from '../../posix/constants.ts';
import { AF_INET, AF_UNIX, familyName, SOCK_STREAM } from '../../posix/constants.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation, Engine, EngineStreamSocket, ResolvedAddress } from '../engine.ts';
import { WaitQueue } from '../wait-queue.ts';
import { ENGINE_NAME } from './errors.ts';
import type { NameTable } from './names.ts';
import type { Process } from './process.ts';
import { NO_SOCKET } from './process.ts';
import { ProcessDatagramSocket } from './process-datagrams.ts';
import { numberOf, ProcessStreamSocket } from './process-streams.ts';
import type { SimDatagramSocket } from './udp.ts';

/** How long a look-up takes: a table of the own host; a guess. */
const LOOKUP_US = 100;
/** A timer of a deadline comes this much late, as `PR_SET_TIMERSLACK` has it (prctl(2)): what is on the loopback is there first. */
const TIMER_SLACK_US = 50;

/** The host that a program runs on. */
export interface EngineHost {
  readonly name: string;
  readonly names: NameTable;
  openUdp(): SimDatagramSocket;
  openTcp(family: Family, type: SocketType): EngineStreamSocket;
}

/** Makes the engine of one program. */
export function engineFor(host: EngineHost, program: Process): Engine {
  return {
    name: ENGINE_NAME,
    openDatagram: (family) => {
      checkFamily(family, 'SOCK_DGRAM');
      return new ProcessDatagramSocket(program, host.openUdp());
    },
    openStream: (family, type) => {
      checkFamily(family, type === SOCK_STREAM ? 'SOCK_STREAM' : 'SOCK_SEQPACKET');
      const socket = host.openTcp(family, type);
      return new ProcessStreamSocket(program, socket, numberOf(socket));
    },
    lookup: async (name, family, _flags, cancellation) => {
      const answer = () => found(host.names.addressesOf(name, family), `getaddrinfo ${name}`);
      const asked = () => later(program, answer, cancellation);
      return program.call('getaddrinfo', NO_SOCKET, name, asked, (all) =>
        all.map((one) => one.host).join(' '),
      );
    },
    lookupName: async (address, port, cancellation) => {
      const answer = () => {
        const name = host.names.nameOf(address);
        if (name === undefined) throw nameError(`getnameinfo ${address}`);
        return { host: name, service: String(port) };
      };
      const asked = () => later(program, answer, cancellation);
      return program.call('getnameinfo', NO_SOCKET, address, asked, (name) => name.host);
    },
    gethostname: () => host.name,
    after: (delayMs, callback) => program.after(delayMs * 1000 + TIMER_SLACK_US, callback),
  };
}

function checkFamily(family: Family, type: string): void {
  if (family === AF_INET) return;
  const what = family === AF_UNIX ? 'Unix sockets' : 'IPv6';
  throw new SocketError({
    code: 'EAFNOSUPPORT',
    syscall: `socket ${familyName(family)} ${type}`,
    engine: ENGINE_NAME,
    text: `the simulated network has no ${what}`,
  });
}

/** Answers after the time of a look-up, unless it is called off. */
function later<T>(program: Process, answer: () => T, cancellation?: Cancellation): Promise<T> {
  const waiting = new WaitQueue<undefined, T>();
  const result = waiting.wait(undefined, cancellation);
  program.after(LOOKUP_US, () => {
    try {
      waiting.resolve(answer());
    } catch (error) {
      waiting.reject(error);
    }
  });
  return result;
}

function found(addresses: readonly ResolvedAddress[], syscall: string): readonly ResolvedAddress[] {
  if (addresses.length === 0) throw nameError(syscall);
  return addresses;
}

function nameError(syscall: string): SocketError {
  const code: ErrorCode = 'EAI_NONAME';
  return new SocketError({ code, syscall, engine: ENGINE_NAME });
}
