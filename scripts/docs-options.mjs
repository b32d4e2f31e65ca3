// Writes or checks docs/options.md, the table of socket options: names, values and access from the option table,
// the sentences from its TSDoc, the engine node's part from that engine. Reads dist/ and the sources as build/ has them
// (`npm run build:programs`), neither of which it builds.
//
//   node scripts/docs-options.mjs           writes docs/options.md
//   node scripts/docs-options.mjs --check   fails when it is missing or stale
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../docs/options.md', import.meta.url));
const dist = new URL('../dist/', import.meta.url);
const declarations = new URL('posix/options.d.ts', dist);
const sources = new URL('../build/src/', import.meta.url);
if (!existsSync(declarations) || !existsSync(sources)) {
  console.error('dist/ or build/ is not there; run "npm run build:programs" first');
  process.exit(1);
}
const { SOCKET_OPTIONS, ...levels } = await import(new URL('posix/options.js', sources).href);
const { optionSupport } = await import(new URL('engines/node/options.js', sources).href);

const SECTIONS = [
  ['SOL_SOCKET', 'every socket', 'socket(7)'],
  ['IPPROTO_IP', 'IPv4', 'ip(7)'],
  ['IPPROTO_IPV6', 'IPv6', 'ipv6(7)'],
  ['IPPROTO_TCP', 'TCP', 'tcp(7)'],
  ['IPPROTO_UDP', 'UDP', 'udp(7)'],
];

/** How a value of each kind is written; the unit is the option's own. */
const VALUES = {
  boolean: '`boolean`',
  integer: '`number`',
  text: '`string`',
  ipv4: '`string`',
  linger: '`{ onoff, linger }`',
  credentials: '`{ pid, uid, gid }`',
  membership: '`{ multiaddr, interface? }`',
  sourceMembership: '`{ multiaddr, sourceaddr, interface? }`',
  membership6: '`{ multiaddr, interface? }`',
  tcpInfo: '`TcpInfo`',
};

const ACCESS = { read: 'get', write: 'set', 'read-write': 'get, set' };

/** Where Portico itself sets an option on the engine linux. */
const LINUX_DEFAULTS = {
  SO_REUSEADDR: 'yes; on when a TCP socket binds, unless it was set',
  IPV6_V6ONLY: 'yes; off when a socket opens, whatever `net.ipv6.bindv6only` says',
};

const LEFT_OUT = [
  [
    '`SO_RCVTIMEO`, `SO_SNDTIMEO`',
    'They bound calls that block, and no call here blocks: `timeoutMs` and `settimeout` are the deadlines.',
  ],
  [
    '`SO_RCVLOWAT`, `SO_SNDLOWAT`',
    'They delay the wake-up of a call that blocks. `MSG_WAITALL` waits for a number of bytes; Linux does not let `SO_SNDLOWAT` be set.',
  ],
  [
    '`SO_TIMESTAMP`, `SO_TIMESTAMPNS`, `SO_TIMESTAMPING`, `SO_RXQ_OVFL`, `SO_PASSCRED`, `SO_PASSSEC`, `IP_PKTINFO`, `IP_RECVTTL`, `IP_RECVTOS`, `IP_RECVOPTS`, `IP_RECVORIGDSTADDR`, `IPV6_RECVPKTINFO`, `IPV6_RECVHOPLIMIT`, `IPV6_RECVTCLASS`, `UDP_GRO`',
    'They ask for ancillary data, which `recvmsg` does not give yet.',
  ],
  [
    '`IP_RECVERR`, `IPV6_RECVERR`, `MSG_ERRQUEUE`',
    'They need a receive call of their own for the error queue; on an unconnected socket they let one dead peer fail the calls to all others.',
  ],
  [
    '`SO_ATTACH_FILTER`, `SO_ATTACH_BPF`, `SO_ATTACH_REUSEPORT_CBPF`, `SO_DETACH_FILTER`, `SO_LOCK_FILTER`',
    'Their values are programs of the kernel, given by the address of their memory.',
  ],
  [
    '`SO_ZEROCOPY`, `TCP_ZEROCOPY_RECEIVE`',
    'They let the kernel keep memory of the program after the call has ended.',
  ],
  ['`SO_PEEK_OFF`', 'It gives `MSG_PEEK` a position that stays; every peek here begins at the front.'],
  ['`IP_HDRINCL`, `IP_OPTIONS`, `IP_ROUTER_ALERT`, `IPV6_CHECKSUM`', 'They are for raw sockets and routers.'],
  [
    '`IP_MULTICAST_IF` with an interface index, `IP_MSFILTER`',
    'The same can be said with an address, and with the source memberships above.',
  ],
  [
    '`SO_DEBUG`, `SO_PEERSEC`, `TCP_MD5SIG`, `TCP_REPAIR`, `TCP_ULP`',
    'They need a right or a kernel module that programs do not have.',
  ],
];

/** The TSDoc sentence of each option, without the unit, which has its own column. */
const sentences = new Map(
  [...readFileSync(declarations, 'utf8').matchAll(/\/\*\* ([^*]*?) \*\/\nexport declare const (\w+):/g)].map(
    ([, text, name]) => [name, text.replace(/ Unit: .*\.$/, '').replace(/ See \w+\(7\)\./, '')],
  ),
);

function nodeSupport(option) {
  const support = optionSupport(option);
  return support === 'yes' || support === 'no' ? support : `yes; ${support}`;
}

function row(option) {
  const value = `${VALUES[option.kind]}${option.unit && `, ${option.unit}`}`;
  const cells = [
    `\`${option.name}\``,
    sentences.get(option.name),
    value,
    ACCESS[option.access],
    LINUX_DEFAULTS[option.name] ?? 'yes',
    nodeSupport(option),
  ];
  if (cells.includes(undefined)) throw new Error(`${option.name} has no TSDoc sentence`);
  return `| ${cells.join(' | ')} |`;
}

function section([name, what, manual]) {
  const rows = SOCKET_OPTIONS.filter(({ level }) => level === levels[name]).map(row);
  return `## ${name}

For ${what}: ${manual}.

| option | what it does | value, unit | access | linux | node |
|---|---|---|---|---|---|
${rows.join('\n')}`;
}

const text = `# Socket options

<!-- Generated by scripts/docs-options.mjs from src/posix/options.ts and src/engines/node/options.ts. Do not edit. -->

\`getsockopt(level, option)\` reads one, \`setsockopt(level, option, value)\` sets one. Level, option and value are checked
by the compiler. A boolean option also takes 0 and 1.

\`\`\`ts
import { AF_INET, IP_TTL, IPPROTO_IP, IPPROTO_TCP, SOCK_DGRAM, SOCK_STREAM, socket, TCP_NODELAY } from 'portico';

await using datagrams = socket(AF_INET, SOCK_DGRAM);
datagrams.setsockopt(IPPROTO_IP, IP_TTL, 32);
await using connection = socket(AF_INET, SOCK_STREAM);
connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
console.log(connection.getsockopt(IPPROTO_TCP, TCP_NODELAY));
\`\`\`

\`\`\`text output
true
\`\`\`

- The engine \`linux\` passes every option to the kernel and gives back what the kernel says. **yes** means that on a
  socket whose family and type have the option; on others it fails with \`ENOPROTOOPT\`. A value out of range is \`EINVAL\`, a
  missing right \`EPERM\`.
- The engine \`node\` has what \`node:dgram\` and \`node:net\` can do. **no** is \`ENOPROTOOPT\`: an option is never ignored. A
  few options read back what was set, because Node has no getter.
- A value of the wrong type is a \`TypeError\`, and so is an option of another level.
- Options that only take part in \`bind\` or \`connect\` are set before it: \`SO_REUSEADDR\`, \`SO_REUSEPORT\`, \`IPV6_V6ONLY\`,
  \`IP_FREEBIND\`, \`IP_TRANSPARENT\`, \`IP_BIND_ADDRESS_NO_PORT\`, \`TCP_FASTOPEN_CONNECT\`.
- A connection inherits most options of its welcome socket.

${SECTIONS.map(section).join('\n\n')}

## Other options, by number

\`getsockopt(level, number)\` gives the bytes as the kernel has them, \`setsockopt(level, number, value)\` takes bytes or a
32-bit integer; at most 512 bytes. The engine \`linux\` passes them on, the engine \`node\` has none (\`ENOPROTOOPT\`). Level
and number are those of Linux.

\`\`\`ts needs=linux
import { AF_INET, SOCK_DGRAM, SOL_SOCKET, socket } from 'portico';

await using one = socket(AF_INET, SOCK_DGRAM);
const SO_COOKIE = 57; // <asm-generic/socket.h>
console.log(one.getsockopt(SOL_SOCKET, SO_COOKIE).length);
\`\`\`

\`\`\`text output
8
\`\`\`

## Left out of the table

| options | why |
|---|---|
${LEFT_OUT.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
`;

if (process.argv.includes('--check')) {
  const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === text;
  console.log(
    `docs/options.md ${isCurrent ? 'is up to date' : 'is stale; run "node scripts/docs-options.mjs"'}`,
  );
  process.exitCode = isCurrent ? 0 : 1;
} else {
  writeFileSync(file, text);
  console.log(`docs/options.md has ${SOCKET_OPTIONS.length} options`);
}
