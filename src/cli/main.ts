#!/usr/bin/env node
/** The program `portico`: its commands, and the exit code of what they did. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addBench } from './bench.ts';
import { addCompare } from './compare.ts';
import { addConformance } from './conformance.ts';
import { addConnect } from './connect.ts';
import { addDemo } from './demo.ts';
import { addDoctor } from './doctor.ts';
import { report } from './failure.ts';
import { addLab } from './lab.ts';
import { endWithReader, say } from './output.ts';
import { addServe } from './serve.ts';
import { addSim } from './sim.ts';
import { addTop } from './top.ts';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

const program = new Command('portico')
  .description('Berkeley sockets for TypeScript: servers, a client and checks for UDP and TCP.')
  .version(manifest.version, '-V, --version')
  .helpCommand(false)
  .exitOverride()
  .addHelpText(
    'after',
    `
Begin with:
  $ portico demo                            a UDP and a TCP server answer your keyboard
  $ portico serve upper                     the server by itself
  $ portico connect 127.0.0.1 12000 --udp   a client for it, in a second terminal

PORTICO_ENGINE=linux|node chooses the engine of every command that has no --engine.`,
  );

const COMMANDS = [
  addDemo,
  addServe,
  addTop,
  addConnect,
  addDoctor,
  addConformance,
  addBench,
  addSim,
  addLab,
  addCompare,
];
for (const add of COMMANDS) add(program);
for (const command of program.commands) {
  command.showHelpAfterError(`See: portico ${command.name()} --help`);
}
program.showHelpAfterError('See: portico --help');

endWithReader();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error, say);
}
