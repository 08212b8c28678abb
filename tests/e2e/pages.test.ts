// Every page in a real browser against the built files and the made-up API: data shows, keys work, nothing breaks the content policy.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchBrowser } from '#tests/support/browser.ts';
import { startFixtureApi } from '#tests/support/fixture-api.ts';
import type { FixtureApi } from '#tests/support/fixture-api.ts';
import { BATCH_ID, BIG_ID, CHECKOUT_ID } from '#tests/support/fixture-world.ts';

const ROOT = resolve(import.meta.dirname, '../..');
let browser: Browser;
let api: FixtureApi;
let empty: FixtureApi;
let context: BrowserContext;
let page: Page;
let problems: string[] = [];

beforeAll(async () => {
  if (!existsSync(join(ROOT, 'ui/dist/index.html'))) execFileSync(join(ROOT, 'node_modules/.bin/vite'), ['build', 'ui', '--logLevel', 'warn'], { cwd: ROOT });
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
  await page.addInitScript("globalThis.__violations = []; document.addEventListener('securitypolicyviolation', (e) => globalThis.__violations.push(e.violatedDirective + ' ' + e.blockedURI))");
});
afterEach(async () => {
  await context.close();
  const mistakes = [...api.mistakes, ...empty.mistakes];
  if (mistakes.length > 0) throw new Error(`the page asked what no route declares: ${mistakes.join('; ')}`);
});

const open = async (path: string, base = api.url): Promise<void> => {
  await page.goto(base + path, { waitUntil: 'networkidle' });
};
const violations = (): Promise<unknown> => page.evaluate('globalThis.__violations');
const clean = async (): Promise<void> => {
  expect(await violations()).toEqual([]);
  expect(await page.evaluate('globalThis.__hostile')).toBeUndefined();
};
const param = (name: string): string | null => new URL(page.url()).searchParams.get(name);
const shown = (text: string): Promise<void> => page.getByText(text).first().waitFor({ timeout: 10_000 });

it('lists traces with what they stand for, and says nothing to the console', async () => {
  await open('/');
  await page.getByTestId('traces').waitFor();
  expect(new URL(page.url()).pathname).toBe('/search');
  expect(await page.getByTestId('total').textContent()).toMatch(/kept traces stand for [\d,]+ ± \d+/);
  expect(await page.getByTestId('traces').locator('tbody tr').count()).toBe(50);
  await page.getByRole('button', { name: /^More/ }).click();
  await expect.poll(() => page.getByTestId('traces').locator('tbody tr').count()).toBe(100);
  await clean();
  expect(problems).toEqual([]);
});

it('turns a facet and a typed attribute into filters of the address', async () => {
  await open('/search');
  await page.getByRole('checkbox', { name: /^errors/ }).check();
  await expect.poll(() => param('rule')).toBe('errors');
  await page.keyboard.press('/');
  await page.keyboard.type('duration > 500ms');
  await page.keyboard.press('Enter');
  await expect.poll(() => param('min_duration_ms')).toBe('500');
  await page.getByRole('button', { name: /kept by errors/ }).click();
  await expect.poll(() => param('rule')).toBeNull();
  await clean();
  expect(problems).toEqual([]);
});

it('chooses a rectangle of the heatmap and compares it with the rest', async () => {
  await open('/search');
  const box = await page.getByTestId('heatmap').boundingBox();
  expect(box).not.toBeNull();
  const { x, y, width } = box!;
  await page.mouse.move(x + width * 0.55, y + 8);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.78, y + 70, { steps: 4 });
  await page.mouse.up();
  await shown('what differs');
  expect(param('sel')).toMatch(/^\d+~\d+~[\d.]+~[\d.]+$/);
  await page.getByRole('button', { name: 'Make it the filter' }).click();
  await expect.poll(() => param('min_duration_ms')).not.toBeNull();
  expect(param('sel')).toBeNull();
  await clean();
  expect(problems).toEqual([]);
});

it('opens a trace with its answer first and folds repeats into one row', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await shown('kept: errors · stands for 1 trace');
  await shown('×412');
  expect(await page.getByRole('treeitem', { name: /412 times/ }).getAttribute('aria-label')).toContain('240 ms in total');
  expect(await page.getByRole('treeitem').count()).toBe(17);
  await clean();
  expect(problems).toEqual([]);
});

it('walks, opens, closes and finds by keys', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await page.getByRole('treeitem').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const row = page.locator('[role=treeitem][aria-selected=true]');
  await expect.poll(() => row.getAttribute('aria-label')).toMatch(/^checkout/);
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => page.getByRole('treeitem').count()).toBe(6);
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => page.getByRole('treeitem').count()).toBe(17);
  await page.keyboard.press('e');
  await expect.poll(() => row.getAttribute('aria-label')).toMatch(/^payment PaymentService\/Charge, 640 ms, error/);
  await page.getByTestId('span-panel').getByText('payment-7c9f').waitFor();
  expect(param('span')).toMatch(/^[0-9a-f]{16}$/);
  await page.keyboard.press('f');
  await page.keyboard.type('getquote');
  await page.keyboard.press('Enter');
  await expect.poll(() => row.getAttribute('aria-label')).toMatch(/^shipping/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
  await clean();
  expect(problems).toEqual([]);
});

it('opens the folded repeats one by one', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await page.getByRole('treeitem', { name: /412 times/ }).getByRole('button', { name: 'Expand' }).click();
  await expect.poll(() => page.getByRole('treeitem').count()).toBeGreaterThan(20);
  await page.getByTestId('waterfall').evaluate((element) => element.scrollTo(0, 5000));
  await expect.poll(() => page.locator('#row-200').count()).toBe(1);
  await clean();
  expect(problems).toEqual([]);
});

it('opens and folds all runs of repeats by one key', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await page.getByRole('treeitem').first().waitFor();
  await page.keyboard.press('r');
  await expect.poll(() => page.getByRole('treeitem').count()).toBeGreaterThan(20);
  await page.getByRole('button', { name: 'Fold repeats' }).click();
  await expect.poll(() => page.getByRole('treeitem').count()).toBe(17);
  await clean();
  expect(problems).toEqual([]);
});

it('goes to a linked trace from its row and back, and says of those sampled out which rule let them go', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await page.getByRole('treeitem', { name: /^linked traces, 3: frontend POST \/cart, 1 kept, 2 sampled out: the rest 5 %/ }).click();
  await page.getByTestId('linked-panel').getByText('sampled out: the rest 5 %').first().waitFor();
  await page.keyboard.press('j');
  await page.getByTestId('linked-panel').getByText('Kept by rule “errors”').waitFor();
  await page.getByRole('treeitem', { name: /accounting orders process/ }).getByRole('link').click();
  await expect.poll(() => new URL(page.url()).pathname).toBe(`/trace/${BATCH_ID}`);
  await page.getByRole('link', { name: CHECKOUT_ID.slice(0, 16) }).click();
  await expect.poll(() => new URL(page.url()).pathname).toBe(`/trace/${CHECKOUT_ID}`);
  await clean();
  expect(problems).toEqual([]);
});

it('keeps a consumer with a hundred links readable, in the waterfall, the panel and its list', async () => {
  await open(`/trace/${BATCH_ID}`);
  await shown('100 traces · 5 kept');
  expect(await page.getByRole('treeitem').count()).toBe(4);
  await page.getByRole('treeitem', { name: /^accounting orders process/ }).click();
  const panel = page.getByTestId('span-panel');
  await panel.getByText('frontend · POST /checkout').first().waitFor();
  await panel.getByRole('link', { name: '80 more in Links' }).click();
  await page.getByTestId('links').getByText('5 kept, 91 sampled out: the rest 5 %').waitFor();
  expect(await page.getByTestId('links').locator('tr').count()).toBeLessThan(10);
  await page.getByTestId('links').getByRole('button', { name: /×96/ }).click();
  await expect.poll(() => page.getByTestId('links').locator('tr').count()).toBeGreaterThan(96);
  await clean();
  expect(problems).toEqual([]);
});

it('stretches the time axis over linked traces on request', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await page.getByRole('button', { name: 'End to end' }).click();
  await expect.poll(() => param('reach')).toBe('linked');
  await page.getByTestId('axis').getByText('10 s', { exact: true }).waitFor();
  await clean();
  expect(problems).toEqual([]);
});

it('shows offsets with error bars, and what each warning means and where', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await page.getByRole('treeitem', { name: /several roots$/ }).click();
  await page.getByTestId('span-panel').getByText('the trace has more than one beginning').waitFor();
  await page.getByRole('button', { name: 'clock own bounds', exact: true }).click();
  const tab = page.getByTestId('reconstruction');
  await tab.getByRole('img', { name: '−24.2 ± 0.65 ms, between −24.9 ms and −23.6 ms' }).waitFor();
  await tab.getByText('corrected from this trace alone').waitFor();
  await tab.getByRole('button', { name: 'Corrected clocks' }).click();
  await expect.poll(() => param('clocks')).toBe('raw');
  await tab.getByRole('button', { name: /PaymentService\/Charge/ }).click();
  await expect.poll(() => page.locator('[role=treeitem][aria-selected=true]').getAttribute('aria-label')).toMatch(/^payment PaymentService/);
  await clean();
  expect(problems).toEqual([]);
});

it('adds critical paths up over all traces, by service, sorted by drag, and leads to an example', async () => {
  await open('/critical-path');
  await page.getByTestId('path-total').getByText('2,400 kept traces stand for 31,412').waitFor();
  const table = page.getByTestId('critical-path');
  await table.getByRole('button', { name: 'Drag' }).click();
  await expect.poll(() => param('by')).toBe('drag_ns');
  await page.getByLabel('through service').selectOption('payment');
  await expect.poll(() => table.locator('tbody tr').count()).toBe(1);
  expect(param('service')).toBe('payment');
  expect(await table.locator('tbody tr').textContent()).toContain('157 ms');
  await clean();
  expect(problems).toEqual([]);
});

it('reports where context goes wrong and what was repaired, with what to change and an example', async () => {
  await open('/instrumentation');
  const lost = page.getByTestId('cause-lost');
  await lost.getByText('Check that A’s client injects the traceparent header').waitFor();
  expect(await lost.locator('tbody tr').first().textContent()).toMatch(/checkout →\s+shipping4,21043,700\s+9.63 %/);
  await page.getByTestId('kind-missing_parent').getByText('Its parent is not in the trace').waitFor();
  await page.getByRole('main').getByRole('combobox').selectOption('currency');
  await expect.poll(() => lost.count()).toBe(0);
  expect(await page.getByTestId('cause-leaked').getByRole('link', { name: 'over time' }).getAttribute('href')).toContain('/metrics?q=');
  await clean();
  expect(problems).toEqual([]);
});

it('zooms by dragging over the minimap and goes back to all of it', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  const box = (await page.getByTestId('minimap').boundingBox())!;
  const before = await page.getByTestId('axis').textContent();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 20, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => param('z')).toMatch(/^\d+~\d+$/);
  await expect.poll(() => page.getByTestId('axis').textContent()).not.toBe(before);
  await page.keyboard.press('0');
  await expect.poll(() => param('z')).toBeNull();
  await clean();
  expect(problems).toEqual([]);
});

it('shows one trace as table, logs and JSON, with telemetry kept as text', async () => {
  await open(`/trace/${CHECKOUT_ID}?tab=table`);
  await shown('Critical path');
  await page.getByRole('tab', { name: /Logs 4/ }).click();
  await shown('charge failed: deadline exceeded <img src=x');
  await page.getByRole('tab', { name: 'JSON' }).click();
  await shown('"trace_id"');
  expect(await page.locator('main img').count()).toBe(0);
  await clean();
  expect(problems).toEqual([]);
});

it('opens 100,000 spans at once and scrolls to the last', async () => {
  await open(`/trace/${BIG_ID}`);
  await page.getByRole('treeitem').first().waitFor({ timeout: 30_000 });
  await page.keyboard.press('End');
  await expect.poll(() => page.locator('[role=treeitem][aria-selected=true]').getAttribute('id')).toMatch(/^row-\d{4,6}$/);
  await clean();
  expect(problems).toEqual([]);
});

it('says why a trace is not stored', async () => {
  await open('/trace/00000000000000000000000000000001');
  await shown('This trace is not stored');
  await shown('No span of this trace has reached Winnow');
  expect(await violations()).toEqual([]);
});

it('shows services, one service, and leads from its numbers to traces', async () => {
  await open('/services');
  await page.getByTestId('services').getByText('checkout').click();
  await page.getByTestId('operations').waitFor();
  await page.getByTestId('operations').getByText('GET /cart').click();
  await expect.poll(() => param('operation')).toBe('GET /cart');
  await clean();
  expect(problems).toEqual([]);
});

it('draws the service map with its kinds of nodes', async () => {
  await open('/map');
  await page.getByTestId('map').getByRole('link', { name: 'postgresql:shop, db' }).waitFor();
  await page.getByTestId('map').locator('text', { hasText: 'lag 74 ms' }).first().waitFor();
  await clean();
  expect(problems).toEqual([]);
});

it('runs PromQL, draws the chart and completes names', async () => {
  await open('/metrics');
  await shown('Ask in PromQL');
  await page.getByTestId('promql').locator('.cm-content').click();
  await page.keyboard.type('traces_span_metrics_ca');
  await page.getByTestId('promql').getByText('traces_span_metrics_calls_total').first().waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.getByTestId('chart').locator('canvas').waitFor();
  await page.getByTestId('series').getByText('{service_name="payment"}').waitFor();
  await page.getByTestId('exemplars').getByRole('link').first().click();
  await shown('kept: errors');
  await clean();
  expect(problems).toEqual([]);
});

it('repeats the parse error of a wrong query', async () => {
  await open('/metrics?q=nonsense');
  await shown('parse error: unexpected identifier');
  expect(await violations()).toEqual([]);
});

it('filters logs by words and severity and leads to the trace', async () => {
  await open('/logs');
  await page.getByTestId('logs').waitFor();
  await page.getByRole('button', { name: 'error', exact: true }).click();
  await expect.poll(() => param('min_severity')).toBe('17');
  await page.getByPlaceholder('Words of the body').fill('charge failed');
  await page.keyboard.press('Enter');
  await expect.poll(() => param('q')).toBe('charge failed');
  await expect.poll(() => page.getByTestId('logs').locator('li').count()).toBe(2);
  await page.getByRole('link', { name: 'trace', exact: true }).first().click();
  await shown('kept: errors');
  await clean();
  expect(problems).toEqual([]);
});

it('balances the ledger and answers why', async () => {
  await open(`/sampling?trace=${CHECKOUT_ID}`);
  await page.getByTestId('why').getByText('kept', { exact: true }).waitFor();
  expect(await page.getByTestId('ledger').getByText('holds').count()).toBe(3);
  await page.getByTestId('rules').getByText('health checks').waitFor();
  await clean();
  expect(problems).toEqual([]);
});

it.each([['/search', 'No traces yet'], ['/services', 'No service in this range'], ['/map', 'No call between services'], ['/logs', 'No log records yet'], ['/sampling', 'No decision in this range'], ['/critical-path', 'No kept trace in this choice'], ['/instrumentation', 'no call lost its context'], ['/nowhere', 'No such page']])('teaches on an empty %s', async (path, words) => {
  await open(path, empty.url);
  await shown(words);
  await clean();
  expect(problems).toEqual([]);
});

it.each(['/search', `/trace/${CHECKOUT_ID}`, `/trace/${CHECKOUT_ID}?tab=links`, `/trace/${CHECKOUT_ID}?tab=reconstruction`, `/trace/${BATCH_ID}?tab=links`, '/services', '/map', '/critical-path', '/instrumentation', '/metrics?q=up', '/logs', '/sampling'])('fits 390 px without sideways scrolling: %s', async (path) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(path);
  expect(await page.evaluate('document.querySelector("main").scrollWidth - document.querySelector("main").clientWidth')).toBeLessThanOrEqual(0);
  await clean();
  expect(problems).toEqual([]);
});

it('changes between light and dark and remembers it', async () => {
  await open('/services');
  const background = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
  const light = await background();
  await page.getByRole('button', { name: 'Dark colours' }).click();
  expect(await background()).not.toBe(light);
  await page.reload({ waitUntil: 'networkidle' });
  expect(await background()).not.toBe(light);
  await clean();
  expect(problems).toEqual([]);
});
