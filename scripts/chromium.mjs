// A real Chromium for the lab's tests and pictures: the system's where there is one, else the one in
// @sparticuz/chromium, which is unpacked once. It wants libnss3 and a font of the system.
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { chromium } from 'playwright-core';

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const packed = `${modules}/@sparticuz/chromium`;

/**
 * Starts it.
 *
 * @throws Error where none starts, with the reason.
 */
export async function launchChromium() {
  const executablePath = SYSTEM.find((path) => existsSync(path)) ?? (await unpacked());
  // what runs as root, in a container, has no sandbox
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

/** Several programs may want it at once: each unpacks for itself, and a whole file takes the place. */
async function unpacked() {
  const { version } = JSON.parse(readFileSync(`${packed}/package.json`, 'utf8'));
  const path = `${modules}/.cache/portico/chromium-${version}`;
  if (existsSync(path)) return path;
  mkdirSync(`${modules}/.cache/portico`, { recursive: true });
  const own = `${path}.${process.pid}`;
  await pipeline(
    createReadStream(`${packed}/bin/chromium.br`),
    createBrotliDecompress(),
    createWriteStream(own, { mode: 0o755 }),
  );
  renameSync(own, path);
  return path;
}
