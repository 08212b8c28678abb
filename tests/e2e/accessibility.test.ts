// Every page, light and dark, wide and narrow, with data and without: axe finds nothing serious. And what axe cannot see: keys, focus, titles.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import axe from 'axe-core';
import { expect, it } from 'vitest';
import { BATCH_ID, CHECKOUT_ID } from '#tests/support/fixture-world.ts';
import { empty, open, openPageForEachTest, page, param, problems } from './page-under-test.ts';

openPageForEachTest();

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const QUERY = encodeURIComponent('sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))');
const PAGES = [
  '/search',
  '/search?service=checkout&status=error',
  `/trace/${CHECKOUT_ID}`,
  `/trace/${CHECKOUT_ID}?span=00000000a10001a4`,
  `/trace/${CHECKOUT_ID}?tab=table`,
  `/trace/${CHECKOUT_ID}?tab=links`,
  `/trace/${CHECKOUT_ID}?tab=reconstruction`,
  `/trace/${CHECKOUT_ID}?tab=logs`,
  `/trace/${CHECKOUT_ID}?tab=json`,
  `/trace/${BATCH_ID}?span=linked-0`,
  '/trace/00000000000000000000000000000001',
  '/services',
  '/services/checkout',
  '/map',
  '/critical-path',
  '/metrics',
  `/metrics?q=${QUERY}`,
  '/logs',
  '/sampling',
  `/sampling?trace=${CHECKOUT_ID}`,
  '/instrumentation',
  '/health',
  '/nowhere',
];
const SIZES = [
  { width: 1440, height: 860 },
  { width: 390, height: 844 },
];
const EMPTY_PAGES = ['/search', '/services', '/map', '/logs', '/sampling', '/metrics?q=up', '/health'];

interface Found {
  readonly violations: readonly axe.Result[];
}

async function violationsOf(options: axe.RunOptions): Promise<readonly axe.Result[]> {
  const found: Found = await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`);
  return found.violations;
}

const only = (...values: string[]): axe.RunOptions => ({
  resultTypes: ['violations'],
  runOnly: { type: 'rule', values },
});
/** Violations that are serious or critical, in words; by the rules about colours in light and dark. */
async function seriousOnes(): Promise<string[]> {
  // Scripts of the test run beside the page's, out of reach of its content policy.
  await page.evaluate(SOURCE);
  const found = [...(await violationsOf({ resultTypes: ['violations'] }))];
  await page.emulateMedia({ colorScheme: 'dark' });
  found.push(...(await violationsOf(only('color-contrast', 'link-in-text-block'))));
  await page.emulateMedia({ colorScheme: 'light' });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

it.each(SIZES)(
  'axe finds nothing serious, light and dark: $width px',
  async (size) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await page.setViewportSize(size);
    const found: string[] = [];
    for (const [base, paths] of [
      [undefined, PAGES],
      [empty.url, EMPTY_PAGES],
    ] as const)
      for (const path of paths) {
        await open(path, base);
        for (const one of await seriousOnes()) found.push(`${path} ${one}`);
      }
    expect(found).toEqual([]);
  },
  240_000,
);

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
