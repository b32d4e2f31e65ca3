// How long the lab's script takes for a frame while about two hundred packets are under way: a hundred clients over links
// of 400 ms. Wants dist/lab (npm run build), and a machine that does nothing else.
//
//   node scripts/lab-frames.mjs
import os from 'node:os';
import { launchChromium } from './chromium.mjs';

const QUERY = '?scenario=hundred-clients&variant=eight-threads&changes=link-0-400-0-0&t=900000';
const WINDOWS = 10;
const WINDOW_MS = 1000;

const browser = await launchChromium();
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(`${new URL('../dist/lab/index.html', import.meta.url)}${QUERY}`);
await page.getByRole('slider', { name: 'Time' }).waitFor();
await page.getByLabel('Speed').selectOption('200');
const session = await page.context().newCDPSession(page);
await session.send('Performance.enable');
await page.evaluate(() => {
  globalThis.frames_ = 0;
  const count = () => {
    globalThis.frames_ += 1;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
});
await page.getByRole('button', { name: 'Play' }).click();
const windows = [];
let before = await look();
for (let window = 0; window <= WINDOWS; window++) {
  await page.waitForTimeout(WINDOW_MS);
  const after = await look();
  // the first is the compiler's
  if (window > 0)
    windows.push({
      frames: after.frames - before.frames,
      scriptMs: ((after.script - before.script) * 1000) / (after.frames - before.frames),
      packets: after.packets,
    });
  before = after;
}
const version = browser.version();
await browser.close();
windows.sort((a, b) => a.scriptMs - b.scriptMs);
const { scriptMs } = windows[windows.length >> 1];
const packets = windows.map((one) => one.packets);
const frames = windows.map((one) => one.frames);
console.log(`Chromium ${version}, ${os.cpus()[0]?.model}, load ${os.loadavg()[0].toFixed(1)}`);
console.log(
  `${Math.min(...packets)} to ${Math.max(...packets)} packets under way, ${Math.min(...frames)} to ${Math.max(...frames)} frames a second`,
);
console.log(
  `script for a frame: ${scriptMs.toFixed(2)} ms (median of ${WINDOWS} seconds), ${windows.at(-1).scriptMs.toFixed(2)} ms in the worst`,
);

/** Frames and seconds of script so far, and packets on the page: those that are drawn, and those that are counted. */
async function look() {
  const { metrics } = await session.send('Performance.getMetrics');
  const { frames, packets } = await page.evaluate(() => {
    const counted = [...document.querySelectorAll('.bundle')].map(({ textContent }) =>
      Number(/\d+/.exec(textContent)),
    );
    const drawn = document.querySelectorAll('.packet').length;
    return { frames: globalThis.frames_, packets: counted.reduce((sum, count) => sum + count, drawn) };
  });
  return { frames, packets, script: metrics.find(({ name }) => name === 'ScriptDuration').value };
}
