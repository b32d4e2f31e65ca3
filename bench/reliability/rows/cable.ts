/** The cable is pulled: no FIN and no reset arrive any more. How soon does the server know? */
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child } from '../../harness/child.ts';
import { say } from '../../harness/progress.ts';
import { found } from '../../harness/which.ts';
import { ms } from '../clients.ts';
import type { Finding, Measure, Skip } from '../measure.ts';
import { finding } from '../measure.ts';
import { Served } from '../served.ts';

const IDLE = 100;
const UNSENT = 100;
const GONE_MS = 60_000;
/** When the answers of those with unsent data go out: the cable is pulled before. */
const ANSWER_MS = 3000;
const LOOK_MS = 250;
/** A network of its own for the server, in which this measure runs once more. */
const INSIDE = 'PORTICO_RELIABILITY_INSIDE';
const [SERVER_HOST, CLIENT_HOST] = ['198.18.0.1', '198.18.0.2'];

function run(command: string): void {
  const [program = '', ...words] = command.split(' ');
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

async function cable(): Promise<Finding | Skip> {
  if (process.getuid?.() !== 0) return { skipped: 'needs root for a network namespace' };
  if (!found('ip') || !found('unshare') || !found('nsenter'))
    return { skipped: 'needs ip, unshare and nsenter' };
  if (spawnSync('unshare', ['-n', 'true']).status !== 0)
    return { skipped: 'may not make a network namespace' };
  const script = fileURLToPath(new URL('../run.js', import.meta.url));
  const command = ['unshare', '-n', process.execPath, script, 'cable'];
  if (process.env[INSIDE] === undefined) {
    await using inside = new Child('cable', command, undefined, { [INSIDE]: '1' });
    return JSON.parse(await inside.line(10 * GONE_MS)) as Finding;
  }
  return await pulled();
}

async function pulled(): Promise<Finding> {
  run('ip link set lo up');
  // the clients' host is a namespace that lives as long as this program
  const clients = fileURLToPath(new URL('../cable-clients.js', import.meta.url));
  await using peers = new Child('clients', ['unshare', '-n', process.execPath, clients], undefined);
  await peers.line();
  run(`ip link add cable0 type veth peer name cable1 netns ${peers.pid}`);
  run(`ip addr add ${SERVER_HOST}/30 dev cable0`);
  run('ip link set cable0 up');
  const there = `nsenter -t ${peers.pid} -n ip`;
  run(`${there} addr add ${CLIENT_HOST}/30 dev cable1`);
  run(`${there} link set cable1 up`);
  await using server = await Served.start({ service: 'waiting', words: ['--tcp', '--host', SERVER_HOST] });
  peers.say(JSON.stringify({ server: server.tcp, idle: IDLE, asking: UNSENT, word: String(ANSWER_MS) }));
  await peers.line();
  const before = await server.stats();
  run(`${there} link set cable1 down`);
  const pulledAt = performance.now();
  const left: [number, number][] = [];
  for (;;) {
    const { open } = await server.stats();
    const at = performance.now() - pulledAt;
    if (open !== left.at(-1)?.[1]) left.push([at, open]);
    if (open === 0 || at > 2 * GONE_MS) break;
    await pause(LOOK_MS);
  }
  const { open, failures } = await server.stats();
  const at = performance.now() - pulledAt;
  say(`cable: ${open} left after ${ms(at)}`);
  const middle = left.find(([, count]) => count <= before.open / 2)?.[0] ?? Number.NaN;
  return finding(
    server.command,
    `${before.open - open} of ${IDLE + UNSENT} gone after ${(at / 1000).toFixed(1)} s`,
    [before.open === IDLE + UNSENT, open === 0, at <= GONE_MS],
    [
      `the first had gone after ${((left[1]?.[0] ?? Number.NaN) / 1000).toFixed(1)} s, half of them after ${(middle / 1000).toFixed(1)} s; ${failures} handlers were told of a failure`,
    ],
  );
}

export const CABLE: readonly Measure[] = [
  {
    name: 'cable',
    title: `the cable is pulled, ${IDLE} idle peers and ${UNSENT} with unsent data`,
    aim: `all gone within ${GONE_MS / 1000} s by default`,
    how: `Server and clients have a network namespace each and a veth pair between; the clients' end goes down. The idle ones have said nothing for a moment; to the others the server sends an answer ${ANSWER_MS / 1000} s after their question, which nobody receives. The server is asked every ${LOOK_MS} ms how many connections are open.`,
    run: cable,
  },
];
