/** Where everything on the stage stands, for a size of the stage: hosts, their halves, the sockets, the wires. Numbers only. */
import type { SocketRow } from '../../sim/index.ts';
import type { SeenFlight, SeenHost } from '../model/view.ts';
import { packetText } from './words.ts';

/** A rectangle. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A socket on the stage. */
export interface SocketPlace {
  readonly row: SocketRow;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Where its door is: on the line between the process and the kernel. */
  readonly door: { readonly x: number; readonly y: number };
}

/** A host on the stage. */
export interface HostPlace {
  readonly host: SeenHost;
  readonly box: Box;
  readonly process: Box;
  readonly kernel: Box;
  readonly sockets: readonly SocketPlace[];
  /** Sockets that are drawn as their doors alone, and how large. */
  readonly crowd: { readonly sockets: readonly CrowdPlace[]; readonly radius: number };
  /** Sockets for which there is no room. */
  readonly more: number;
}

/** A socket in a crowd. */
export interface CrowdPlace {
  readonly row: SocketRow;
  readonly x: number;
  readonly y: number;
}

/** A wire, from the client's end. */
interface WirePlace {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** The stage. */
export interface StagePlaces {
  readonly width: number;
  readonly height: number;
  readonly isUpright: boolean;
  readonly hosts: readonly HostPlace[];
  /** By the name of the client. */
  readonly wires: ReadonlyMap<string, WirePlace>;
  /** So many packets have room beside each other, on each side of a wire. */
  readonly lanes: number;
  readonly laneRoom: number;
}

const MARGIN = 10;
const GAP = 12;
const TITLE = 26;
const ROW = 34;
const LANE = 27;
/** About this many pixels to a letter on a packet. */
const LETTER = 7;
/** The cells of a crowd, in pixels: as large as there is room for. */
const CELLS = [16, 14, 12, 10, 8, 7];
/** Where hosts stand above each other, packets are beside each other. */
const LANE_ACROSS = 84;
/** A kernel that is wider than this has two columns of sockets. */
const COLUMN_MIN = 150;
/** A narrower stage has its hosts above each other. */
const UPRIGHT_MAX = 540;

/** Places everything. @param isCrowd - whether sockets that have no room for words are drawn as doors. */
export function placesOf(
  hosts: readonly SeenHost[],
  width: number,
  height: number,
  isCrowd = false,
): StagePlaces {
  const server = hosts.find(({ isServer }) => isServer);
  const clients = hosts.filter((host) => host !== server);
  const isUpright = width < UPRIGHT_MAX;
  const boxes = isUpright ? upright(clients.length, width, height) : across(clients.length, width, height);
  const places = clients.flatMap((host, index) => {
    const box = boxes.clients[index];
    return box ? [placeOf(host, box, { isUpright, isServer: false, isCrowd })] : [];
  });
  const serverPlace = server ? [placeOf(server, boxes.server, { isUpright, isServer: true, isCrowd })] : [];
  const wires = new Map(places.map(({ host, box }) => [host.name, wireOf(box, boxes.server, isUpright)]));
  const room = (isUpright ? width : height) / Math.max(1, clients.length);
  const laneRoom = isUpright ? Math.min(LANE_ACROSS, room / 2) : LANE;
  return {
    width,
    height,
    isUpright,
    hosts: [...places, ...serverPlace],
    wires,
    laneRoom,
    lanes: Math.max(1, Math.min(6, Math.floor((room / 2 - (isUpright ? 0 : 8)) / laneRoom))),
  };
}

interface Boxes {
  readonly clients: readonly Box[];
  readonly server: Box;
}

function across(count: number, width: number, height: number): Boxes {
  const clientWidth = Math.min(270, width * 0.34);
  const serverWidth = Math.min(300, width * 0.36);
  const each = (height - 2 * MARGIN - GAP * (count - 1)) / Math.max(1, count);
  const clientHeight = Math.min(each, 260);
  const clients = Array.from({ length: count }, (_, index) => ({
    x: MARGIN,
    y: MARGIN + index * (each + GAP) + (each - clientHeight) / 2,
    width: clientWidth,
    height: clientHeight,
  }));
  const serverHeight = Math.min(height - 2 * MARGIN, count > 1 ? height : 300);
  const server = {
    x: width - MARGIN - serverWidth,
    y: (height - serverHeight) / 2,
    width: serverWidth,
    height: serverHeight,
  };
  return { clients, server };
}

function upright(count: number, width: number, height: number): Boxes {
  const each = (width - 2 * MARGIN - 6 * (count - 1)) / Math.max(1, count);
  const top = height * 0.35;
  const clients = Array.from({ length: count }, (_, index) => ({
    x: MARGIN + index * (each + 6),
    y: 4,
    width: each,
    height: top,
  }));
  const bottom = height * 0.36;
  return {
    clients,
    server: { x: MARGIN, y: height - bottom - 4, width: width - 2 * MARGIN, height: bottom },
  };
}

function wireOf(client: Box, server: Box, isUpright: boolean): WirePlace {
  if (isUpright) {
    const x = client.x + client.width / 2;
    return { x1: x, y1: client.y + client.height, x2: x, y2: server.y };
  }
  const y = client.y + client.height / 2;
  return { x1: client.x + client.width, y1: y, x2: server.x, y2: y };
}

interface PlaceKind {
  readonly isUpright: boolean;
  readonly isServer: boolean;
  readonly isCrowd: boolean;
}

function placeOf(host: SeenHost, box: Box, { isUpright, isServer, isCrowd }: PlaceKind): HostPlace {
  const inner = { x: box.x, y: box.y + TITLE, width: box.width, height: box.height - TITLE };
  const [process, kernel] = halves(host, inner, { isUpright, isServer, isCrowd });
  // where hosts stand above each other the word kernel is at the side, where a crowd of doors would cover it
  const top = isUpright && (isServer || !isCrowd) ? 6 : 20;
  const columns = isUpright && isServer ? Math.max(1, Math.floor(kernel.width / COLUMN_MIN)) : 1;
  const capacity = Math.max(1, Math.floor((kernel.height - top) / ROW)) * columns;
  const isFull = host.rows.length > capacity;
  // who listens and who has just been found come first
  const rows = isFull
    ? isCrowd
      ? welcoming(host, capacity - columns)
      : foremost(host, capacity - 1)
    : host.rows;
  const doorX = isUpright ? kernel.x + 12 : isServer ? process.x : kernel.x;
  const sockets = rows.map((row, index) => {
    const y = kernel.y + top + Math.floor(index / columns) * ROW;
    const aside = (index % columns) * (kernel.width / columns);
    const x = kernel.x + aside + (isServer && !isUpright ? 8 : 18);
    return { row, x, y, width: kernel.width / columns, door: { x: doorX + aside, y: y + ROW / 2 - 4 } };
  });
  const left = isFull && isCrowd ? host.rows.filter((row) => !rows.includes(row)) : [];
  const above = top + Math.ceil(rows.length / columns) * ROW;
  const crowd = crowdOf(left, { ...kernel, y: kernel.y + above, height: kernel.height - above - 6 });
  return {
    host,
    box,
    process,
    kernel,
    sockets,
    crowd,
    more: host.rows.length - rows.length - crowd.sockets.length,
  };
}

function welcoming({ rows }: SeenHost, count: number): readonly SocketRow[] {
  return rows.filter(({ state }) => state === 'LISTEN' || state === 'UNCONN').slice(0, Math.max(0, count));
}

/** As many as fit, a line of words left free at the end where not all do. */
function crowdOf(rows: readonly SocketRow[], { x, y, width, height }: Box): HostPlace['crowd'] {
  const [least = 1] = CELLS.slice(-1);
  const fits = (size: number) => Math.floor((width - 20) / size) * Math.floor(height / size);
  const cell = CELLS.find((size) => fits(size) >= rows.length) ?? least;
  const columns = Math.max(1, Math.floor((width - 20) / cell));
  const room =
    fits(cell) >= rows.length ? rows.length : columns * Math.max(0, Math.floor((height - 14) / cell));
  const sockets = rows.slice(0, room).map((row, index) => ({
    row,
    x: x + 10 + ((index % columns) + 0.5) * cell,
    y: y + (Math.floor(index / columns) + 0.5) * cell,
  }));
  return { sockets, radius: cell * 0.36 };
}

function foremost({ rows, lit }: SeenHost, count: number): readonly SocketRow[] {
  const isFirst = (row: SocketRow) =>
    row.state === 'LISTEN' || lit.some(({ local, peer }) => local === row.local && peer === row.peer);
  const chosen = new Set([...rows.filter(isFirst), ...rows].slice(0, Math.max(1, count)));
  return rows.filter((row) => chosen.has(row));
}

/** Of a stranger's host only the doors are known. */
function halves(
  { programs }: SeenHost,
  inner: Box,
  { isUpright, isServer, isCrowd }: PlaceKind,
): readonly [Box, Box] {
  if (isCrowd && programs.length === 0) return [{ ...inner, width: 0, height: 0 }, inner];
  return isUpright ? stacked(inner, isServer) : beside(inner, isServer);
}

/** The process away from the wire, the kernel towards it. */
function beside({ x, y, width, height }: Box, isServer: boolean): readonly [Box, Box] {
  const part = width * 0.42;
  const process = { x: isServer ? x + width - part : x, y, width: part, height };
  const kernel = { x: isServer ? x : x + part, y, width: width - part, height };
  return [process, kernel];
}

function stacked({ x, y, width, height }: Box, isServer: boolean): readonly [Box, Box] {
  const part = Math.min(44, height * 0.36);
  const process = { x, y: isServer ? y + height - part : y, width, height: part };
  const kernel = { x, y: isServer ? y : y + part, width, height: height - part };
  return [process, kernel];
}

/** Where a packet is. */
export interface PacketPlace {
  readonly x: number;
  readonly y: number;
  readonly isForth: boolean;
  /** Half of its width, and as much of its text as that has room for. */
  readonly half: number;
  readonly text: string;
}

/** Places a packet on its wire: towards the server above it or left of it, from the server on the other side. */
export function packetPlace(places: StagePlaces, { flight, progress }: SeenFlight): PacketPlace | undefined {
  const way = wayOf(places, flight);
  if (!way) return undefined;
  const { wire, isForth } = way;
  const part = isForth ? progress : 1 - progress;
  const side = isForth ? -1 : 1;
  const edges = flight.isAgain ? 24 : 16;
  const full = packetText(flight);
  if (places.isUpright) {
    const text = fitting(full, places.laneRoom - edges, LETTER);
    // before its way there is room for the count of those that are not drawn
    const [y1, y2] = [wire.y1 + (isForth ? 34 : 16), wire.y2 - (isForth ? 16 : 34)];
    const x = wire.x1 + side * (flight.lane + 0.5) * places.laneRoom;
    return { x, y: y1 + (y2 - y1) * part, isForth, half: halfOf(text, edges), text };
  }
  const text = fitting(full, wire.x2 - wire.x1 - edges - 20, LETTER);
  const half = halfOf(text, edges);
  const [x1, x2] = [wire.x1 + half + 12, wire.x2 - half - 12];
  return { x: x1 + (x2 - x1) * part, y: wire.y1 + side * (16 + flight.lane * LANE), isForth, half, text };
}

function halfOf(text: string, edges: number): number {
  return Math.max(22, (text.length * LETTER + edges) / 2);
}

/** Where the count of those stands that have no room on a wire. */
export function bundlePlace(
  places: StagePlaces,
  way: Way,
  part: number,
): { readonly x: number; readonly y: number } | undefined {
  const found = wayOf(places, way);
  if (!found) return undefined;
  const { wire, isForth } = found;
  const side = isForth ? -1 : 1;
  if (places.isUpright)
    return { x: wire.x1 + (side * places.laneRoom) / 2, y: isForth ? wire.y1 + 14 : wire.y2 - 8 };
  const along = isForth ? part : 1 - part;
  return {
    x: wire.x1 + 50 + (wire.x2 - wire.x1 - 100) * along,
    y: wire.y1 + side * (12 + places.lanes * LANE) + 4,
  };
}

interface Way {
  readonly from: string;
  readonly to: string;
}

function wayOf(
  places: StagePlaces,
  { from, to }: Way,
): { readonly wire: WirePlace; readonly isForth: boolean } | undefined {
  const isForth = places.wires.has(from);
  const wire = places.wires.get(isForth ? from : to);
  return wire && { wire, isForth };
}

/** As much of a text as has room, at about so many pixels to a letter. */
export function fitting(text: string, width: number, letter: number): string {
  const room = Math.floor(width / letter);
  return text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}…`;
}
