// The Sampling page in a real browser: live state, hits, and rules tried: before and after, what is newly lost, mistakes shown in place.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { startFixtureApi, type FixtureApi } from '../support/fixture-api.ts';

let api: FixtureApi;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  api = await startFixtureApi();
  browser = await launchBrowser();
}, 60_000);
afterAll(async () => {
  await browser.close();
  await api.close();
});
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 860 }, locale: 'en-US' });
  await page.goto(`${api.url}/sampling`, { waitUntil: 'networkidle' });
  return () => page.close();
});

async function write(text: string): Promise<void> {
  await page.getByTestId('rules-editor').locator('.cm-content').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(text);
}

it('tells what the sampler does now and which rules are in force', async () => {
  const live = page.getByTestId('live');
  await live.getByText('1,804 traces').waitFor();
  expect(await live.innerText()).toMatch(
    /9\.31 % full[\s\S]*oldest waits 11\.4 s[\s\S]*for 14 min[\s\S]*309 kept · 3,811 dropped[\s\S]*no overload/,
  );
  expect(await live.getByText('within reach').count()).toBe(0);
  expect(await page.getByTestId('in-force').innerText()).toMatch(
    /^Configuration 4f2a9c01be77 from winnow\.yaml, read again .* \(applied\)$/,
  );
  await page.getByTestId('rules').getByText('slow checkout').waitFor();
  await page.getByTestId('chart').locator('canvas').waitFor();
});

it('tries the rules in the editor: before, after with its error, examples as links, and how to put them in force', async () => {
  await write('    # fewer\n');
  await page.getByRole('button', { name: 'Try', exact: true }).click();
  const comparison = page.getByTestId('comparison');
  await comparison.getByText('Would keep').waitFor();
  expect(await comparison.innerText()).toMatch(
    /216,154 ± 4,826 of 7,047,484 spans received[\s\S]*1,878 traces newly lost, for example/,
  );
  expect(await comparison.getByTestId('newly-lost').getByRole('link').first().getAttribute('href')).toMatch(
    /^\/trace\/[0-9a-f]{32}$/,
  );
  await comparison.getByRole('button', { name: 'traces' }).click();
  await comparison.getByText('1,702 ± 38').first().waitFor();
  await page.getByRole('button', { name: 'Reload…' }).click();
  expect(await page.getByTestId('apply').innerText()).toContain('curl -X POST http://127.0.0.1:4321/reload');
});

it('shows mistakes in place, by Ctrl-Enter, and goes back to the rules in force', async () => {
  await write('    - { name: x, keep: nonsense }');
  await page.keyboard.press('Control+Enter');
  await page.getByTestId('mistakes').getByText('sampling.rules[3].keep').waitFor();
  expect(await page.getByTestId('mistakes').innerText()).toContain(
    'line 10: is no percentage within 0 and 100, got nonsense; write a percentage',
  );
  expect(await page.getByTestId('rules-editor').locator('.cm-mistake').innerText()).toContain('nonsense');
  await page.getByRole('button', { name: 'Rules in force' }).click();
  expect(await page.getByTestId('rules-editor').locator('.cm-content').innerText()).not.toContain('nonsense');
});
