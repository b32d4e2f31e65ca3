/** A real Chromium: the system's where there is one, else the one in @sparticuz/chromium. Where none starts, tests skip with the reason. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** The page as it was built. */
export const PAGE: string = new URL('../../dist/lab/index.html', import.meta.url).href;

/** A browser, or why there is none. */
export async function openBrowser(): Promise<Browser | string> {
  try {
    const system = SYSTEM.find((path) => existsSync(path));
    if (system !== undefined)
      return await chromium.launch({ executablePath: system, args: ['--no-sandbox'] });
    const { default: packaged } = await import('@sparticuz/chromium');
    // in one process a context that closes while a stream is open takes the browser with it
    const args = packaged.args.filter((word) => word !== '--single-process' && word !== '--disable-web-security');
    return await chromium.launch({ executablePath: await packaged.executablePath(), args });
  } catch (error) {
    return `no Chromium starts here: ${String(error).split('\n', 1)[0]}`;
  }
}

/** Opens the lab; the test fails with whatever the page throws, and sees every request. */
export async function openLab(
  browser: Browser,
  query: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ readonly page: Page; readonly requests: string[]; readonly errors: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const requests: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(`${PAGE}${query}`);
  await page.getByRole('slider', { name: 'Time' }).waitFor();
  return { page, requests, errors };
}

/** The root of the repository. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));
