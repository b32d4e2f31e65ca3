// Writes or checks the API reports: one `etc/<package>[-<entry>].api.md` for each entry point with types in
// package.json `exports`, so a change of the public surface shows in a diff. Reads dist/, which it does not build.
//
//   node scripts/api-report.mjs           fails when a report in etc/ is missing or stale (`npm run api:check`)
//   node scripts/api-report.mjs --write   brings the reports up to date                   (`npm run api`)
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('..', import.meta.url));
const reports = join(root, 'etc');
const write = process.argv.includes('--write');
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Every entry point that has types: its report's file name and its declaration file. */
const entries = Object.entries(packageJson.exports)
  .filter(([, target]) => typeof target === 'object' && target.types !== undefined)
  .map(([name, target]) => ({
    name,
    declarations: join(root, target.types),
    report: `${[packageJson.name, ...name.split('/').slice(1)].join('-')}.api.md`,
  }));

/** Runs API Extractor over one entry point and says whether its report is in order. */
function isInOrder({ name, declarations, report }) {
  if (!existsSync(declarations)) {
    console.error(`${name}: ${declarations} is not there; run "npm run build" first`);
    return false;
  }
  const configObjectFullPath = join(reports, 'api-extractor.json');
  const configObject = ExtractorConfig.loadFile(configObjectFullPath);
  configObject.mainEntryPointFilePath = declarations;
  configObject.apiReport.reportFileName = report;
  const config = ExtractorConfig.prepare({
    configObject,
    configObjectFullPath,
    packageJsonFullPath: join(root, 'package.json'),
  });
  const result = Extractor.invoke(config, { localBuild: write });
  const inOrder = result.errorCount === 0 && (write || (result.succeeded && !result.apiReportChanged));
  console.log(`${name}: etc/${report} ${inOrder ? 'is up to date' : 'is stale; run "npm run api"'}`);
  return inOrder;
}

/** Reports of entry points that package.json no longer names. */
const orphans = readdirSync(reports).filter(
  (file) => file.endsWith('.api.md') && !entries.some(({ report }) => report === file),
);
for (const orphan of orphans) {
  if (write) rmSync(join(reports, orphan));
  console.log(`etc/${orphan} belongs to no entry point${write ? ': removed' : ''}`);
}

const good = entries.filter(isInOrder);
process.exitCode = good.length === entries.length && (write || orphans.length === 0) ? 0 : 1;
