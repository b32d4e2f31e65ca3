/** What a person does to a run: a packet lost, a host that crashes, another link, one more client. As data, and as the words of the page's address. */
import type { Made } from '../../scenarios/index.ts';
import type { Host, Packet, SimNet, Way, Wire } from '../../sim/index.ts';
import type { Flight } from './flights.ts';
import { WayNumbers } from './way-numbers.ts';

/** What can befall one packet. */
export type PacketFault = 'drop' | 'duplicate' | 'reorder' | 'corrupt';

/** One change. Times are whole microseconds of the network. */
export type Change =
  | PacketChange
  | { readonly kind: 'crash' | 'restart'; readonly host: string; readonly atUs: number }
  | LinkChange
  | { readonly kind: 'client'; readonly atUs: number };

/** One packet meets a fault. It is named by its way and its number there, from 1, so that what others send moves no name. */
export interface PacketChange {
  readonly kind: PacketFault;
  readonly from: string;
  readonly to: string;
  readonly number: number;
}

/** From a time on, every link carries packets like this. */
export interface LinkChange {
  readonly kind: 'link';
  readonly atUs: number;
  readonly delayMs: number;
  /** In percent, 0 to 100. */
  readonly loss: number;
  /** In kilobits a second; 0 for no limit. */
  readonly kbps: number;
}

/** No more changes than this are read from an address. */
const CHANGES_MAX = 100;
/** Clients that are added have addresses from this one on. */
const FIRST_ADDRESS = 101;
/** How long a packet is under way to and from a client that was added, in milliseconds: as in most scenarios. */
const DELAY_MS = 25;
/** A copy comes so much later, in milliseconds. */
const COPY_MS = 6;

const PACKET_FAULTS: readonly PacketFault[] = ['drop', 'duplicate', 'reorder', 'corrupt'];

/** Writes changes for the address. */
export function formatChanges(changes: readonly Change[]): string {
  return changes.map(format).join(',');
}

function format(change: Change): string {
  switch (change.kind) {
    case 'crash':
    case 'restart':
      return `${change.kind}-${change.host}-${change.atUs}`;
    case 'link':
      return `link-${change.atUs}-${change.delayMs}-${change.loss}-${change.kbps}`;
    case 'client':
      return `client-${change.atUs}`;
    default:
      return `${change.kind}-${change.from}-${change.to}-${change.number}`;
  }
}

/** Reads changes from an address; what it does not know it leaves out. */
export function parseChanges(text: string): readonly Change[] {
  return text
    .split(',')
    .slice(0, CHANGES_MAX)
    .flatMap((word) => parse(word) ?? []);
}

function parse(word: string): Change | undefined {
  const [kind = '', ...words] = word.split('-');
  const numbers = words.map((text) => (/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN));
  const isNumeric = (count: number) => numbers.length === count && !numbers.some(Number.isNaN);
  const [a = 0, b = 0, c = 0, d = 0] = numbers;
  const [from = '', to = ''] = words;
  const fault = PACKET_FAULTS.find((one) => one === kind);
  if (fault && words.length === 3 && !Number.isNaN(c)) return { kind: fault, from, to, number: c };
  if (kind === 'client' && isNumeric(1)) return { kind, atUs: a };
  if (kind === 'link' && isNumeric(4) && b <= 10_000 && c <= 100)
    return { kind, atUs: a, delayMs: b, loss: c, kbps: d };
  if ((kind === 'crash' || kind === 'restart') && words.length === 2 && !Number.isNaN(b))
    return { kind, host: from, atUs: b };
  return undefined;
}

/** The change that lets a packet meet a fault. */
export function faultOf(kind: PacketFault, { from, to, number }: Flight): PacketChange {
  return { kind, from, to, number };
}

/** Puts changes into a network that has been built and has not run. */
export function applyChanges(made: Made, changes: readonly Change[]): void {
  const { sim } = made;
  const clients = changes.filter((change) => change.kind === 'client');
  const wires = [...made.wires, ...clients.flatMap(({ atUs }, index) => addClient(made, index + 1, atUs))];
  const links = changes.filter((change) => change.kind === 'link');
  for (const [index, link] of links.entries()) setLinks(sim, wires, link, links[index + 1]?.atUs);
  const numbers = new WayNumbers(sim);
  for (const change of changes) {
    switch (change.kind) {
      case 'client':
      case 'link':
        break;
      case 'crash':
      case 'restart':
        befall(sim, change.host, change.kind, change.atUs);
        break;
      default:
        meet(wires, numbers, change);
    }
  }
}

function meet(wires: readonly Wire[], numbers: WayNumbers, { kind, from, to, number }: PacketChange): void {
  const selector = { where: ({ id }: Packet) => numbers.of(id) === number, optional: true };
  const install: Readonly<Record<PacketFault, (way: Way) => unknown>> = {
    drop: (way) => way.drop(selector),
    duplicate: (way) => way.duplicate(selector, { delayMs: COPY_MS }),
    reorder: (way) => {
      // it arrives behind the next, and not together with it
      way.delay(1, selector);
      way.reorder({ gap: 1 }, selector);
    },
    corrupt: (way) => way.corrupt(selector),
  };
  for (const wire of wires) {
    const [sender, receiver] = [from, to].map((name) => wire.ends.find((host) => host.name === name));
    if (sender && receiver && sender !== receiver) install[kind](wire.toward(receiver));
  }
}

function befall(sim: SimNet, name: string, kind: 'crash' | 'restart', atUs: number): void {
  const host: Host | undefined = sim.hosts.find((one) => one.name === name);
  if (host) sim.at(atUs / 1000, () => host[kind]());
}

function setLinks(
  sim: SimNet,
  wires: readonly Wire[],
  { atUs, delayMs, loss, kbps }: LinkChange,
  untilUs = Number.POSITIVE_INFINITY,
): void {
  for (const wire of wires) {
    const bitsPerSecond = kbps > 0 ? kbps * 1000 : Number.POSITIVE_INFINITY;
    sim.at(atUs / 1000, () => wire.set({ delayMs, bitsPerSecond }));
    if (loss > 0)
      wire.both.loss(loss / 100, { fromMs: atUs / 1000, untilMs: untilUs / 1000, optional: true });
  }
}

/** @returns Its link, where there is a client to be like. */
function addClient(made: Made, number: number, atUs: number): readonly Wire[] {
  const { sim, programs } = made;
  const server = sim.hosts.find(({ name }) => name === 'server');
  const client = programs.find(({ host }) => host !== server);
  if (!server || !client) return [];
  const host = sim.host(`new${number}`, { ip: `10.0.0.${FIRST_ADDRESS + number - 1}` });
  made.run(host, client.program, atUs / 1000);
  return [sim.link(host, server, { delayMs: DELAY_MS })];
}
