/**
 * The numbers of src/engines/linux/layout.ts against C compilers: this machine's, and where they are installed those
 * of musl and of arm64. reliability.md has no row for it; field.md section 2 trap 8.
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import * as layout from '../../../src/engines/linux/layout.ts';
import { needProgram } from './requirements.ts';

/** What a structure and its fields are called in C. */
interface Counterpart {
  readonly c: string;
  readonly fields: Readonly<Record<string, string>>;
}

const COUNTERPARTS: Readonly<Record<string, Counterpart>> = {
  EPOLL_EVENT: { c: 'struct epoll_event', fields: { events: 'events', data: 'data' } },
  IOVEC: { c: 'struct iovec', fields: { base: 'iov_base', length: 'iov_len' } },
  MSGHDR: {
    c: 'struct msghdr',
    fields: {
      name: 'msg_name',
      nameLength: 'msg_namelen',
      iov: 'msg_iov',
      iovLength: 'msg_iovlen',
      control: 'msg_control',
      controlLength: 'msg_controllen',
      flags: 'msg_flags',
    },
  },
  MMSGHDR: { c: 'struct mmsghdr', fields: { header: 'msg_hdr', length: 'msg_len' } },
  CMSGHDR: { c: 'struct cmsghdr', fields: { length: 'cmsg_len', level: 'cmsg_level', type: 'cmsg_type' } },
  SOCKADDR_IN: {
    c: 'struct sockaddr_in',
    fields: { family: 'sin_family', port: 'sin_port', address: 'sin_addr' },
  },
  SOCKADDR_IN6: {
    c: 'struct sockaddr_in6',
    fields: {
      family: 'sin6_family',
      port: 'sin6_port',
      flowinfo: 'sin6_flowinfo',
      address: 'sin6_addr',
      scope: 'sin6_scope_id',
    },
  },
  SOCKADDR_UN: { c: 'struct sockaddr_un', fields: { family: 'sun_family', path: 'sun_path' } },
  LINGER: { c: 'struct linger', fields: { onoff: 'l_onoff', linger: 'l_linger' } },
  UCRED: { c: 'struct ucred', fields: { pid: 'pid', uid: 'uid', gid: 'gid' } },
  IP_MREQN: {
    c: 'struct ip_mreqn',
    fields: { multiaddr: 'imr_multiaddr', address: 'imr_address', ifindex: 'imr_ifindex' },
  },
  IP_MREQ_SOURCE: {
    c: 'struct ip_mreq_source',
    fields: { multiaddr: 'imr_multiaddr', interface: 'imr_interface', sourceaddr: 'imr_sourceaddr' },
  },
  IPV6_MREQ: {
    c: 'struct ipv6_mreq',
    fields: { multiaddr: 'ipv6mr_multiaddr', interface: 'ipv6mr_interface' },
  },
  TCP_INFO: {
    c: 'struct tcp_info',
    fields: {
      state: 'tcpi_state',
      retransmits: 'tcpi_retransmits',
      rto: 'tcpi_rto',
      sndMss: 'tcpi_snd_mss',
      rcvMss: 'tcpi_rcv_mss',
      unacked: 'tcpi_unacked',
      rtt: 'tcpi_rtt',
      rttvar: 'tcpi_rttvar',
      sndCwnd: 'tcpi_snd_cwnd',
      totalRetrans: 'tcpi_total_retrans',
    },
  },
  IO_URING_PARAMS: {
    c: 'struct io_uring_params',
    fields: {
      sqEntries: 'sq_entries',
      cqEntries: 'cq_entries',
      flags: 'flags',
      features: 'features',
      sqOffsets: 'sq_off',
      cqOffsets: 'cq_off',
    },
  },
  IO_SQRING_OFFSETS: {
    c: 'struct io_sqring_offsets',
    fields: { head: 'head', tail: 'tail', array: 'array' },
  },
  IO_CQRING_OFFSETS: {
    c: 'struct io_cqring_offsets',
    fields: { head: 'head', tail: 'tail', cqes: 'cqes' },
  },
  IO_URING_SQE: {
    c: 'struct io_uring_sqe',
    fields: { fd: 'fd', address: 'addr', length: 'len', flags: 'msg_flags', userData: 'user_data' },
  },
  IO_URING_CQE: { c: 'struct io_uring_cqe', fields: { userData: 'user_data', result: 'res' } },
};

/** The structures that only have to be long enough: the kernel's and libc's grow at their end. */
const MAY_BE_LONGER: readonly string[] = ['TCP_INFO'];

const HEADERS = `
#define _GNU_SOURCE
#include <stddef.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <linux/io_uring.h>
`;

type Layout = Readonly<Record<string, number>>;

/** The layout as the module has it on another processor: `struct epoll_event` is packed on x86-64 only. */
async function layoutOn(processor: string): Promise<Readonly<Record<string, unknown>>> {
  const arch = vi.spyOn(process, 'arch', 'get').mockReturnValue(processor as typeof process.arch);
  try {
    vi.resetModules();
    return await import('../../../src/engines/linux/layout.ts');
  } finally {
    arch.mockRestore();
  }
}

async function assertions(processor: string): Promise<string[]> {
  const there = await layoutOn(processor);
  const lines: string[] = [];
  for (const [name, { c, fields }] of Object.entries(COUNTERPARTS)) {
    const structure = there[name] as Layout | undefined;
    if (structure === undefined) continue;
    const { size = -1, ...offsets } = structure;
    const compare = MAY_BE_LONGER.includes(name) ? '>=' : '==';
    lines.push(`_Static_assert(sizeof(${c}) ${compare} ${size}, "${name}.size");`);
    for (const [field, offset] of Object.entries(offsets)) {
      lines.push(`_Static_assert(offsetof(${c}, ${fields[field]}) == ${offset}, "${name}.${field}");`);
    }
  }
  lines.push(`_Static_assert(sizeof(struct sockaddr_un) <= ${layout.SOCKADDR_BYTES}, "SOCKADDR_BYTES");`);
  return lines;
}

function compile(compiler: string, source: string): string {
  const args = ['-std=gnu11', '-fsyntax-only', '-Wall', '-x', 'c'];
  // musl's headers have none of the kernel's
  if (compiler === 'musl-gcc') {
    const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
    args.push('-idirafter', '/usr/include', '-idirafter', `/usr/include/${machine}-linux-gnu`);
  }
  args.push('-');
  return spawnSync(compiler, args, { input: source, encoding: 'utf8' }).stderr;
}

const COMPILERS: readonly (readonly [compiler: string, processor: string])[] = [
  ['gcc', process.arch],
  ['musl-gcc', process.arch],
  ['aarch64-linux-gnu-gcc', 'arm64'],
];

describe('the layout of the structures of the kernel', () => {
  it('names every structure and every field', () => {
    const structures = Object.entries(layout).filter(([, value]) => typeof value === 'object');
    expect(structures.length).toBeGreaterThan(10);
    for (const [name, structure] of structures) {
      const named = Object.keys(COUNTERPARTS[name]?.fields ?? {});
      expect(named, name).toEqual(
        expect.arrayContaining(Object.keys(structure).filter((field) => field !== 'size')),
      );
    }
  });

  it.for(COMPILERS)('is what %s says for %s', async ([compiler, processor], context) => {
    context.skip(process.platform !== 'linux', 'the headers are Linux’s');
    needProgram(context, compiler, '--version');
    const lines = await assertions(processor);
    expect(lines.length).toBeGreaterThan(50);
    expect(compile(compiler, `${HEADERS}${lines.join('\n')}\n`)).toBe('');
  });

  it.for(COMPILERS)(
    'is refused by %s for %s when a number is wrong',
    async ([compiler, processor], context) => {
      context.skip(process.platform !== 'linux', 'the headers are Linux’s');
      needProgram(context, compiler, '--version');
      const wrong = (await assertions(processor)).map((line) =>
        line.replace('== 48, "MSGHDR.flags"', '== 44, "MSGHDR.flags"'),
      );
      expect(compile(compiler, `${HEADERS}${wrong.join('\n')}\n`)).toContain('MSGHDR.flags');
    },
  );
});
