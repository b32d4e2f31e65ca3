/** A host on the stage: its process and its kernel in separate boxes, and the doors on the line between them. */
import type { VNode } from 'preact';
import type { SocketRow } from '../../sim/index.ts';
import type { SeenHost } from '../model/view.ts';
import type { CrowdPlace, HostPlace, SocketPlace } from './stage-layout.ts';
import { fitting } from './stage-layout.ts';
import { counted } from './words.ts';

/** What a host needs to be drawn. */
export interface HostPictureProps {
  readonly place: HostPlace;
  readonly isUpright: boolean;
}

/** So many places of a queue are drawn one by one. */
const SQUARES_MAX = 6;
/** About this many pixels to a letter of the small text. */
const LETTER = 6.3;
/** The same of bold letters, of a whole state, and of a state that is cut, which may have a W and has dots. */
const BOLD = 7.2;
const STATE = 6.4;
const CUT_STATE = 7.6;
/** By so much three dots are wider than a letter. */
const DOTS = 5;
/** A state in less room than this is left to its door. */
const STATE_MIN = 30;
/** The count of what has no room. */
const MORE_ROOM = 26;
/** The word process takes so much of a line that it shares. */
const TITLE_ROOM = 52;
/** The line that counts them. */
const MORE_LINE = 16;
/** A call in less room than this says nothing. */
const CALL_MIN = 40;

/** Draws a host. */
export function HostPicture({ place, isUpright }: HostPictureProps): VNode {
  const { host, box, process, kernel, sockets, more, isMoreAtName, hasTitles, isShort } = place;
  const note = host.isUp ? host.ip : '☠ crashed';
  const nameRoom = box.width - (more > 0 && isMoreAtName ? MORE_ROOM : 0);
  return (
    <g
      class={host.isUp ? 'host' : 'host down'}
      role="group"
      aria-label={`Host ${host.name}, ${host.ip}${host.isUp ? '' : ', crashed'}, ${counted(host.rows.length, 'socket')}`}
    >
      <rect class="box" {...box} rx="8" />
      <rect class="process" {...process} rx="6" />
      <rect class="kernel" {...kernel} rx="6" />
      <text class="host-name" x={box.x + 10} y={box.y + 18}>
        {fitting(host.name, nameRoom - 10, BOLD)}
        {host.name.length * BOLD + (note.length + 4) * LETTER < nameRoom && (
          <tspan class="quiet" dx="6">
            {note}
          </tspan>
        )}
      </text>
      {hasTitles && (
        <text
          class="part"
          x={kernel.x + (isUpright ? kernel.width - 46 : kernel.width / 2 - 18)}
          y={kernel.y + 13}
        >
          kernel
        </text>
      )}
      {process.width > 0 && <Programs {...place} isUpright={isUpright} />}
      {sockets.map((socket) => (
        <Socket
          key={`${socket.row.local} ${socket.row.peer} ${socket.row.socket}`}
          socket={socket}
          host={host}
          isShort={isShort}
        />
      ))}
      <Crowd {...place.crowd} lit={host.lit} />
      {more > 0 && (
        <text
          class={isMoreAtName ? 'quiet more' : 'quiet'}
          x={isMoreAtName ? box.x + box.width - 10 : kernel.x + 14}
          y={isMoreAtName ? box.y + 18 : kernel.y + kernel.height - 10}
        >
          {isMoreAtName ? `+ ${more}` : `and ${more} more`}
        </text>
      )}
    </g>
  );
}

interface ProgramsProps extends HostPlace {
  readonly isUpright: boolean;
}

function Programs({ host, process, isUpright, hasTitles, isShort }: ProgramsProps): VNode {
  // no room for a second line
  const isLow = isUpright ? process.height < 38 : isShort;
  const step = isLow ? 18 : 36;
  const top = isUpright ? 18 : hasTitles ? 32 : isLow ? 17 : 18;
  const fits = (height: number) => (isUpright ? 1 : Math.max(1, Math.floor((height - top + 12) / step)));
  const { programs } = host;
  const whole = fits(process.height);
  const shown = programs.slice(0, programs.length > whole ? fits(process.height - MORE_LINE) : whole);
  const more = programs.length - shown.length;
  // beside the first where that is all that there is room for
  const isMoreBeside = more > 0 && (isUpright || whole === 1);
  // beside the doors, which are half in this box
  const x = process.x + (host.isServer && !isUpright ? 14 : 8);
  const right = process.x + process.width - (isUpright ? (hasTitles ? 60 : 8) : 12);
  const room = process.width - (isUpright ? 16 : 17) - (isMoreBeside ? MORE_ROOM : 0);
  return (
    <>
      {hasTitles && (
        <text
          class="part"
          x={process.x + (isUpright ? process.width - 54 : process.width / 2 - 22)}
          y={process.y + 13}
        >
          process
        </text>
      )}
      {shown.map(({ name, waits, note = '' }, index) => {
        const y = process.y + top + index * step;
        const before = isLow ? name.length * BOLD + 14 : 0;
        const call = { x: x + before, y: isLow ? y : y + 15 };
        const callRoom = isLow ? room - before - (isUpright ? TITLE_ROOM : 0) : room;
        return (
          <g key={name}>
            <text class="program" x={x} y={y}>
              {fittingName(name, room)}
            </text>
            <text class="waits" {...call}>
              {waits === undefined ? fittingNote(note, callRoom) : waitText(waits, callRoom)}
            </text>
          </g>
        );
      })}
      {more > 0 && (
        <text
          class={isMoreBeside ? 'quiet more' : 'quiet'}
          x={isMoreBeside ? right : x}
          y={isMoreBeside ? process.y + top : process.y + process.height - 8}
        >
          {isMoreBeside ? `+ ${more}` : `and ${more} more`}
        </text>
      )}
    </>
  );
}

/** The last word of a name is what tells it from the others: `TCPCl… 3`. */
function fittingName(name: string, room: number): string {
  const [last = ''] = / \S+$/.exec(name) ?? [];
  if (name.length * BOLD <= room) return name;
  return fitting(name.slice(0, name.length - last.length), room - last.length * BOLD - DOTS, BOLD) + last;
}

function fittingNote(note: string, room: number): string {
  return room < CALL_MIN ? '' : fitting(note, room, LETTER);
}

function waitText(call: string, room: number): string {
  const whole = `waits: ${call}`;
  return fittingNote(whole.length * LETTER <= room ? whole : call, room);
}

interface SocketProps {
  readonly socket: SocketPlace;
  readonly host: SeenHost;
  readonly isShort: boolean;
}

function Socket({ socket, host, isShort }: SocketProps): VNode {
  const { row, x, y, width, door } = socket;
  const isLit = host.lit.some(({ local, peer }) => local === row.local && peer === row.peer);
  const port = row.local.split(':').at(-1) ?? '';
  const stateRoom = width - (port.length + 1.5) * BOLD;
  return (
    <g class={isLit ? 'socket lit' : 'socket'}>
      {isLit && <rect class="glow" x={x - 5} y={y - 1} width={width + 9} height={isShort ? 16 : 31} rx="5" />}
      <Door row={row} x={door.x} y={door.y} />
      <text class="port" x={x} y={y + 11}>
        :{port} {stateRoom >= STATE_MIN && <tspan class="quiet">{stateText(row, stateRoom)}</tspan>}
      </text>
      {!isShort && <Queue row={row} x={x} y={y + 25} width={width} />}
    </g>
  );
}

/** The state, as much of it as has room. */
function stateText({ state }: SocketRow, room: number): string {
  const text = state === 'UNCONN' ? 'UDP' : state;
  return text.length * STATE <= room ? text : fitting(text, room, CUT_STATE);
}

/** The doors of those that have no room for words: a path for each kind, for there may be hundreds. */
function Crowd({ sockets, radius, lit }: HostPlace['crowd'] & Pick<SeenHost, 'lit'>): VNode | null {
  if (sockets.length === 0) return null;
  const moving = new Set(lit);
  const kindOf = ({ row }: CrowdPlace) =>
    moving.has(row) ? 'moving' : row.state === 'ESTAB' ? 'still' : 'half';
  return (
    <g class="crowd">
      {['still', 'half', 'moving'].map((kind) => (
        <path
          key={kind}
          class={kind}
          d={sockets
            .filter((socket) => kindOf(socket) === kind)
            .map(
              ({ x, y }) =>
                `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`,
            )
            .join('')}
        />
      ))}
    </g>
  );
}

/** The door: a ring in a ring welcomes, a full one has a connection, an open one takes datagrams from all. */
function Door({ row, x, y }: { readonly row: SocketRow; readonly x: number; readonly y: number }): VNode {
  if (row.state === 'LISTEN')
    return (
      <g class="door">
        <circle cx={x} cy={y} r="8" />
        <circle cx={x} cy={y} r="3.5" />
      </g>
    );
  const kind = row.protocol === 'udp' ? 'door open' : row.state === 'ESTAB' ? 'door full' : 'door half';
  return (
    <g class={kind}>
      <circle cx={x} cy={y} r="7" />
      {row.protocol === 'tcp' && row.state !== 'ESTAB' && <path d={`M${x} ${y - 7}a7 7 0 0 1 0 14z`} />}
    </g>
  );
}

interface QueueProps {
  readonly row: SocketRow;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** What waits in the kernel: connections at a welcome socket, bytes at the others. */
function Queue({ row, x, y, width }: QueueProps): VNode {
  const { state, receiveQueue, sendQueue, messages = 0 } = row;
  if (state !== 'LISTEN') {
    const received =
      messages > 0
        ? `${'▤'.repeat(Math.min(messages, SQUARES_MAX))} ${counted(messages, 'message')}`
        : `▤ in ${receiveQueue} B`;
    const parts = [
      ...(receiveQueue > 0 ? [received] : []),
      ...(sendQueue > 0 ? [`▥ out ${sendQueue} B`] : []),
    ];
    return (
      <text class={parts.length > 0 ? 'queue' : 'queue quiet'} x={x} y={y}>
        {fitting(parts.join(' ') || 'empty', width, LETTER)}
      </text>
    );
  }
  const size = sendQueue + 1;
  if (size > SQUARES_MAX)
    return (
      <text class="queue" x={x} y={y}>
        {fitting(`accept queue ${receiveQueue}`, width, LETTER)}
      </text>
    );
  return (
    <g class="accept-queue">
      {Array.from({ length: size }, (_, place) => (
        <rect
          key={place}
          class={place < receiveQueue ? 'taken' : 'free'}
          x={x + place * 13}
          y={y - 9}
          width="10"
          height="10"
        />
      ))}
      <text class="quiet" x={x + size * 13 + 3} y={y}>
        {size * 13 + 3 + 5 * LETTER <= width && 'queue'}
      </text>
    </g>
  );
}
