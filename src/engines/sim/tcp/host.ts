/** What all sockets of one host share: its tables, and the numbers that it gives out. */
import { Connection } from './connection.ts';
import type { Endpoint } from './control-block.ts';
import type { Occupant, Welcomer } from './demux.ts';
import { Demux } from './demux.ts';
import type { TcpEnvironment } from './environment.ts';
import type { TcpOptions } from './options.ts';
import type { Binding } from './ports.ts';
import { PortTable } from './ports.ts';
import type { TcpProfile } from './profile.ts';
import type { TcpState } from './state.ts';

/** A request for a connection, as the table of sockets shows it. */
export interface RequestOccupant extends Occupant {
  readonly local: Endpoint;
  readonly peer: Endpoint;
}

/** A welcome socket, as the table of sockets shows it. */
export interface ListeningWelcomer extends Welcomer {
  /** Connections that wait to be accepted, and how many may. */
  readonly waiting: number;
  readonly backlog: number;
  crash(): void;
}

/** A socket that is open when the host crashes. */
export interface CrashingSocket {
  crash(): void;
}

/** The TCP of one host, as its sockets see it. */
export class TcpHost {
  readonly environment: TcpEnvironment;
  readonly profile: TcpProfile;
  readonly ports: PortTable;
  readonly demux: Demux<Connection | RequestOccupant, ListeningWelcomer> = new Demux();
  /** The sockets that are open. */
  readonly sockets: Set<CrashingSocket> = new Set();
  #number = 0;

  constructor(environment: TcpEnvironment, profile: TcpProfile) {
    this.environment = environment;
    this.profile = profile;
    this.ports = new PortTable(() => environment.random());
  }

  /** The number of the next socket. */
  nextNumber(): number {
    this.#number += 1;
    return this.#number;
  }

  /** Makes a connection and enters it; it keeps its port until nothing is left of it. */
  connection(
    number: number,
    binding: Binding,
    local: Endpoint,
    peer: Endpoint,
    options: TcpOptions,
    state: TcpState,
  ): Connection {
    const { environment, profile } = this;
    binding.holders += 1;
    const onGone = () => {
      this.demux.remove(local, peer, connection);
      this.ports.release(binding);
    };
    const connection = new Connection({ number, environment, profile, options, local, peer, onGone }, state);
    this.demux.add(local, peer, connection);
    return connection;
  }

  /** Forgets everything. */
  crash(): void {
    for (const socket of this.sockets) socket.crash();
    for (const occupant of this.demux.occupants) occupant.crash();
    for (const welcomer of this.demux.welcomers) welcomer.crash();
    this.sockets.clear();
    this.demux.clear();
    this.ports.clear();
  }
}
