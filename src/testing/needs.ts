/** What a case may need of the host and of the engine, and how to find out whether it is there. */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  MSG_OOB,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOCKET_OPTIONS,
  SOL_SOCKET,
  SocketError,
} from '../index.ts';
import { fail, ok } from './assertions.ts';
import type { ConformanceContext, Need, OptionNeed } from './conformance-case.ts';
import { ANY_PORT, roomyUdp, tcpPair } from './fixtures.ts';
import { linkLocalAddress, networkInterface, silentAddress } from './hosts.ts';

/** Why a need is not met, and whose lack it is. */
export interface Lack {
  readonly of: 'host' | 'engine';
  readonly reason: string;
}

interface NeedRow {
  readonly of: Lack['of'];
  readonly lack: string;
  /** Throws when it is not there. */
  readonly probe: (context: ConformanceContext) => Promise<void>;
}

/** The codes with which an engine says that it has not got a thing; anything else is for the case to find out. */
const NOT_SUPPORTED: readonly string[] = [
  'EAFNOSUPPORT',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
  'EOPNOTSUPP',
  'ENOPROTOOPT',
];

const NEEDS: Record<Exclude<Need, OptionNeed>, NeedRow> = {
  ipv6: {
    of: 'host',
    lack: 'no IPv6 loopback',
    probe: async ({ socket }) => socket(AF_INET6, SOCK_DGRAM).bind({ host: '::1', port: 0 }),
  },
  'link-local address': {
    of: 'host',
    lack: 'no link-local IPv6 address',
    probe: async ({ socket }) => {
      const { address, name } = linkLocalAddress();
      await socket(AF_INET6, SOCK_DGRAM).bind({ host: `${address}%${name}`, port: 0 });
    },
  },
  'network interface': {
    of: 'host',
    lack: 'no interface beside the loopback',
    probe: async () => void networkInterface(),
  },
  'silent address': {
    of: 'host',
    lack: 'every address answers, so no connection attempt can be made to wait',
    probe: async (context) => void (await silentAddress(context)),
  },
  'reserved ports': {
    of: 'host',
    lack: 'this user may bind reserved ports',
    probe: async ({ socket }) => {
      const refused = await socket(AF_INET, SOCK_DGRAM)
        .bind({ ...ANY_PORT, port: 1 })
        .then(
          () => false,
          (error: unknown) => error instanceof SocketError && error.code === 'EACCES',
        );
      ok(refused, 'bound');
    },
  },
  'large receive buffer': {
    of: 'host',
    lack: 'the receive buffer of a UDP socket cannot be 4 MiB',
    probe: async (context) => {
      const size = (await roomyUdp(context)).getsockopt(SOL_SOCKET, SO_RCVBUF);
      ok(size >= 4 << 20, `it is ${size}`);
    },
  },
  'unix stream': {
    of: 'engine',
    lack: 'no Unix stream sockets',
    probe: async ({ socket }) => void socket(AF_UNIX, SOCK_STREAM),
  },
  'unix datagram': {
    of: 'engine',
    lack: 'no Unix datagram sockets',
    probe: async ({ socket }) => void socket(AF_UNIX, SOCK_DGRAM),
  },
  'abstract names': {
    of: 'engine',
    lack: 'no abstract names of Unix sockets',
    probe: ({ socket, path }) => socket(AF_UNIX, SOCK_STREAM).bind({ path: `\0${path()}` }),
  },
  'unix seqpacket': {
    of: 'engine',
    lack: 'no sequenced-packet sockets',
    probe: async ({ socket }) => void socket(AF_UNIX, SOCK_SEQPACKET),
  },
  'dual stack': {
    of: 'engine',
    lack: 'IPV6_V6ONLY cannot be set',
    probe: async ({ socket }) =>
      void socket(AF_INET6, SOCK_DGRAM).setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, false),
  },
  'urgent data': {
    of: 'engine',
    lack: 'no urgent data',
    probe: async (context) => {
      const [client] = await tcpPair(context);
      await client.sendall('!', { flags: MSG_OOB });
    },
  },
};

/** Finds out whether `need` is met; `undefined` when it is. */
export async function lackOf(need: Need, context: ConformanceContext): Promise<Lack | undefined> {
  const row: NeedRow =
    need in NEEDS ? NEEDS[need as Exclude<Need, OptionNeed>] : optionRow(need as OptionNeed);
  try {
    await row.probe(context);
    return undefined;
  } catch (error) {
    const code = error instanceof SocketError ? error.code : undefined;
    const unsupported = code !== undefined && NOT_SUPPORTED.includes(code);
    if (row.of === 'engine' && !unsupported) return undefined;
    return { of: row.of, reason: unsupported ? `${row.lack} (${code})` : row.lack };
  }
}

const OPTION_SOCKETS = {
  unix: [AF_UNIX, SOCK_STREAM],
  udp: [AF_INET, SOCK_DGRAM],
  tcp: [AF_INET, SOCK_STREAM],
  udp6: [AF_INET6, SOCK_DGRAM],
};

function optionRow(need: OptionNeed): NeedRow {
  const [kind = '', , name = ''] = need.split(' ');
  const option = SOCKET_OPTIONS.find((one) => one.name === name) ?? fail(`There is no option ${name}`);
  const [family, type] =
    OPTION_SOCKETS[kind as keyof typeof OPTION_SOCKETS] ?? fail(`No such socket: ${kind}`);
  return {
    of: 'engine',
    lack: `no ${name} on ${kind} sockets`,
    probe: async ({ socket }) => {
      const probed = socket(family as typeof AF_INET, type as typeof SOCK_DGRAM);
      const values: Partial<Record<string, unknown>> = {
        boolean: true,
        integer: 1,
        linger: { onoff: false, linger: 0 },
        ipv4: '127.0.0.1',
        membership: { multiaddr: '127.0.0.1' },
        sourceMembership: { multiaddr: '127.0.0.1', sourceaddr: '127.0.0.1' },
        membership6: { multiaddr: '::1' },
      };
      if (option.access === 'read') probed.getsockopt(option.level, option);
      else probed.setsockopt(option.level, option, values[option.kind] ?? '');
    },
  };
}
