/** A link between two hosts, as a test holds it. */
import type { Cable } from '../engines/sim/fabric.ts';
import type { Fault } from '../engines/sim/fault.ts';
import type { LinkOptions } from '../engines/sim/link.ts';
import type { Host } from './host.ts';
import type { PartitionOptions, WayRoom } from './way.ts';
import { Way } from './way.ts';

/** What a wire needs of its network. */
export interface WireRoom extends Omit<WayRoom, 'directions'> {
  cable(): Cable;
}

/** A link between two hosts: two ways, each with its own delay, rate and faults. */
export class Wire {
  /** Both directions at once; a fault counts its hits in either. */
  readonly both: Way;
  /** The hosts at its ends, in the order in which they were joined. */
  readonly ends: readonly [Host, Host];
  readonly #room: WireRoom;

  /** @internal */
  constructor(room: WireRoom, ends: readonly [Host, Host]) {
    this.#room = room;
    this.ends = ends;
    this.both = this.#way(() => true);
  }

  /** `client-server`. */
  get name(): string {
    return this.#room.cable().name;
  }

  /** The way of the packets that arrive at `host`. */
  toward(host: Host): Way {
    if (!this.ends.includes(host)) throw new RangeError(`The link ${this.name} does not end at ${host.name}`);
    return this.#way((to) => to === host.name);
  }

  /** Cuts both ways; `wire.toward(host).partition()` cuts one. */
  partition(options: PartitionOptions = {}): Fault {
    return this.both.partition(options);
  }

  /** Changes how both ways carry packets. */
  set(options: LinkOptions): void {
    this.both.set(options);
  }

  #way(isMeant: (to: string) => boolean): Way {
    const { keep, change } = this.#room;
    const directions = () => this.#room.cable().directions.filter(({ to }) => isMeant(to.name));
    return new Way({ directions, keep, change });
  }
}
