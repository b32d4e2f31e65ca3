/** Makes one measure in a process of its own, and prints the finding as JSON. */
import { killAll } from '../harness/child.ts';
import { tell } from '../harness/usage.ts';
import { MEASURES } from './measures.ts';

const measure = MEASURES.find(({ name }) => name === process.argv[2]);
if (!measure) throw new Error(`There is no measure ${process.argv[2]}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killAll();
    process.exit(1);
  });
}
tell(JSON.stringify(await measure.run()));
// connections of clients that are still open are nobody's now
process.exit(0);
