// Pictures of the lab: every scenario at three sizes, in the middle of its run. Wants dist/lab (npm run build).
//
//   node scripts/lab-pictures.mjs DIR [--only NAME] [--dark] [--at PART]
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launchChromium } from './chromium.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    size: { type: 'string' },
    dark: { type: 'boolean' },
    at: { type: 'string', default: '0.45' },
    query: { type: 'string' },
  },
});
const [directory] = positionals;
if (directory === undefined) throw new Error('Say where the pictures go: node scripts/lab-pictures.mjs DIR');
mkdirSync(directory, { recursive: true });
const page = new URL('../dist/lab/index.html', import.meta.url);
if (!existsSync(fileURLToPath(page))) throw new Error('There is no dist/lab: npm run build');

const SIZES = [
  [1280, 800],
  [1920, 1080],
  [390, 844],
].filter(([width]) => values.size === undefined || Number(values.size) === width);

const browser = await launchChromium();
const { scenarios } = await import('../dist/scenarios/index.js');
for (const [width, height] of SIZES) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: values.dark ? 'dark' : 'light',
  });
  const tab = await context.newPage();
  tab.on('pageerror', (error) => console.error(error));
  for (const { name, variants } of scenarios) {
    for (const variant of variants) {
      if (values.only !== undefined && !`${name}/${variant.name}`.startsWith(values.only)) continue;
      await tab.goto(`${page}?scenario=${name}&variant=${variant.name}${values.query ?? ''}`);
      const slider = tab.getByRole('slider', { name: 'Time' });
      await slider.waitFor();
      const at = Number(values.at);
      if (at > 0) {
        const max = Number(await slider.getAttribute('max'));
        await slider.fill(String(Math.round((max * at) / 100) * 100));
      }
      await tab.screenshot({ path: `${directory}/${name}-${variant.name}-${width}.png` });
    }
  }
  await context.close();
}
await browser.close();
