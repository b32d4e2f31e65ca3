// Writes or checks the conformance section of docs/engines.md: the verdict of each row of the checklist on each engine,
// from real runs on this host. Reads dist/, which it does not build.
//
//   node scripts/docs-engines.mjs           writes the section
//   node scripts/docs-engines.mjs --check   fails when it is stale
//
// What Node can do depends on its version: under another major version than the table's, the engine node's part stays
// as it is. What this host lacks (IPv6, a user without rights) is no verdict of an engine: it is neither written nor compared.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BEGIN = '<!-- conformance:begin -->';
const END = '<!-- conformance:end -->';
const ENGINES = ['linux', 'node', 'sim'];
const NODE_MAJOR = process.versions.node.split('.')[0];

const file = fileURLToPath(new URL('../docs/engines.md', import.meta.url));
const testing = new URL('../dist/testing/index.js', import.meta.url);
if (!existsSync(testing)) {
  console.error('dist/ is not there; run "npm run build" first');
  process.exit(1);
}
const { conformanceCases, conformanceRows, rowsWithoutCase, runConformance } = await import(testing.href);

/** A text without its line breaks and indents: how it is wrapped is nobody's verdict. */
function words(section) {
  return section.replace(/\s+/g, ' ').trim();
}

/** Runs the cases; every result of an engine, or undefined where it does not load. */
async function resultsOf(engine) {
  if (engine === 'sim') return simulated();
  try {
    const { results } = await runConformance(engine);
    const unprivileged = await withoutRights(() => runConformance(engine, { filter: needsRefusal }));
    const better = new Map(unprivileged?.results.map((result) => [result.name, result]));
    return results.map((result) => better.get(result.name) ?? result);
  } catch (error) {
    console.error(`the engine ${engine} does not run here: ${error.message}`);
    return undefined;
  }
}

/** Both ends on one simulated host. What it lacks no other host would have: that is the engine's. */
async function simulated() {
  const { simnet } = await import(new URL('../dist/sim/index.js', import.meta.url).href);
  const sim = simnet();
  const host = sim.host('host', { ip: '10.0.0.1', privileged: false });
  const driver = sim.drive();
  const { results } = await runConformance(host.engine);
  driver.stop();
  return results.map((result) => (result.lackOf === 'host' ? { ...result, lackOf: 'engine' } : result));
}

const needsRefusal = ({ needs = [] }) => needs.includes('reserved ports');

/** Root may bind every port: the cases of reserved ports run as nobody. */
async function withoutRights(run) {
  if (process.geteuid?.() !== 0) return undefined;
  process.seteuid(65_534);
  try {
    return await run();
  } finally {
    process.seteuid(0);
  }
}

/** The verdict of one row on one engine; `undefined` when this host can't tell. */
function verdictOf(row, results) {
  const own = results?.filter(({ rows }) => rows.includes(row)) ?? [];
  if (own.length === 0 || own.some(({ lackOf }) => lackOf === 'host')) return undefined;
  const passed = own.filter(({ verdict }) => verdict === 'passed').length;
  if (own.some(({ verdict }) => verdict === 'failed')) return `fails: ${passed} of ${own.length}`;
  if (passed === own.length) return 'yes';
  return passed === 0 ? 'no' : `${passed} of ${own.length}`;
}

/** What an engine does not do: each reason with its cases. */
function reasonLines(engine, results) {
  const byReason = new Map();
  for (const { verdict, lackOf, reason, name } of results ?? []) {
    // a failure is told in the table; its text has a seed and ports
    if (verdict === 'skipped' && lackOf === 'engine')
      byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [...byReason].map(([reason, names]) => `- \`${engine}\`: ${reason}. ${cases(names)}`);
}

function cases(names) {
  const more = names.length > 2 ? ` and ${names.length - 1} more` : '';
  return (names.length > 2 ? names.slice(0, 1) : names).map((name) => `*${name}*`).join(', ') + more;
}

/** The rows of the table that are there already, for the cells that this host can't tell. */
function cellsOf(section) {
  const rows = section.split('\n').filter((line) => /^\| [UT]\d\d \|/.test(line));
  return new Map(
    rows.map((line) => line.split('|').map((cell) => cell.trim())).map(([, row, ...rest]) => [row, rest]),
  );
}

function sectionOf(runs, old, major) {
  const without = new Map(rowsWithoutCase.map(({ row, reason }) => [row, reason]));
  const kept = cellsOf(old);
  const table = conformanceRows.map(({ row, behaviour }) => {
    if (without.has(row))
      return `| ${row} | ${behaviour} | | ${without.get(row)} |${' |'.repeat(ENGINES.length - 1)}`;
    const count = conformanceCases.filter(({ rows = [] }) => rows.includes(row)).length;
    const cells = ENGINES.map(
      (engine, index) => verdictOf(row, runs.get(engine)) ?? kept.get(row)?.[2 + index] ?? 'not run',
    );
    return `| ${row} | ${behaviour} | ${count} | ${cells.join(' | ')} |`;
  });
  const reasons = ENGINES.flatMap((engine) => {
    const results = runs.get(engine);
    const keep = old.split('\n').filter((line) => line.startsWith(`- \`${engine}\`:`));
    return results ? reasonLines(engine, results) : keep;
  });
  return [
    `The suite has ${conformanceCases.length} cases. Each row of the checklist is a behaviour that the tests of Node, libuv, Bun, Deno, CPython,`,
    'ranch or nginx hold their own sockets to; "yes" means that all its cases pass, "3 of 5" that the others are refused with an',
    `error code or listed below. This table is made by \`npm run docs:engines\` from runs on Linux and Node ${major}.`,
    '',
    `| row | behaviour | cases | ${ENGINES.map((engine) => `\`${engine}\``).join(' | ')} |`,
    `|---|---|---|${'---|'.repeat(ENGINES.length)}`,
    ...table,
    '',
    'Not on every engine:',
    '',
    ...reasons,
  ].join('\n');
}

const text = readFileSync(file, 'utf8');
const begin = text.indexOf(BEGIN);
const end = text.indexOf(END);
if (begin < 0 || end < begin) {
  console.error(`${file} should hold ${BEGIN} and ${END}`);
  process.exit(1);
}
const old = text.slice(begin + BEGIN.length, end).trim();
const runs = new Map();
const checking = process.argv.includes('--check');
const major = (checking && /and Node (\d+)\.$/m.exec(old)?.[1]) || NODE_MAJOR;
for (const engine of ENGINES) {
  if (engine !== 'node' || major === NODE_MAJOR) runs.set(engine, await resultsOf(engine));
}
const fresh = sectionOf(runs, old, major);

if (!checking) {
  writeFileSync(file, `${text.slice(0, begin + BEGIN.length)}\n${fresh}\n${text.slice(end)}`);
  console.log('docs/engines.md is written');
} else if (words(fresh) === words(old)) {
  console.log('docs/engines.md is up to date');
} else {
  const oldLines = new Set(old.split('\n'));
  const differing = fresh.split('\n').filter((line) => !oldLines.has(line));
  console.error(
    ['docs/engines.md is stale; run "npm run docs:engines". New lines:', ...differing].join('\n'),
  );
  process.exitCode = 1;
}
process.exit();
