// Second chances in the whole program: what was dropped comes back for each reason, is stored whole, stands for the right number of traces,
// and every span stays accounted for.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DecisionsResponse, WhyResponse } from '#proto/api/decisions.ts';
import type { RescueResponse } from '#proto/api/rescue.ts';
import type { SearchResponse } from '#proto/api/search.ts';
import type { SpanDetailResponse, TraceResponse } from '#proto/api/trace.ts';
import { launchBrowser } from '../support/browser.ts';
import { conserved, RunningWinnow } from '../support/running-winnow.ts';
import { traceRequest, type PlainSpan } from '../support/trace-builder.ts';

const CONFIG = `
sampling:
  wait: { quiet: 200ms, after_root: 500ms, max: 1s }
  rules:
    - { name: linking, when: { root: { service: linking } }, keep: 100% }
    - { name: sampled, when: { root: { service: sampled } }, keep: 5% }
    - { name: rest, keep: 0% }
`;
const HEX = { 'content-type': 'application/json' };

let winnow: RunningWinnow;
let browser: Browser;
beforeAll(async () => {
  winnow = await RunningWinnow.start(CONFIG);
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser.close();
  await winnow.stop();
}, 60_000);

let made = 0;
/** @param r first hex digits of its randomness */
function newId(r = '0'): string {
  return `${(++made).toString(16).padStart(18, '5')}${r.padEnd(14, '1')}`;
}

function spans(service: string): PlainSpan[] {
  return [
    { id: '1', service, name: `GET /${service}`, kind: 2, start: 0, end: 90 },
    { id: '2', parent: '1', service, name: 'work', start: 10, end: 80 },
    {
      id: '3',
      parent: '2',
      service: 'database',
      name: 'SELECT',
      kind: 3,
      start: 20,
      end: 70,
      attributes: { 'db.system': 'postgresql' },
    },
  ];
}

const LATE_ERROR: PlainSpan = {
  id: '9',
  parent: '2',
  service: 'worker',
  name: 'late work',
  start: 30,
  end: 60,
  status: 2,
};

async function send(id: string, list: readonly PlainSpan[]): Promise<void> {
  const response = await fetch(`http://${winnow.addresses['otlp_http']}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(traceRequest(id, list, BigInt(Date.now()) * 1_000_000n)),
  });
  expect(response.status).toBe(200);
}

/** Sends a trace and waits until it was dropped. */
async function dropped(service: string, r?: string): Promise<string> {
  const id = newId(r);
  await send(id, spans(service));
  await winnow.until(async () => {
    const { collector, decisions } = await winnow.api<WhyResponse>(`/api/why/${id}`);
    return collector?.rescuable === true && decisions.length > 0 ? true : undefined;
  });
  return id;
}

async function stored(id: string, count: number): Promise<TraceResponse> {
  return winnow.until(async () => {
    const response = await fetch(`http://${winnow.addresses['http']}/api/traces/${id}`);
    const trace = response.ok ? ((await response.json()) as TraceResponse) : undefined;
    return trace?.summary.span_count === count ? trace : undefined;
  });
}

function ask(body: unknown, headers: Record<string, string> = HEX): Promise<Response> {
  return fetch(`http://${winnow.addresses['http']}/api/rescue`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

test(
  'a late error brings a dropped trace back, whole, and the decision log tells both decisions',
  { timeout: 60_000 },
  async () => {
    const id = await dropped('shop');
    await send(id, [LATE_ERROR]);
    const trace = await stored(id, 4);
    expect(trace.summary).toMatchObject({
      rule: 'rescue:late-error',
      weight: 1,
      error_count: 1,
      root_service: 'shop',
      threshold: '00000000000000',
    });
    expect(trace.span_id.length).toBe(4);
    const why = await winnow.until(async () => {
      const answer = await winnow.api<WhyResponse>(`/api/why/${id}`);
      return answer.decisions.length === 2 ? answer : undefined;
    });
    expect(why.decisions.map(({ decision, rule, trigger, weight }) => ({ decision, rule, trigger, weight }))).toEqual([
      { decision: 'kept', rule: 'rescue:late-error', trigger: 'rescue', weight: 1 },
      { decision: 'dropped', rule: 'rest', trigger: 'complete', weight: 0 },
    ]);
    expect(await winnow.metrics()).toMatch(
      /winnow_traces_decided_total\{decision="kept",rule="rescue:late-error",trigger="rescue"\} 1/,
    );
  },
);

test('an error log and a link of a kept trace bring dropped traces back', { timeout: 60_000 }, async () => {
  const [logged, linked] = [await dropped('shop'), await dropped('shop')];
  const record = {
    timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
    severityNumber: 17,
    body: { stringValue: 'it broke' },
    traceId: logged,
    spanId: '0000000000000002',
  };
  const response = await fetch(`http://${winnow.addresses['otlp_http']}/v1/logs`, {
    method: 'POST',
    headers: HEX,
    body: JSON.stringify({ resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ logRecords: [record] }] }] }),
  });
  expect(response.status).toBe(200);
  await send(newId(), [
    { id: '1', service: 'linking', name: 'batch', start: 0, end: 5, links: [{ trace: linked, span: '1' }] },
  ]);
  expect((await stored(logged, 3)).summary).toMatchObject({ rule: 'rescue:error-log', weight: 1 });
  const trace = await stored(linked, 3);
  expect(trace.summary).toMatchObject({ rule: 'rescue:link', weight: 0 });
  const span = await winnow.api<SpanDetailResponse>(`/api/traces/${linked}/spans/${trace.span_id[0]}`);
  expect(span.spans[0]?.trace_state).not.toContain('th:');
});

test('a kept trace that stood for twenty stands for itself once an error came late', { timeout: 60_000 }, async () => {
  const id = newId('f8');
  await send(id, spans('sampled'));
  expect((await stored(id, 3)).summary.weight).toBeCloseTo(20, 2);
  const total = async (): Promise<number> =>
    (await winnow.api<SearchResponse>('/api/search?root_service=sampled')).total.stands_for;
  expect(await total()).toBeCloseTo(20, 2);
  await send(id, [LATE_ERROR]);
  expect((await stored(id, 4)).summary).toMatchObject({ weight: 1, error_count: 1, threshold: '00000000000000' });
  expect(await total()).toBeCloseTo(1, 5);
});

test(
  'POST /api/rescue brings back what a filter names, and says what is wrong with others',
  { timeout: 60_000 },
  async () => {
    const ids = [await dropped('billing'), await dropped('billing')];
    const missing = 'e'.repeat(32);
    const found = await ask({ service: 'billing', last: '10m' });
    expect(found.status).toBe(200);
    expect(((await found.json()) as RescueResponse).trace_ids.toSorted()).toEqual(ids);
    expect(await (await ask({ trace_ids: [missing] })).json()).toMatchObject({ trace_ids: [], not_found: [missing] });
    for (const id of ids) expect((await stored(id, 3)).summary).toMatchObject({ rule: 'rescue:requested', weight: 0 });
    const refusals: [Response, number, RegExp][] = [
      [await ask({ service: 'billing' }, { ...HEX, origin: 'http://evil.example' }), 403, /other sites/],
      [await ask('{"service":"billing"}', { 'content-type': 'text/plain' }), 403, /application\/json/],
      [await ask({}), 400, /names nothing/],
      [await ask({ service: 'billing', last: 'soon' }), 400, /last: is no duration/],
      [await fetch(`http://${winnow.addresses['admin']}/rescue`), 405, /is a POST/],
      [
        await fetch(`http://${winnow.addresses['admin']}/rescue`, {
          method: 'POST',
          headers: { ...HEX, origin: 'http://evil.example' },
          body: '{}',
        }),
        403,
        /not from a browser/,
      ],
      [
        await fetch(`http://${winnow.addresses['admin']}/rescue`, { method: 'POST', headers: HEX, body: '{' }),
        400,
        /no JSON/,
      ],
      [
        await fetch(`http://${winnow.addresses['admin']}/rescue`, {
          method: 'POST',
          headers: HEX,
          body: `"${'x'.repeat(100_000)}"`,
        }),
        413,
        /longer than/,
      ],
      [
        await fetch(`http://${winnow.addresses['admin']}/rescue`, {
          method: 'POST',
          headers: HEX,
          body: '{"limit": 1}',
        }),
        400,
        /names nothing/,
      ],
    ];
    for (const [response, status, message] of refusals)
      expect({ status: response.status, text: await response.text() }).toEqual({
        status,
        text: expect.stringMatching(message) as string,
      });
  },
);

test('opening a dropped trace in the browser brings it back and shows it', { timeout: 60_000 }, async () => {
  const id = await dropped('shop');
  const page = await browser.newPage({ viewport: { width: 1440, height: 860 } });
  await page.goto(`http://${winnow.addresses['http']}/trace/${id}`);
  await page.getByRole('tab', { name: 'Waterfall' }).waitFor({ timeout: 20_000 });
  await page.close();
  expect((await stored(id, 3)).summary).toMatchObject({ rule: 'rescue:opened', weight: 0 });
  const { decisions } = await winnow.api<DecisionsResponse>('/api/decisions?rule=rescue%3Aopened');
  expect(decisions.map((decision) => decision.trace_id)).toEqual([id]);
});

test('every span is accounted for, those that came back too', { timeout: 60_000 }, async () => {
  const { spans: ledger } = await winnow.settled();
  expect(ledger.stored).toBeGreaterThan(20);
  expect(conserved(ledger)).toBe(true);
  expect(await winnow.metrics()).toMatch(/winnow_spans_received_total\{transport="rescue",encoding="native"\} [1-9]/);
});
