/** The Python that the lab shows beside the programs runs, on the sockets of this host, and says what the notes say. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { tcpClient, tcpServer, udpClient, udpServer } from '../../src/scenarios/notes-programs.ts';
import type { ScenarioProgram } from '../../src/scenarios/scenario.ts';
import { need } from '../peers/needs.ts';

/** Runs a server to its loop, which goes on beside the client. A port of this host stands for that of the notes. */
const BOTH = `
import json, sys, threading
from socket import *

server, client = json.load(sys.stdin)
with socket(AF_INET, SOCK_STREAM) as free:
    free.bind(('127.0.0.1', 0))
    port = str(free.getsockname()[1])

def here(text):
    return text.replace("('', 12000)", "('127.0.0.1', 12000)").replace("'server'", "'127.0.0.1'").replace('12000', port)

names = dict(globals(), input=lambda prompt: 'hello, straße')
head, loop = here(server).split('while True:')
exec(head, names)
threading.Thread(target=exec, args=('while True:' + loop, names), daemon=True).start()
exec(here(client), dict(names))
`;

const textOf = ({ python = [] }: ScenarioProgram) => python.join('\n');

it.for([
  { transport: 'UDP', server: udpServer, client: udpClient },
  { transport: 'TCP', server: tcpServer, client: tcpClient },
])('$transport: the client prints what the server made of its line', ({ server, client }, context) => {
  const [python] = need(context, 'python3');
  const { stdout, stderr } = spawnSync(python, ['-c', BOTH], {
    input: JSON.stringify([textOf(server), textOf(client)]),
    encoding: 'utf8',
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
  });
  expect({ stdout, stderr }).toEqual({ stdout: 'HELLO, STRASSE\n', stderr: '' });
});
