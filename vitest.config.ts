// How the tests run: sources are tested as they are, dist/ is built once beforehand for the tests that start
// programs (test/global-setup.ts). PORTICO_TEST_REPORT=FILE writes the results as JSON too; .ci/run counts them.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = fileURLToPath(new URL('./src', import.meta.url));
const report = process.env.PORTICO_TEST_REPORT;

const ALONE = 'test/**/*.alone.test.ts';

export default defineConfig({
  resolve: {
    // the package under its own name is its source, in tests and examples alike
    alias: [
      { find: /^portico$/, replacement: `${source}/index.ts` },
      { find: /^portico\/([a-z]+)$/, replacement: `${source}/$1/index.ts` },
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [ALONE],
          sequence: { groupOrder: 0 },
        },
      },
      // what counts how often a timer runs wants the processors for itself
      {
        extends: true,
        test: { name: 'alone', include: [ALONE], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
    globalSetup: ['test/global-setup.ts'],
    // a process for each test file: native memory and descriptors of one file can't reach another
    pool: 'forks',
    // most files wait for timers and other programs: vitest's choice of one processor less leaves half of two idle
    maxWorkers: '100%',
    // generous: a slow machine must not fail a test; a test that measures a deadline sets its own
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      reportsDirectory: 'coverage',
    },
  },
});
