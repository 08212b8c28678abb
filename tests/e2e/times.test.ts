// Times, durations and axes at any distance and length, in a real browser on the real server.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { newSpanId, newTraceId, sendSpans } from '../support/odd-spans.ts';
import { RunningWinnow } from '../support/running-winnow.ts';

const TIMEOUT_MS = 120_000;
const CONFIG = `
sampling: { wait: { quiet: 300ms, after_root: 500ms, max: 2s }, rules: [ { name: all, keep: 100% } ] }
red: { flush_every: 1s }
http: { base_path: /tools/winnow }
`;
const DAY_NS = 86_400_000_000_000n;
const IDS = { job: newTraceId(), first: newTraceId(), far: newTraceId(), now: newTraceId() };
const now = BigInt(Date.now()) * 1_000_000n;
const START = {
  job: now - 4n * DAY_NS,
  first: 60_000_000_000n,
  far: BigInt(Date.parse('2200-06-01T12:00:00Z')) * 1_000_000n,
  now: now - 1_000_000_000n,
};
let winnow: RunningWinnow;
let browser: Browser;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  [winnow, browser] = await Promise.all([RunningWinnow.start(CONFIG), launchBrowser()]);
  const receiver = winnow.addresses['otlp_http'] ?? '';
  for (const [name, traceId] of Object.entries(IDS) as [keyof typeof IDS, string][]) {
    const root = newSpanId();
    const startNs = START[name];
    const endNs = startNs + (name === 'job' ? 3n * DAY_NS : 800_000_000n);
    await sendSpans(receiver, 'clockwork', [
      { traceId, name: `at ${name}`, spanId: root, startNs, endNs },
      { traceId, name: 'step', parentSpanId: root, startNs: startNs + 1_000_000n, endNs: endNs - 1_000_000n },
    ]);
  }
  await winnow.settled();
  const context = await browser.newContext({
    viewport: { width: 1440, height: 860 },
    locale: 'en-US',
    timezoneId: 'Asia/Kolkata',
  });
  page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
}, TIMEOUT_MS);
afterAll(async () => {
  await browser.close();
  await winnow.stop();
}, TIMEOUT_MS);

const open = (path: string): Promise<unknown> =>
  page.goto(`http://${winnow.addresses['http']}${path}`, { waitUntil: 'networkidle' });
const started = (): Promise<string | null> => page.locator('main time').first().textContent();

it.each([
  ['first', /^1970-01-01 05:31:00\.000$/],
  ['far', /^2200-06-01 17:30:00\.000$/],
  ['now', /^\d\d:\d\d:\d\d\.\d{3}$/],
  ['job', /^(\d{4}-)?\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/],
] as const)('a trace of %s says its date as far as it is needed, and its zone on hover', async (name, words) => {
  problems.length = 0;
  await open(`/trace/${IDS[name]}`);
  await page.getByRole('treeitem').first().waitFor();
  expect(await started()).toMatch(words);
  expect(await page.locator('main time').first().getAttribute('title')).toContain('UTC+05:30 (Asia/');
  expect(problems).toEqual([]);
});

it('a job of three days is long in days, and so is its axis', async () => {
  await open(`/trace/${IDS.job}`);
  await page.getByText('3 d', { exact: true }).first().waitFor();
  expect(await page.getByTestId('axis').textContent()).toMatch(/^0 min12 h1 d1 d 12 h2 d/);
});

it('shows times in UTC on request, on every page from then on', async () => {
  await open(`/trace/${IDS.far}`);
  await page.getByTestId('range').click();
  await page.getByRole('radio', { name: 'UTC', exact: true }).check();
  await expect.poll(started).toBe('2200-06-01 12:00:00.000');
  await open(`/search?start=0&end=${START.first * 2n}`);
  await expect
    .poll(() => page.getByTestId('traces').locator('time').first().textContent())
    .toBe('1970-01-01 00:01:00.00');
  await page.getByTestId('range').click();
  await page.getByRole('radio', { name: /Kolkata|Calcutta/ }).check();
});

it('takes two times as the range, and leads back', async () => {
  await open('/search?range=7d');
  await page.getByTestId('range').click();
  await page.getByLabel('From').fill('2200-06-01T17:00:00');
  await page.getByLabel('To').fill('2200-06-01T16:00:00');
  await page.getByText('The end must be after the start').waitFor();
  await page.getByLabel('To').fill('2200-06-01T18:00:00');
  await page.getByRole('button', { name: 'Show these times' }).click();
  await page.getByTestId('traces').getByText('at far').waitFor();
  expect(await page.getByTestId('range').textContent()).toBe('2200-06-01 17:00:00 – 18:00:00');
  await page.getByRole('button', { name: 'Zoom back' }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get('range')).toBe('7d');
  await page.getByTestId('range').click();
  await page.getByLabel('Length').fill('45');
  await page.getByLabel('Unit').selectOption('minutes');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect.poll(() => page.getByTestId('range').textContent()).toBe('Last 45 minutes');
});

it('stands below the path of a proxy, and without it', async () => {
  problems.length = 0;
  for (const prefix of ['/tools/winnow', '']) {
    await open(`${prefix}/search?start=0&end=${START.first * 2n}`);
    await page.getByTestId('traces').getByText('at first').click();
    await page.getByRole('treeitem').first().waitFor();
    expect(new URL(page.url()).pathname).toBe(`${prefix}/trace/${IDS.first}`);
    await page.getByRole('link', { name: 'Metrics' }).click();
    await page.getByText('Ask in PromQL').waitFor();
    await page.getByRole('link', { name: 'Health' }).click();
    await page.getByRole('heading', { name: 'Health' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`${prefix}/health`);
    await page.reload({ waitUntil: 'networkidle' });
    await page.getByRole('heading', { name: 'Health' }).waitFor();
  }
  expect(problems).toEqual([]);
});
