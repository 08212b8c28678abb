// Telemetry as it should not be, seen in a real browser on the real server: it is text, all of it can be read, and nothing of it acts.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { newSpanId, newTraceId, sendLogs, sendSpans, text } from '../support/odd-spans.ts';
import { RunningWinnow } from '../support/running-winnow.ts';

const TIMEOUT_MS = 120_000;
const CONFIG = `
sampling: { wait: { quiet: 300ms, after_root: 500ms, max: 2s }, rules: [ { name: all, keep: 100% } ] }
red: { flush_every: 1s }
`;
const IDS = { open: newTraceId(), lone: newTraceId(), long: newTraceId(), hostile: newTraceId() };
const LONG = newSpanId();
const HOSTILE_SPAN = newSpanId();
const now = BigInt(Date.now()) * 1_000_000n - 2_000_000_000n;
const SECOND = 1_000_000_000n;
const HOSTILE = '<img src=x onerror=alert(1)>\u202Egnirts';
let winnow: RunningWinnow;
let browser: Browser;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  [winnow, browser] = await Promise.all([RunningWinnow.start(CONFIG), launchBrowser()]);
  const receiver = winnow.addresses['otlp_http'] ?? '';
  const root = newSpanId();
  await sendSpans(receiver, 'stopper', [
    { traceId: IDS.open, spanId: root, name: 'job', startNs: now, endNs: now + SECOND },
    { traceId: IDS.open, parentSpanId: root, name: 'cut off', startNs: now },
    { traceId: IDS.lone, name: 'alone without end', startNs: now },
  ]);
  await sendSpans(receiver, 'long', [
    {
      traceId: IDS.long,
      spanId: LONG,
      name: 'llm call',
      startNs: now,
      endNs: now + SECOND,
      attributes: [
        text('gen_ai.prompt', 'word '.repeat(40_000)),
        text('model', 'm-1'),
        text('user', 'u-1'),
        ...Array.from({ length: 300 }, (_, i) => text(`${['http', 'db', 'rpc'][i % 3]}.key${i}`, `value ${i}`)),
      ],
    },
    {
      traceId: IDS.long,
      parentSpanId: LONG,
      name: 'tool',
      startNs: now,
      endNs: now + SECOND / 2n,
      attributes: [text('tier', 'gold card')],
    },
    {
      traceId: IDS.long,
      parentSpanId: LONG,
      name: 'tool',
      startNs: now + SECOND / 2n,
      endNs: now + SECOND,
      attributes: [text('tier', 'plain')],
    },
  ]);
  await sendSpans(receiver, HOSTILE, [
    {
      traceId: IDS.hostile,
      spanId: HOSTILE_SPAN,
      name: '',
      startNs: now,
      endNs: now + SECOND,
      attributes: [
        text('', 'an empty key'),
        text('javascript:alert(1)', 'control \u0000\u001b[31m'),
        { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '7' }] } } },
      ],
    },
    {
      traceId: IDS.hostile,
      parentSpanId: HOSTILE_SPAN,
      name: `${HOSTILE}\nsecond line`,
      startNs: now,
      endNs: now + SECOND,
    },
  ]);
  await sendLogs(receiver, HOSTILE, [
    {
      traceId: IDS.hostile,
      spanId: HOSTILE_SPAN,
      timeNs: now + SECOND / 2n,
      severityNumber: 17,
      severityText: 'ERROR<script>alert(1)</script>',
      body: { stringValue: `first \u202Eline\nsecond line` },
    },
    {
      traceId: IDS.hostile,
      spanId: HOSTILE_SPAN,
      timeNs: now + SECOND / 3n,
      severityNumber: 9,
      body: { kvlistValue: { values: [text('msg', 'order placed'), { key: 'n', value: { intValue: '42' } }] } },
    },
  ]);
  await winnow.settled();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 860 }, locale: 'en-US' })).newPage();
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('response', async (answer) => {
    if (answer.status() === 400) problems.push(`${answer.url()}: ${await answer.text()}`);
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => {
    problems.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
}, TIMEOUT_MS);
afterAll(async () => {
  await browser.close();
  await winnow.stop();
}, TIMEOUT_MS);

const open = (path: string): Promise<unknown> =>
  page.goto(`http://${winnow.addresses['http']}${path}`, { waitUntil: 'networkidle' });
const panel = (): ReturnType<Page['locator']> => page.getByTestId('span-panel');

it('a span without an end stands at its start and says so, alone and below another', async () => {
  await open(`/trace/${IDS.open}`);
  await page.getByRole('treeitem', { name: /^stopper job/ }).waitFor();
  await page.getByRole('treeitem', { name: /^stopper cut off.*no end/ }).click();
  await panel().getByText('no end').waitFor();
  expect(await page.getByTestId('axis').textContent()).toContain('800 ms');
  await open(`/trace/${IDS.lone}`);
  await page.getByRole('treeitem', { name: /^stopper alone without end.*no end/ }).waitFor();
  expect(problems).toEqual([]);
});

it('a value of 200,000 characters is cut, the others are in sight, 300 are grouped and filtered', async () => {
  await open(`/trace/${IDS.long}?span=${LONG}`);
  await panel().getByRole('button', { name: 'Show all 200,000 characters' }).waitFor();
  expect(await panel().evaluate((element) => element.scrollHeight)).toBeLessThan(10_000);
  await panel().getByText('http 100').waitFor();
  await panel().getByRole('textbox', { name: 'Filter attributes' }).fill('key123');
  await panel().getByText('value 123').waitFor();
  await panel().getByText('1 of 303 attributes').waitFor();
  await panel().getByRole('textbox', { name: 'Filter attributes' }).fill('gen_ai');
  await panel().getByRole('button', { name: 'Show all 200,000 characters' }).click();
  await panel().getByRole('button', { name: 'Show less' }).waitFor();
  expect(await panel().evaluate((element) => element.scrollHeight)).toBeGreaterThan(10_000);
  expect(problems).toEqual([]);
});

it('finds spans by their attributes, with quotes and by what they have not', async () => {
  const found = page.getByTestId('found');
  const selected = page.locator('[role=treeitem][aria-selected=true]');
  await open(`/trace/${IDS.long}`);
  const box = page.getByRole('textbox', { name: 'Find in this trace' });
  await box.fill('tier="gold card"');
  await expect.poll(() => found.textContent()).toBe('1');
  await page.getByRole('button', { name: 'Next match' }).click();
  await expect.poll(() => selected.getAttribute('aria-label')).toMatch(/^long tool/);
  for (const [typed, count] of [
    ['gold', '1'],
    ['tool -tier=plain', '1'],
    ['tier=', '2'],
    ['-tier=', '1'],
    ['user=u-1', '1'],
    ['service.name=long', '3'],
    ['name=tool kind=server', '2'],
    ['nothing like it', '0'],
  ] as const) {
    await box.fill(typed);
    await expect.poll(async () => `${typed}: ${await found.textContent()}`).toBe(`${typed}: ${count}`);
  }
  await open(`/trace/${IDS.long}?span=${LONG}`);
  await panel().getByText('u-1', { exact: true }).hover();
  await panel().getByRole('button', { name: 'Find user = u-1 in this trace' }).click();
  await expect.poll(() => box.inputValue()).toBe('user=u-1');
  await panel().getByRole('button', { name: 'Exclude user = u-1 in this trace' }).click();
  await expect.poll(() => found.textContent()).toBe('2');
  expect(problems).toEqual([]);
});

it('hostile names are text that shows what it holds', async () => {
  await open(`/trace/${IDS.hostile}?span=${HOSTILE_SPAN}`);
  await page.getByRole('treeitem', { name: /^<img src=x onerror=alert\(1\)>⟨U\+202E⟩gnirts \(no name\)/ }).waitFor();
  await page.getByRole('treeitem', { name: /gnirts␊second line/ }).waitFor();
  await panel().getByText('(no name)').first().waitFor();
  await panel().getByText('control ␀␛[31m').waitFor();
  expect(await panel().getByText('"a",').textContent()).toBe('[\n  "a",\n  7\n]');
  expect(await page.locator('main img').count()).toBe(0);
  expect(problems).toEqual([]);
});

it('log bodies keep their lines, maps read as JSON, as rows below their span and in the list', async () => {
  await open(`/trace/${IDS.hostile}?logs=1`);
  await page.getByRole('treeitem', { name: 'INFO {"msg":"order placed","n":42}' }).click();
  await panel().getByText('"msg": "order placed"').waitFor();
  await page.keyboard.press('j');
  await expect
    .poll(() => page.locator('[role=treeitem][aria-selected=true]').getAttribute('aria-label'))
    .toMatch(/second line/);
  await open('/logs');
  const list = page.getByTestId('logs');
  await list.getByText('first ⟨U+202E⟩line␊second line').click();
  expect(await list.getByText('first ⟨U+202E⟩line\nsecond line').innerText()).toContain('\nsecond line');
  const severity = list.getByText('ERROR<script>alert(1)</script>').first();
  expect(await severity.evaluate((element) => element.scrollWidth > element.clientWidth)).toBe(true);
  expect(problems).toEqual([]);
});
