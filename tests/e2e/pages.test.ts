// Every page but that of one trace, in a real browser against the built files and the made-up API: data shows, nothing breaks the content policy.
import { expect, it } from 'vitest';
import { BATCH_ID, CHECKOUT_ID } from '#tests/support/fixture-world.ts';
import {
  clean,
  empty,
  open,
  openPageForEachTest,
  page,
  param,
  problems,
  shown,
  violations,
} from './page-under-test.ts';

openPageForEachTest();

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
  await expect.poll(() => param('q')).toBe('rule=errors');
  await page.keyboard.press('/');
  await page.keyboard.press('End');
  await page.keyboard.type(' trace.duration > 500ms');
  await page.keyboard.press('Enter');
  await expect.poll(() => param('q')).toBe('rule=errors trace.duration > 500ms');
  await page.getByRole('button', { name: 'rule=errors' }).click();
  await expect.poll(() => param('q')).toBe('trace.duration>500ms');
  await clean();
  expect(problems).toEqual([]);
});

it('says what is wrong with a question, and asks nothing', async () => {
  await open('/search');
  await page.getByTestId('traces').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('http.status_code=>500');
  await page.keyboard.press('Enter');
  expect(await page.getByRole('alert').textContent()).toBe('1:17: expected an operator, found =>; did you mean >=?');
  expect(param('q')).toBeNull();
  await clean();
  expect(problems).toEqual([]);
});

it('completes fields and their values', async () => {
  await open('/search');
  await page.keyboard.press('/');
  await page.getByTestId('question').waitFor();
  await page.keyboard.type('stat');
  await page.getByText('status of the span').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.type('er');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.type('ror');
  await page.keyboard.press('Enter');
  await expect.poll(() => param('q')).toBe('status=error');
  await clean();
  expect(problems).toEqual([]);
});

it('keeps a percent sign, and the range on the way', async () => {
  await open(`/search?range=3h&q=${encodeURIComponent('url.path="/docs/my%20plan"')}`);
  await page.getByRole('button', { name: 'url.path="/docs/my%20plan"' }).waitFor();
  await page.getByTestId('traces').getByRole('link').first().click();
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/trace\//);
  expect(param('range')).toBe('3h');
  await open('/services?range=1h');
  await page.getByTestId('services').locator('a.error').first().click();
  await expect.poll(() => param('q')).toMatch(/^service=\S+ kind in \(server, consumer\) status=error$/);
  expect(param('range')).toBe('1h');
});

it('opens a trace by an id of any form', async () => {
  await open('/search?range=1h');
  await page.keyboard.press('/');
  await page.keyboard.type(`00-${CHECKOUT_ID.toUpperCase()}-00f067aa0ba902b7-01`);
  await page.keyboard.press('Enter');
  await expect.poll(() => new URL(page.url()).pathname).toBe(`/trace/${CHECKOUT_ID}`);
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
  expect(param('sel')).toMatch(/^\d+~\d+~\d+~\d+$/);
  await page.getByRole('button', { name: 'Make it the filter' }).click();
  await expect.poll(() => param('q')).toMatch(/^trace\.duration>=\w+ trace\.duration<\w+$/);
  expect(param('sel')).toBeNull();
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
  expect(
    await page.getByTestId('cause-leaked').getByRole('link', { name: 'over time' }).getAttribute('href'),
  ).toContain('/metrics?q=');
  await clean();
  expect(problems).toEqual([]);
});

it('shows services, one service, and leads from its numbers to traces', async () => {
  await open('/services');
  await page.getByTestId('services').getByText('checkout').click();
  await page.getByTestId('operations').waitFor();
  await page.getByTestId('operations').getByText('GET /cart').click();
  await expect.poll(() => param('q')).toMatch(/name="GET \/cart" kind=\w+$/);
  await clean();
  expect(problems).toEqual([]);
});

it('draws the service map with its kinds of nodes', async () => {
  await open('/map');
  await page
    .getByTestId('map')
    .getByRole('button', { name: /^postgresql:shop .*, db$/ })
    .waitFor();
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
  await page.getByPlaceholder('Words, or conditions').fill('charge failed');
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

it.each([
  ['/search', 'No traces yet'],
  ['/services', 'No service in this range'],
  ['/map', 'No call between services'],
  ['/logs', 'No log records yet'],
  ['/sampling', 'No decision in this range'],
  ['/critical-path', 'No kept trace in this choice'],
  ['/instrumentation', 'no call lost its context'],
  ['/health', 'All is as it should be'],
  ['/nowhere', 'No such page'],
])('teaches on an empty %s', async (path, words) => {
  await open(path, empty.url);
  await shown(words);
  await clean();
  expect(problems).toEqual([]);
});

it.each([
  '/search',
  `/trace/${CHECKOUT_ID}`,
  `/trace/${CHECKOUT_ID}?tab=links`,
  `/trace/${CHECKOUT_ID}?tab=reconstruction`,
  `/trace/${BATCH_ID}?tab=links`,
  '/services',
  '/map',
  '/critical-path',
  '/instrumentation',
  '/health',
  '/metrics?q=up',
  '/logs',
  '/sampling',
])('fits 390 px without sideways scrolling: %s', async (path) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(path);
  expect(
    await page.evaluate('document.querySelector("main").scrollWidth - document.querySelector("main").clientWidth'),
  ).toBeLessThanOrEqual(0);
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

it.each(['/sampling', '/metrics?q=1'])(
  '%s draws its charts where the browser reports no language tag',
  async (address) => {
    await page.addInitScript(() =>
      Object.defineProperty(Navigator.prototype, 'language', { get: () => 'en-US@posix', configurable: true }),
    );
    await open(address);
    await page.locator('.uplot').first().waitFor();
    expect(problems).toEqual([]);
  },
);

it('says what is the matter with Winnow, and what to do', async () => {
  await open('/health');
  await page.getByText('the disk of /var/lib/winnow has 41 MiB free').waitFor();
  await page.getByText('see why with `winnow spool list`').waitFor();
  expect(await page.getByText('not ready').count()).toBe(1);
  expect(problems).toEqual([]);
});
