/** One datagram with a forged source sets two servers upon each other, or one upon itself (CVE-2024-2169). */
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { InetAddress } from 'portico';
import { found } from '../../harness/which.ts';
import type { Finding, Measure, Skip } from '../measure.ts';
import { finding } from '../measure.ts';
import { Served } from '../served.ts';

const MESSAGES_MAX = 10;
const WAIT_MS = 3000;
const RUNS = 5;

/** A raw socket sends IPv4 and UDP headers as they are; checksum 0 is none. */
const SPOOF = `
import socket, struct, sys
source, target = int(sys.argv[1]), int(sys.argv[2])
data = b'x'
udp = struct.pack('!HHHH', source, target, 8 + len(data), 0) + data
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
s.bind(('127.0.0.1', 0))
s.sendto(udp, ('127.0.0.1', 0))
`;

function forge(from: InetAddress, to: InetAddress): void {
  const words = ['-c', SPOOF, String(from.port), String(to.port)];
  const { status, stderr } = spawnSync('python3', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The forged datagram could not be sent: ${stderr}`);
}

async function spoofed(): Promise<Finding | Skip> {
  if (process.getuid?.() !== 0) return { skipped: 'needs root for a raw socket' };
  if (!found('python3')) return { skipped: 'needs python3 for a raw socket' };
  const totals: number[] = [];
  const alone: number[] = [];
  let command = '';
  for (let run = 0; run < RUNS; run++) {
    await using one = await Served.start({ service: 'echo', words: ['--udp', '--threads', '2'] });
    await using two = await Served.start({ service: 'echo', words: ['--udp', '--threads', '2'] });
    forge(one.udp, two.udp);
    await pause(WAIT_MS);
    totals.push((await one.stats()).datagrams + (await two.stats()).datagrams);
    forge(one.udp, one.udp);
    const before = (await one.stats()).answers;
    await pause(WAIT_MS / 10);
    alone.push((await one.stats()).answers - before);
    command = one.command;
  }
  const most = Math.max(...totals);
  return finding(
    command,
    `${most} messages`,
    [most <= MESSAGES_MAX, Math.max(...alone) === 0],
    [
      `messages of ${RUNS} runs, the forged one among them: ${totals.join(', ')}; the most counts`,
      `answers to a datagram that seems to come from the server itself: ${alone.join(', ')}`,
    ],
  );
}

export const SPOOFED: readonly Measure[] = [
  {
    name: 'spoofed',
    title: 'one spoofed datagram between two echo servers',
    aim: `at most ${MESSAGES_MAX} messages`,
    how: `A raw socket sends one byte to one server with the address of the other as its source; ${WAIT_MS / 1000} s later both are asked how many datagrams they have received.`,
    run: spoofed,
  },
];
