// Writes docs/lab-ladder.svg, the picture in the README: the ladder of a handshake whose SYN-ACK is lost, as the lab
// saves it. It is text, so a change of it can be read. Wants dist/lab (npm run build).
//
//   npm run docs:lab
import { fileURLToPath } from 'node:url';
import { launchChromium } from './chromium.mjs';

const QUERY = '?scenario=tcp-handshake&variant=syn-ack-lost&t=1125000';

const browser = await launchChromium();
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
await page.goto(`${new URL('../dist/lab/index.html', import.meta.url)}${QUERY}`);
const saving = page.waitForEvent('download');
await page.getByRole('button', { name: 'SVG' }).click();
await (await saving).saveAs(fileURLToPath(new URL('../docs/lab-ladder.svg', import.meta.url)));
await browser.close();
