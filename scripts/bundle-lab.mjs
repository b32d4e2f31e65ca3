// Writes dist/lab/: the page of `portico lab`, as a folder that any web server can serve, and that opens from a disk
// too: three files, one of them a plain script, for a browser loads no module from a disk. `npm run build` runs this
// after scripts/bundle.mjs.
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where a browser has nothing: the engines that talk to an operating system, and its files. */
const ABSENT = /engines\/select\.ts$|^node:fs\/promises$/;

/** @returns A plugin that puts the lab's stand-in where a browser has nothing. */
function withoutNode() {
  return {
    name: 'without-node',
    enforce: 'pre',
    resolveId: (id) => (ABSENT.test(id) ? `${root}src/lab/model/absent.ts` : undefined),
  };
}

/** @returns A plugin that loads the script after the page has been read, and not as a module. */
function plainScript() {
  return {
    name: 'plain-script',
    enforce: 'post',
    transformIndexHtml: (html) =>
      html
        .replace(/<script type="module" crossorigin/, '<script defer')
        .replace(/<link rel="stylesheet" crossorigin/, '<link rel="stylesheet"'),
  };
}

await build({
  configFile: false,
  root: `${root}src/lab`,
  base: './',
  logLevel: 'error',
  plugins: [withoutNode(), plainScript()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: `${root}dist/lab`,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    cssMinify: true,
    // a plain script would carry the style sheet in itself
    cssCodeSplit: false,
    assetsDir: '.',
    rolldownOptions: {
      output: {
        format: 'iife',
        entryFileNames: 'lab.js',
        assetFileNames: 'lab.[ext]',
      },
      // what the bundler warns of, such as an import that it does not find, is an error here
      onLog: (_level, log) => {
        // Vite's own helper for the import() of the file system, which is never called here
        if (log.code !== 'EMPTY_IMPORT_META') throw new Error(log.message);
      },
    },
  },
});
