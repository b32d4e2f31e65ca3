// Writes the JavaScript of dist/: a file for each entry point and each thread, with all that it needs inside, for Node
// takes about a millisecond to load one more module (docs/decisions/0009-one-file-an-entry-point.md). The declarations
// beside them are tsc's. `npm run build` runs both.
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Each file of dist/ and the source that it begins with. */
const FILES = {
  index: 'index',
  'scenarios/index': 'scenarios/index',
  'sim/index': 'sim/index',
  'testing/index': 'testing/index',
  'cli/main': 'cli/main',
  // a thread is started from the file that lies beside whoever starts it
  'cli/worker': 'load/worker',
  poller: 'engines/linux/poller',
};
/** What other files import rather than contain, so that its classes exist once. */
const FACES = ['index', 'scenarios/index', 'sim/index', 'testing/index'];

/** A class that an entry point takes from a file of its own reaches the one in index.js, which exports it. */
const IN_INDEX = 'posix/socket-error';

const source = (name) => `${root}src/${name}.ts`;

/** The options of one file. */
function bundle([file, begin]) {
  const faces = FACES.filter((face) => face !== file).map((face) => [source(face), `./${face}.js`]);
  // index.js and the files that run without it hold the class themselves
  if (file.includes('/')) faces.push([source(IN_INDEX), './index.js']);
  return {
    input: { [file]: source(begin) },
    external: ['commander', ...faces.map(([path]) => path)],
    platform: 'node',
    transform: { target: 'es2022' },
    output: { dir: `${root}dist`, paths: Object.fromEntries(faces), sourcemap: true, comments: false },
    // what the bundler warns of, such as an import that it does not find, is an error here
    onLog: (_level, log) => {
      throw new Error(log.message);
    },
  };
}

await build(Object.entries(FILES).map(bundle));
