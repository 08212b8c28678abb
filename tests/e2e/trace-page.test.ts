// The page of one trace in a real browser against the built files and the made-up API: data shows, keys work, nothing breaks the content policy.
import { expect, it } from 'vitest';
import { BATCH_ID, BIG_ID, CHECKOUT_ID } from '#tests/support/fixture-world.ts';
import { clean, open, openPageForEachTest, page, param, problems, shown, violations } from './page-under-test.ts';

openPageForEachTest();

it('opens a trace with its answer first and folds repeats into one row', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await shown('kept: errors · stands for 1 trace');
  await shown('×412');
  expect(await page.getByRole('treeitem', { name: /×412/ }).getAttribute('aria-label')).toContain('240 ms in total');
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
  await expect
    .poll(() => row.getAttribute('aria-label'))
    .toMatch(/^payment PaymentService\/Charge, clock own bounds, 640 ms, error/);
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
  await page.getByRole('treeitem', { name: /×412/ }).getByRole('button', { name: 'Expand' }).click();
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
  await page
    .getByRole('treeitem', { name: /^frontend POST \/cart → ×3 linked traces, 1 kept, 2 sampled out: the rest 5 %/ })
    .click();
  await page.getByTestId('linked-panel').getByText('sampled out: the rest 5 %').first().waitFor();
  await page.keyboard.press('j');
  await page.getByTestId('linked-panel').getByText('Kept by rule “errors”').waitFor();
  await page
    .getByRole('treeitem', { name: /accounting orders process/ })
    .getByRole('link')
    .click();
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
  await page.getByRole('treeitem', { name: /several roots/ }).click();
  await page.getByTestId('span-panel').getByText('the trace has more than one beginning').waitFor();
  await page.getByRole('button', { name: 'clock own bounds', exact: true }).click();
  const tab = page.getByTestId('reconstruction');
  await tab.getByRole('img', { name: '−24.2 ± 0.65 ms, between −24.9 ms and −23.6 ms' }).waitFor();
  await tab.getByText('corrected from this trace alone').waitFor();
  await tab.getByRole('button', { name: 'Corrected clocks' }).click();
  await expect.poll(() => param('clocks')).toBe('raw');
  await tab.getByRole('button', { name: /PaymentService\/Charge/ }).click();
  await expect
    .poll(() => page.locator('[role=treeitem][aria-selected=true]').getAttribute('aria-label'))
    .toMatch(/^payment PaymentService/);
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
  await expect
    .poll(() => page.locator('[role=treeitem][aria-selected=true]').getAttribute('id'))
    .toMatch(/^row-\d{4,6}$/);
  await clean();
  expect(problems).toEqual([]);
});

it('says why a trace is not stored', async () => {
  await open('/trace/00000000000000000000000000000001');
  await shown('No span of this trace has come');
  await shown('No span of this trace has reached Winnow');
  expect(await violations()).toEqual([]);
});

it('knows the keys of Jaeger, and opens and closes a level at a time', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await page.getByRole('treeitem').first().waitFor();
  const rows = (): Promise<number> => page.getByRole('treeitem').count();
  const all = await rows();
  await page.keyboard.press('p');
  await expect.poll(rows).toBeLessThan(all);
  await page.keyboard.press('o');
  await expect.poll(rows).toBe(all);
  await page.keyboard.press(']');
  await expect.poll(rows).toBeLessThan(all);
  await page.keyboard.press('[');
  await expect.poll(rows).toBe(all);
  await page.keyboard.press('Control+b');
  expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Find in this trace');
  expect(problems).toEqual([]);
});

it('shows the spans of one service alone, and what is under the pointer in words', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  await page.getByLabel('Spans of service').selectOption('payment');
  await expect.poll(() => page.getByRole('treeitem', { name: /^checkout/ }).count()).toBe(0);
  await page
    .getByRole('treeitem', { name: /^payment PaymentService/ })
    .first()
    .waitFor();
  expect(param('only')).toBe('payment');
  await page.getByLabel('Spans of service').selectOption('');
  const box = (await page.getByTestId('waterfall').boundingBox())!;
  await page.mouse.move(box.x + box.width - 60, box.y + 13);
  await page.getByTestId('bar-tip').getByText('start +0 · 1.28 s · self').waitFor();
  expect(problems).toEqual([]);
});

it('takes a width for the names, by keys and by dragging, and remembers it', async () => {
  await open(`/trace/${CHECKOUT_ID}`);
  const handle = page.getByRole('separator', { name: 'Width of the names' });
  const share = async (): Promise<number> => Number(await handle.getAttribute('aria-valuenow'));
  const before = await share();
  await handle.press('ArrowRight');
  await expect.poll(share).toBe(before + 2);
  const box = (await handle.boundingBox())!;
  await page.mouse.move(box.x + 3, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(720, box.y + 200, { steps: 3 });
  await page.mouse.up();
  await expect.poll(share).toBeGreaterThan(40);
  const chosen = await share();
  await page.reload({ waitUntil: 'networkidle' });
  expect(await share()).toBe(chosen);
  expect(problems).toEqual([]);
});

it('a key that is held down asks for no span on its way, and 100,000 spans make it no slower', async () => {
  await open(`/trace/${BIG_ID}`);
  await page.getByRole('treeitem').first().waitFor({ timeout: 30_000 });
  const asked: string[] = [];
  page.on('request', (request) => request.url().includes('/api/') && asked.push(request.url()));
  // Scripts of the page time the keys: what the test sends is slower than the page.
  const slowest = await page.evaluate<number>(`(async () => {
    const times = [];
    for (let i = 0; i < 40; i++) {
      const start = performance.now();
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));
      await null;
      times.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return times.sort((a, b) => a - b)[36];
  })()`);
  await page.waitForTimeout(600);
  expect(asked.filter((url) => url.includes('/spans/')).length).toBeLessThanOrEqual(3);
  expect(slowest).toBeLessThan(50);
  await page.getByTestId('waterfall').evaluate((element) => element.scrollTo(0, 260_000));
  await page.getByTestId('sticky-path').waitFor();
  expect(problems.filter((text) => !text.includes('404'))).toEqual([]);
});
