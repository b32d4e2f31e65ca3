/** One browser for a test file. Where none starts, its tests skip with the reason; they fail when `PORTICO_REQUIRE_PEERS` is 1. */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { launchChromium } from '../../scripts/chromium.mjs';

/** The root of the repository. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));
/** The page as it was built. */
export const PAGE: string = new URL('../../dist/lab/index.html', import.meta.url).href;

/** Starts a browser before the tests of this file, and ends it after them; gives it when it has started. */
export function browserForTests(): () => Browser {
  let browser: Browser | undefined;
  let lack = 'The browser has not started';
  beforeAll(async () => {
    try {
      browser = await launchChromium();
    } catch (error) {
      lack = `no Chromium starts here: ${String(error).split('\n', 1)[0]}`;
      if (process.env.PORTICO_REQUIRE_PEERS === '1') throw new Error(lack, { cause: error });
    }
  });
  beforeEach((context) => {
    if (!browser) context.skip(lack);
  });
  afterAll(() => browser?.close());
  return () => {
    if (!browser) throw new Error(lack);
    return browser;
  };
}

/** What a person's screen is like. */
export interface Screen {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
}

/** The lab in one page of a browser, for the tests of one file. */
export class LabBrowser {
  readonly #browser = browserForTests();
  #page: Page | undefined;
  readonly #faults: string[] = [];

  /** The page, once it was opened; it is the same one for all tests. */
  get page(): Page {
    if (!this.#page) throw new Error('The lab is not open');
    return this.#page;
  }

  /** Opens the lab at an address. What the page throws, and each request beyond its own files, fails the test. */
  async open(query: string, screen: Screen = {}): Promise<Page> {
    const {
      viewport = { width: 1280, height: 800 },
      colorScheme = 'light',
      reducedMotion = 'no-preference',
    } = screen;
    this.#page ??= await this.#watched(this.#browser());
    await this.page.setViewportSize(viewport);
    await this.page.emulateMedia({ colorScheme, reducedMotion, media: null, forcedColors: null });
    await this.page.goto(`${PAGE}${query}`);
    await this.page.getByRole('slider', { name: 'Time' }).waitFor();
    return this.page;
  }

  /** Fails when something went wrong since the last look. */
  look(): void {
    expect(this.#faults.splice(0)).toEqual([]);
  }

  async #watched(browser: Browser): Promise<Page> {
    const page = await browser.newPage();
    // what is not there by then never comes
    page.setDefaultTimeout(10_000);
    const own = new URL('.', PAGE).href;
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(own) && !url.startsWith('data:')) this.#faults.push(`requests ${url}`);
    });
    page.on('pageerror', (error) => this.#faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.#faults.push(message.text());
    });
    return page;
  }
}

/** What assistive technology is told of the whole page: a picture of its state. */
export const stateOf = (page: Page): Promise<string> => page.locator('body').ariaSnapshot();

/** Presses a key several times. */
export async function press(page: Page, key: string, times = 1): Promise<void> {
  for (let time = 0; time < times; time++) await page.keyboard.press(key);
}

/** Moves the slider to a part of the run, from 0 to 1. */
export async function seek(page: Page, part: number): Promise<void> {
  const slider = page.getByRole('slider', { name: 'Time' });
  const max = Number(await slider.getAttribute('max'));
  await slider.fill(String(Math.floor((max * part) / 100) * 100));
}
