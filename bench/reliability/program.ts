/** A program that calls serve() and does what it is told on standard input: `restart`, `stats`, each answered by a line. */
import { createInterface } from 'node:readline';
import { serve } from 'portico/server';
import { tell } from '../harness/usage.ts';

const [href = '', options = '{}'] = process.argv.slice(2);
const server = await serve(new URL(href), {
  host: '127.0.0.1',
  onProblem: (problem) => process.stderr.write(`${problem.message}\n`),
  ...JSON.parse(options),
});
tell(JSON.stringify(server.addresses));
for await (const word of createInterface({ input: process.stdin })) {
  const began = performance.now();
  if (word === 'restart') await server.restartThreads();
  tell(JSON.stringify({ ms: performance.now() - began, ...server.stats() }));
}
await server.close();
