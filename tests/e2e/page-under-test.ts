// A new page of a real browser for each test, against the built files and the made-up API: notes its errors and what breaks the content policy.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { launchBrowser } from '#tests/support/browser.ts';
import { startFixtureApi } from '#tests/support/fixture-api.ts';
import type { FixtureApi } from '#tests/support/fixture-api.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DIST = join(ROOT, 'ui/dist');
let browser: Browser;
let api: FixtureApi;
/** An API that has no data. */
export let empty: FixtureApi;
let context: BrowserContext;
export let page: Page;
/** Errors that the page has thrown or said to the console. */
export let problems: string[] = [];

/** Builds the pages when they are not there, at a place of its own: two files of tests may find them missing at once. */
function build(): void {
  rmSync(DIST, { recursive: true, force: true });
  const own = mkdtempSync(join(ROOT, 'ui/build-'));
  try {
    execFileSync(
      join(ROOT, 'node_modules/.bin/vite'),
      ['build', 'ui', '--logLevel', 'warn', '--outDir', join(own, 'dist')],
      { cwd: ROOT },
    );
    renameSync(join(own, 'dist'), DIST);
  } catch (error) {
    if (!existsSync(join(DIST, 'index.html'))) throw error;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Opens a page before each test of a file. */
export function openPageForEachTest(): void {
  beforeAll(async () => {
    if (!existsSync(join(DIST, 'index.html'))) build();
    [browser, api, empty] = await Promise.all([launchBrowser(), startFixtureApi(), startFixtureApi({ empty: true })]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([api?.close(), empty?.close()]);
  });
  beforeEach(async () => {
    problems = [];
    context = await browser.newContext({ viewport: { width: 1440, height: 860 }, locale: 'en-US' });
    page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    await page.addInitScript(
      "globalThis.__violations = []; document.addEventListener('securitypolicyviolation', (e) => globalThis.__violations.push(e.violatedDirective + ' ' + e.blockedURI))",
    );
  });
  afterEach(async () => {
    await context.close();
    const mistakes = [...api.mistakes, ...empty.mistakes];
    if (mistakes.length > 0) throw new Error(`the page asked what no route declares: ${mistakes.join('; ')}`);
  });
}

export const open = async (path: string, base = api.url): Promise<void> => {
  await page.goto(base + path, { waitUntil: 'networkidle' });
};
export const violations = (): Promise<unknown> => page.evaluate('globalThis.__violations');
export const clean = async (): Promise<void> => {
  expect(await violations()).toEqual([]);
  expect(await page.evaluate('globalThis.__hostile')).toBeUndefined();
};
/** A parameter of its address. */
export const param = (name: string): string | null => new URL(page.url()).searchParams.get(name);
export const shown = (text: string): Promise<void> => page.getByText(text).first().waitFor({ timeout: 10_000 });
