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
  /** How much room its words have. */
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
  /** Sockets for which there is no room, and whether beside the name of the host is the only place to say so. */
  readonly more: number;
  readonly isMoreAtName: boolean;
  /** Whether there is room for the words process and kernel. */
  readonly hasTitles: boolean;
  /** Whether a socket and a program have one line each, not two. */
  readonly isShort: boolean;
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
  /** Clients for which there is no room, and where that is said. */
  readonly more: { readonly count: number; readonly x: number; readonly y: number };
  /** By the name of the client. */
  readonly wires: ReadonlyMap<string, WirePlace>;
  /** So many packets have room beside each other, on each side of a wire. */
  readonly lanes: number;
  readonly laneRoom: number;
}

const MARGIN = 10;
const GAP = 12;
const GAP_LEAST = 6;
const TITLE = 26;
const ROW = 34;
/** Where a row ends: the rest keeps it from the next. */
const ROW_LEAST = 30;
/** A row that has one line. */
const SHORT_ROW = 17;
/** What is above the first row: the words process and kernel, or nothing. */
const ABOVE_ROWS = 20;
const ABOVE_ALL = 6;
/** A host is never lower, and a client where they stand above each other never narrower, than this. */
const HOST_HEIGHT_MIN = 46;
const CLIENT_WIDTH_MIN = 84;
/** The line that counts the clients which are not drawn. */
const MORE_LINE = 16;
/** A host that is narrower than this has no room for the words process and kernel. */
const TITLES_MIN = 160;
/** So much of a line is for them where hosts stand above each other. */
const TITLE_ROOM = 56;
const LANE = 27;
/** About this many pixels to a letter on a packet, and how much wider a capital or a digit is. */
const LETTER = 7;
const CAPITAL = 1.7;
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
  const all = hosts.filter((host) => host !== server);
  const isUpright = width < UPRIGHT_MAX;
  const clients = all.slice(0, isUpright ? fitUpright(all.length, width) : fitAcross(all.length, height));
  const count = all.length - clients.length;
  const size = { count: clients.length, width, height, reserved: count > 0 ? MORE_LINE : 0 };
  const boxes = isUpright ? upright(size) : across(size);
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
    more: { count, x: MARGIN + 2, y: isUpright ? 14 : height - 6 },
    wires,
    laneRoom,
    lanes: Math.max(1, Math.min(6, Math.floor((room / 2 - (isUpright ? 0 : 8)) / laneRoom))),
  };
}

/** How many clients have room; where not all have, one line counts the others. */
function fitAcross(count: number, height: number): number {
  const fits = (room: number) => Math.floor((room - 2 * MARGIN + GAP_LEAST) / (HOST_HEIGHT_MIN + GAP_LEAST));
  return Math.max(1, fits(height) >= count ? count : fits(height - MORE_LINE));
}
function fitUpright(count: number, width: number): number {
  const fits = Math.floor((width - 2 * MARGIN + GAP_LEAST) / (CLIENT_WIDTH_MIN + GAP_LEAST));
  return Math.max(1, Math.min(count, fits));
}

interface Size {
  /** Of the clients. */
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** For the line that counts those that are not drawn. */
  readonly reserved: number;
}

interface Boxes {
  readonly clients: readonly Box[];
  readonly server: Box;
}

function across({ count, width, height, reserved }: Size): Boxes {
  const clientWidth = Math.min(270, width * 0.345);
  const serverWidth = Math.min(300, width * 0.36);
  const gap = count > 3 ? GAP_LEAST : GAP;
  const each = (height - reserved - 2 * MARGIN - gap * (count - 1)) / Math.max(1, count);
  const clientHeight = Math.max(HOST_HEIGHT_MIN, Math.min(each, 260));
  const clients = Array.from({ length: count }, (_, index) => ({
    x: MARGIN,
    y: MARGIN + index * (each + gap) + (each - clientHeight) / 2,
    width: clientWidth,
    height: clientHeight,
  }));
  const serverHeight = Math.max(HOST_HEIGHT_MIN, Math.min(height - 2 * MARGIN, count > 1 ? height : 300));
  const server = {
    x: width - MARGIN - serverWidth,
    y: (height - serverHeight) / 2,
    width: serverWidth,
    height: serverHeight,
  };
  return { clients, server };
}

function upright({ count, width, height, reserved }: Size): Boxes {
  const each = (width - 2 * MARGIN - GAP_LEAST * (count - 1)) / Math.max(1, count);
  const top = Math.max(HOST_HEIGHT_MIN + reserved, height * 0.35);
  const clients = Array.from({ length: count }, (_, index) => ({
    x: MARGIN + index * (each + GAP_LEAST),
    y: 4 + reserved,
    width: each,
    height: top - reserved,
  }));
  const bottom = Math.max(HOST_HEIGHT_MIN, height * 0.36);
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
  const isBeside = isUpright && (isServer || !isCrowd);
  const isWide = box.width >= TITLES_MIN;
  const hasTitles = isWide && (isUpright || kernel.height >= ABOVE_ROWS + ROW_LEAST);
  // where hosts stand above each other the word kernel is at the side, where a crowd of doors would cover it
  const top = isBeside || !hasTitles ? ABOVE_ALL : ABOVE_ROWS;
  const isShort = kernel.height < top + ROW_LEAST;
  const line = isShort ? SHORT_ROW : ROW;
  const columns = isUpright && isServer ? Math.max(1, Math.floor(kernel.width / COLUMN_MIN)) : 1;
  const least = isShort ? SHORT_ROW : ROW_LEAST;
  const lines = Math.max(1, Math.floor((kernel.height - top - least) / line) + 1);
  const capacity = lines * columns;
  const isFull = host.rows.length > capacity;
  const isMoreAtName = isUpright || lines === 1;
  // who listens and who has just been found come first
  const rows = isFull
    ? isCrowd
      ? welcoming(host, capacity - columns)
      : foremost(host, isMoreAtName ? capacity : capacity - 1)
    : host.rows;
  const doorX = isUpright ? kernel.x + 12 : isServer ? process.x : kernel.x;
  // behind the door, where that is before the words
  const indent = isUpright ? 24 : isServer ? 8 : 18;
  const width = kernel.width / columns;
  // before the door or the word kernel, where that is behind the words
  const endOf = (index: number) => {
    if (!isUpright) return isServer ? 14 : 6;
    return hasTitles && index === columns - 1 ? TITLE_ROOM : 6;
  };
  const sockets = rows.map((row, index) => {
    const y = kernel.y + top + Math.floor(index / columns) * line;
    const column = index % columns;
    const aside = column * width;
    const door = { x: doorX + aside, y: y + (isShort ? 8 : ROW / 2 - 4) };
    return {
      row,
      x: kernel.x + aside + indent,
      y,
      width: width - indent - endOf(index),
      door,
    };
  });
  const left = isFull && isCrowd ? host.rows.filter((row) => !rows.includes(row)) : [];
  const above = top + Math.ceil(rows.length / columns) * line;
  const crowd = crowdOf(left, { ...kernel, y: kernel.y + above, height: kernel.height - above - 6 });
  const more = host.rows.length - rows.length - crowd.sockets.length;
  return { host, box, process, kernel, sockets, crowd, more, isMoreAtName, hasTitles, isShort };
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
  const inOrder = [...new Set([...rows.filter(isFirst), ...rows])];
  const chosen = new Set(inOrder.slice(0, Math.max(1, count)));
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
    const text = fitting(full, places.laneRoom - edges, widthOf(full) / full.length);
    // before its way there is room for the count of those that are not drawn
    const [y1, y2] = [wire.y1 + (isForth ? 34 : 16), wire.y2 - (isForth ? 16 : 34)];
    const x = wire.x1 + side * (flight.lane + 0.5) * places.laneRoom;
    return { x, y: y1 + (y2 - y1) * part, isForth, half: halfOf(text, edges), text };
  }
  const text = fitting(full, wire.x2 - wire.x1 - edges - 20, widthOf(full) / full.length);
  const half = halfOf(text, edges);
  const [x1, x2] = [wire.x1 + half + 12, wire.x2 - half - 12];
  return { x: x1 + (x2 - x1) * part, y: wire.y1 + side * (16 + flight.lane * LANE), isForth, half, text };
}

function halfOf(text: string, edges: number): number {
  return Math.max(22, (widthOf(text) + edges) / 2);
}

function widthOf(text: string): number {
  return text.length * LETTER + text.replace(/[^A-Z0-9]/g, '').length * CAPITAL;
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
