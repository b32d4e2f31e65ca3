// Prints "PASSED FAILED SKIPPED" of one vitest JSON report; "0 0 0" where there is none.
import { existsSync, readFileSync } from 'node:fs';

const path = process.argv[2];
const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = report;
console.log(numPassedTests, numFailedTests, numPendingTests + numTodoTests);
