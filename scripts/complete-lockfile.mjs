// Completes package-lock.json after `npm install` on a registry mirror that lacks some packages built for other
// platforms. npm 11 leaves such packages out of the lock file, and then `npm ci` refuses the file everywhere
// (npm/cli issue 9342). This adds each one with the exact version that its parent asks for and the platform that
// its name says. It adds no integrity, for nothing here can know it: on that platform npm fetches by version.
//
//   node scripts/complete-lockfile.mjs   (`npm run lockfile`)
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/** The platform in a package's name, such as `@biomejs/cli-linux-x64-musl`, or undefined where there is none. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = systems.find((word) => words.includes(word));
  const cpu = processors.find((word) => words.includes(word));
  if (os === undefined || cpu === undefined) return undefined;
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.includes('gnu')
      ? ['glibc']
      : undefined;
  return { os, cpu, libc: os === 'linux' ? libc : undefined };
}

const added = [];
for (const parent of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (Object.keys(lock.packages).some((entry) => entry === place || entry.endsWith(`/${place}`))) continue;
    const platform = platformOf(name);
    if (platform === undefined || !/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) {
      throw new Error(`${name}@${version} is not in package-lock.json, and its name says no platform`);
    }
    const { os, cpu, libc } = platform;
    // in npm's own order, so that the next `npm install` changes nothing
    lock.packages[place] = { version, cpu: [cpu], dev: parent.dev, libc, optional: true, os: [os] };
    added.push(`${name}@${version}`);
  }
}

lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
);
if (added.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(
  added.length === 0 ? 'package-lock.json is complete' : `Added to package-lock.json:\n${added.join('\n')}`,
);
