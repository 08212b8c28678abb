// What axe cannot see (axe.test.ts): keys, focus, titles.
import { expect, it } from 'vitest';
import { CHECKOUT_ID } from '#tests/support/fixture-world.ts';
import { PAGES } from './page-addresses.ts';
import { open, openPageForEachTest, page, param, problems } from './page-under-test.ts';

openPageForEachTest();

it('each page has one heading of the first level and a title of its own', async () => {
  const titles = new Set<string>();
  for (const path of PAGES.filter((path) => !path.includes('?'))) {
    await open(path);
    expect(await page.locator('h1').count(), path).toBe(1);
    titles.add(await page.title());
  }
  expect([...titles]).toContain('Services · Winnow');
  expect(titles.size).toBe(PAGES.filter((path) => !path.includes('?')).length);
});

it('the first key leads past rail and bar', async () => {
  await open('/services');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.tagName')).toBe('MAIN');
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);
});

it('arrows go through the tabs of a trace', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await page.getByRole('tab', { name: 'Waterfall' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => param('tab')).toBe('table');
  expect(await page.getByRole('tabpanel').getAttribute('aria-labelledby')).toBe('trace-tab-table');
  await page.keyboard.press('End');
  await expect.poll(() => param('tab')).toBe('json');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => param('tab')).toBeNull();
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Waterfall');
  expect(problems).toEqual([]);
});

it('Escape closes the details of a span and leads back to the spans', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await page.getByTestId('waterfall').focus();
  await page.keyboard.press('j');
  await page.getByTestId('span-panel').waitFor();
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.closest("aside") !== null')).toBe(true);
  await page.keyboard.press('Escape');
  await page.getByTestId('span-panel').waitFor({ state: 'detached' });
  expect(await page.evaluate('document.activeElement.dataset.testid')).toBe('waterfall');
  expect(problems).toEqual([]);
});

it('chooses a rectangle of the heatmap by keys', async () => {
  await open('/search');
  await page.getByTestId('heatmap').focus();
  await page.keyboard.press('ArrowRight');
  await page.getByTestId('heatmap').getByRole('status').getByText('kept trace').waitFor();
  for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Shift+ArrowUp');
  await page.keyboard.press('Enter');
  await expect.poll(() => param('sel')).toMatch(/^\d+~\d+~[\d.]+~[\d.]+$/);
  await page.keyboard.press('Escape');
  await expect.poll(() => param('sel')).toBeNull();
  expect(problems).toEqual([]);
});

it('walks over the map by arrows, one stop of Tab for all of it', async () => {
  await open('/map');
  const nodes = page.getByTestId('map').locator('g[tabindex]');
  await nodes.first().waitFor();
  expect(await page.getByTestId('map').locator('g[tabindex="0"]').count()).toBe(1);
  await page.getByTestId('map').locator('g[tabindex="0"]').focus();
  const name = (): Promise<string> => page.evaluate('document.activeElement.getAttribute("aria-label")');
  const first = await name();
  await page.keyboard.press('ArrowRight');
  expect(await name()).not.toBe(first);
  await page.getByRole('button', { name: /^postgresql:shop .*, db$/ }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => param('node')).toBe('postgresql:shop');
  await page.getByText(/edges? of postgresql:shop/).waitFor();
  expect(problems).toEqual([]);
});
