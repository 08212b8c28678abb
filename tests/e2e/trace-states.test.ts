// The page of a trace that is not stored, in a real browser on the real server: what waits in the buffer turns into the trace, what was dropped comes
// back and says so, what never came says so. Nothing asks more often than it has to.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { WhyResponse } from '#proto/api/decisions.ts';
import { launchBrowser } from '../support/browser.ts';
import { RunningWinnow } from '../support/running-winnow.ts';
import { traceRequest, type PlainSpan } from '../support/trace-builder.ts';

const CONFIG = `
sampling:
  wait: { quiet: 200ms, after_root: 500ms, max: 8s }
  rules:
    - { name: kept, when: { root: { service: kept } }, keep: 100% }
    - { name: rest, keep: 0% }
`;

let winnow: RunningWinnow;
let browser: Browser;
let page: Page;
/** Paths of the own API that the page asked for. */
let asked: string[] = [];
let problems: string[] = [];
beforeAll(async () => {
  winnow = await RunningWinnow.start(CONFIG);
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await winnow.stop();
}, 60_000);
beforeEach(async () => {
  asked = [];
  problems = [];
  page = await browser.newPage({ viewport: { width: 1440, height: 860 } });
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  page.on('pageerror', (error) => problems.push(error.message));
});
afterEach(async () => {
  await page.close();
  if (problems.length > 0) throw new Error(problems.join('\n'));
});

let made = 0;
/** Of no randomness, so that a rate of 0 % drops it. */
const newId = (): string => `${(++made).toString(16).padStart(18, '6')}00000000000000`;

async function send(id: string, list: readonly PlainSpan[]): Promise<void> {
  const response = await fetch(`http://${winnow.addresses['otlp_http']}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(traceRequest(id, list, BigInt(Date.now()) * 1_000_000n)),
  });
  expect(response.status).toBe(200);
}

const open = (id: string): Promise<unknown> => page.goto(`http://${winnow.addresses['http']}/trace/${id}`);
const times = (path: string): number => asked.filter((one) => one === path).length;
/** A child whose parent has not come, so that the trace waits. */
const ORPHAN: PlainSpan = { id: '2', parent: '1', service: 'kept', name: 'early work', start: 10, end: 80 };
const ROOT: PlainSpan = { id: '1', service: 'kept', name: 'GET /kept', kind: 2, start: 0, end: 90 };

test('a trace that waits shows what has come, and turns into the trace by itself', { timeout: 60_000 }, async () => {
  const id = newId();
  await send(id, [ORPHAN]);
  await open(id);
  await page.getByRole('heading', { name: 'This trace is still being received' }).waitFor();
  await page.getByTestId('buffered').getByText('early work').waitFor();
  await send(id, [ROOT]);
  await page.getByRole('heading', { name: 'kept GET /kept' }).waitFor({ timeout: 20_000 });
  expect(await page.getByRole('treeitem').count()).toBe(2);
  expect(times(`/api/traces/${id}`)).toBeLessThanOrEqual(4);
});

test('a trace that was dropped comes back, says so, and is asked for a few times', { timeout: 60_000 }, async () => {
  const id = newId();
  await send(id, [
    { ...ROOT, service: 'dropped', name: 'GET /dropped' },
    { ...ORPHAN, service: 'dropped' },
  ]);
  await winnow.until(async () => {
    const { collector, decisions } = await winnow.api<WhyResponse>(`/api/why/${id}`);
    return collector?.rescuable === true && decisions.length > 0 ? true : undefined;
  });
  await open(id);
  await page.getByRole('heading', { name: 'Bringing this trace back' }).waitFor();
  await page.getByText('Rule “rest” did not keep it').or(page.getByText('keeps nothing')).first().waitFor();
  await page.getByRole('heading', { name: 'dropped GET /dropped' }).waitFor({ timeout: 20_000 });
  const chip = page.getByTestId('brought-back');
  await expect.poll(() => chip.innerText()).toBe('was dropped by “rest” · brought back because somebody opened it');
  expect(times('/api/rescue')).toBe(1);
  expect(times(`/api/traces/${id}`)).toBeLessThanOrEqual(4);
});

test('a trace that never came says so, and is not asked for again', { timeout: 60_000 }, async () => {
  const id = newId();
  await open(id);
  await page.getByRole('heading', { name: 'No span of this trace has come' }).waitFor();
  await page.waitForTimeout(2500);
  expect(times(`/api/traces/${id}`)).toBe(1);
  expect(times(`/api/why/${id}`)).toBe(1);
});
