/** Who takes part where: the same contestants for all questions of a transport. */
import type { Contestant } from '../harness/question.ts';

const PORTICO: Contestant = { name: 'portico', program: 'portico', env: { PORTICO_ENGINE: 'linux' } };
/** The other engine behind the same calls. */
export const PORTICO_NODE: Contestant = {
  name: 'portico-node',
  program: 'portico',
  env: { PORTICO_ENGINE: 'node' },
};
const NODE: Contestant = { name: 'node', program: 'node' };
const OTHERS: readonly Contestant[] = [
  { name: 'bun', program: 'bun' },
  { name: 'deno', program: 'deno' },
  { name: 'go', program: 'go' },
  { name: 'python', program: 'python' },
];
/** recvmmsg(2) and sendmmsg(2), 64 datagrams a call. */
const C_MMSG: Contestant = { name: 'c-mmsg', program: 'udp-mmsg' };
/** … and consecutive answers of one size to one peer as one message of the kernel. */
const C_GSO: Contestant = { name: 'c-gso', program: 'udp-mmsg', mode: 'udp-echo-gso' };

/** For UDP echoes. */
export const UDP: readonly Contestant[] = [PORTICO, PORTICO_NODE, NODE, ...OTHERS, C_MMSG, C_GSO];
/** For other UDP questions; `plain` is the mode of those that have no better one. */
export function udpWith(plain: string, gso: string): readonly Contestant[] {
  return [
    PORTICO,
    { ...NODE, mode: plain },
    ...OTHERS.map((other) => ({ ...other, mode: plain })),
    { ...C_MMSG, mode: plain },
    { ...C_GSO, mode: gso },
  ];
}
/** For TCP. */
export const TCP: readonly Contestant[] = [
  PORTICO,
  PORTICO_NODE,
  NODE,
  ...OTHERS,
  { name: 'c-epoll', program: 'tcp-epoll' },
  { name: 'c-uring', program: 'tcp-uring' },
];
