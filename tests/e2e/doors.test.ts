// Numbers are doors: with everything kept, the list behind a number has as many as the number says, in the same time range. The questions are
// those of the pages' links.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driveShop } from '#deploy/demo/drive-shop.ts';
import { createShop } from '#deploy/demo/shop.ts';
import { createOtlpClient } from '#deploy/replay/otlp-client.ts';
import type { SamplingHitsResponse } from '#proto/api/sampling.ts';
import type { FacetsResponse, HeatmapResponse, SearchResponse } from '#proto/api/search.ts';
import type { DependenciesResponse, OperationsResponse, ServicesResponse } from '#proto/api/services.ts';
import type { SuggestResponse } from '#proto/api/suggest.ts';
import type { SpanDetail, SpanDetailResponse } from '#proto/api/trace.ts';
import { KIND_WORDS } from '#proto/search/fields.ts';
import { columnsNs, heatGrid, rowsNs } from '#ui/shape/heatmap-grid.ts';
import { atLeast, edgeQuestion, operationQuestion, serviceQuestion, withErrors } from '#ui/state/doors.ts';
import { excluded, questionWhere, toggled, withCondition } from '#ui/state/question.ts';
import { withSelection } from '#ui/state/trace-filter.ts';
import { RunningWinnow } from '../support/running-winnow.ts';

const TIMEOUT_MS = 180_000;
const CONFIG = `
sampling:
  wait: { quiet: 500ms, after_root: 1s, max: 3s }
  rules:
    - { name: errors, when: { any: { status: error } }, keep: 100% }
    - { name: 'never here', when: { root: { service: nobody } }, keep: 100% }
    - { name: the rest, keep: 100% }
red: { flush_every: 1s }
`;
let winnow: RunningWinnow;
let range = { start: '', end: '' };

beforeAll(async () => {
  const startMs = Date.now() - 60_000;
  winnow = await RunningWinnow.start(CONFIG);
  const client = createOtlpClient({ endpoint: winnow.addresses['otlp_grpc'] ?? '', protocol: 'grpc' });
  await driveShop({
    shop: createShop({ seed: 11 }),
    client,
    spansPerSecond: 2000,
    durationMs: 4000,
    concurrency: 4,
    signal: new AbortController().signal,
  });
  client.close();
  const { spans } = await winnow.settled();
  range = { start: `${startMs}000000`, end: `${Date.now() + 60_000}000000` };
  // Counts come in blocks of their own.
  await winnow.until(async () => {
    const { services } = await ask<ServicesResponse>('/api/services');
    const operations = await Promise.all(services.map(({ service }) => operationsOf(service)));
    const calls = operations.flat().reduce((sum, one) => sum + one.calls, 0);
    return calls === spans.stored ? true : undefined;
  });
}, TIMEOUT_MS);
afterAll(() => winnow.stop());

function ask<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  return winnow.api<T>(`${path}?${new URLSearchParams({ ...range, ...query }).toString()}`);
}

async function total(q: string, more: Readonly<Record<string, string>> = {}): Promise<SearchResponse['total']> {
  return (await ask<SearchResponse>('/api/search', { q, limit: '1', ...more })).total;
}

async function operationsOf(service: string): Promise<OperationsResponse['operations']> {
  return (await ask<OperationsResponse>('/api/operations', { service })).operations;
}

describe('the list behind a number has as many as it says', () => {
  it(
    'calls and errors of services',
    async () => {
      const { services } = await ask<ServicesResponse>('/api/services');
      expect(services.length).toBeGreaterThan(5);
      expect(services.some(({ errors }) => errors > 0)).toBe(true);
      for (const one of services) {
        expect((await total(serviceQuestion(one))).spans.kept, one.service).toBe(one.calls);
        expect((await total(withErrors(serviceQuestion(one)))).spans.kept, one.service).toBe(one.errors);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'calls and errors of operations',
    async () => {
      const operations = [...(await operationsOf('checkout')), ...(await operationsOf('payment'))];
      expect(operations.length).toBeGreaterThan(3);
      for (const one of operations) {
        expect((await total(operationQuestion(one))).spans.kept, one.name).toBe(one.calls);
        expect((await total(withErrors(operationQuestion(one)))).spans.kept, one.name).toBe(one.errors);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'quantiles: spans of the operation that are at least as slow, and no others',
    async () => {
      const [one] = await operationsOf('checkout');
      const q = atLeast(operationQuestion(one!), one!.p95_ms!);
      const { traces } = await ask<SearchResponse>('/api/search', { q: operationQuestion(one!), limit: '200' });
      const spans = await spansOf(traces.map(({ trace_id }) => trace_id));
      const ofOperation = spans.filter(
        ({ service, name, kind }) => service === one!.service && name === one!.name && KIND_WORDS[kind] === one!.kind,
      );
      expect(ofOperation).toHaveLength(one!.calls);
      const slow = ofOperation.filter(({ duration_ns }) => duration_ns >= Math.round(one!.p95_ms! * 1e6));
      expect((await total(q)).spans.kept).toBe(slow.length);
      expect(slow.length).toBeLessThan(one!.calls / 2);
    },
    TIMEOUT_MS,
  );

  it(
    'calls of edges between services',
    async () => {
      const { edges } = await ask<DependenciesResponse>('/api/dependencies');
      const doors = edges.map((edge) => ({ edge, q: edgeQuestion(edge) })).filter(({ q }) => q !== undefined);
      expect(doors.length).toBeGreaterThan(5);
      for (const { edge, q } of doors)
        expect((await total(q ?? '')).spans.kept, `${edge.caller} > ${edge.callee}`).toBe(edge.calls);
    },
    TIMEOUT_MS,
  );

  it.each(['', 'service=checkout', 'status=error', 'name~".*checkout.*" or trace.spans>20'])(
    'facets of the traces where %s',
    async (question) => {
      const { facets, attributes } = await ask<FacetsResponse>('/api/facets', { q: question });
      const ofAttributes = await Promise.all(
        attributes.slice(0, 6).map(({ key }) => ask<FacetsResponse>('/api/facets', { q: question, key })),
      );
      const all = [...facets, ...ofAttributes.flatMap((answer) => answer.facets)];
      expect(all.length).toBeGreaterThan(6);
      for (const { facet, values } of all) {
        expect(values.map(({ stands_for }) => stands_for)).toEqual(
          values.map(({ stands_for }) => stands_for).toSorted((a, b) => b - a),
        );
        for (const { condition, kept, stands_for } of values.slice(0, 4)) {
          const q = facet === 'service' && question.startsWith('service') ? condition : toggled(question, condition);
          const found = await total(q);
          expect([found.kept, found.stands_for], q).toEqual([kept, stands_for]);
        }
      }
    },
    TIMEOUT_MS,
  );

  it('what is excluded and what is not are all there is', async () => {
    const all = await total('');
    const [withIt, without] = [await total('service=payment'), await total(excluded('', 'service=payment'))];
    expect(withIt.kept + without.kept).toBe(all.kept);
  });

  it('rules, and those that kept nothing are listed, too', async () => {
    const { rules } = await ask<SamplingHitsResponse>('/api/sampling/hits');
    expect(rules.map(({ name }) => name)).toEqual(['errors', 'never here', 'the rest']);
    expect(rules.map(({ condition }) => condition)).toEqual([
      'any: { status: error }',
      'root: { service: nobody }',
      'every other trace',
    ]);
    for (const { name, kept } of rules) expect((await total(questionWhere({ rule: name }))).kept, name).toBe(kept);
  });

  it(
    'cells of the heatmap, and rectangles of them',
    async () => {
      const q = 'service=checkout';
      const answer = await ask<HeatmapResponse>('/api/heatmap', { q });
      const grid = heatGrid(answer);
      expect(answer.cells.length).toBeGreaterThan(5);
      for (const [column, row, kept, standsFor] of answer.cells.slice(0, 12)) {
        const selection = { ...columnsNs(grid, column, column + 1), ...rowsNs(row, row + 1) };
        const asked = withSelection({ ...range, q }, selection);
        const found = await total(asked.q, { start: asked.start, end: asked.end });
        expect([found.kept, found.stands_for]).toEqual([kept, standsFor]);
      }
      const whole = { ...columnsNs(grid, 0, grid.columns), ...rowsNs(grid.lowRow, grid.lowRow + grid.rows) };
      expect((await total(withSelection({ ...range, q }, whole).q)).kept).toBe(
        answer.cells.reduce((sum, [, , kept]) => sum + kept, 0),
      );
    },
    TIMEOUT_MS,
  );

  it('suggested values, of the services and operations that there are', async () => {
    const { suggestions } = await ask<SuggestResponse>('/api/suggest', { key: 'service' });
    const [{ text, count }] = suggestions as [SuggestResponse['suggestions'][number]];
    expect((await total(`service=${text}`)).spans.kept).toBe(count);
    const keys = await ask<SuggestResponse>('/api/suggest', { contains: 'HTTP' });
    expect(keys.suggestions.map((one) => one.text)).toContain('http.route');
    const values = await ask<SuggestResponse>('/api/suggest', { key: 'http.route' });
    for (const one of values.suggestions.slice(0, 3))
      expect((await total(`http.route=${one.text}`)).spans.kept, one.text).toBe(one.count);
  });
});

it('rates are over the time that has data', async () => {
  const { data_seconds: seconds, services } = await ask<ServicesResponse>('/api/services');
  expect(seconds).toBeLessThan(60);
  for (const one of services) expect(one.per_second).toBeCloseTo(one.calls / seconds, 6);
});

it('a mistake is said with its place, whatever asks', async () => {
  for (const path of ['/api/search', '/api/heatmap', '/api/facets', '/api/critical-path']) {
    const answer = await fetch(
      `http://${winnow.addresses['http']}${path}?q=${encodeURIComponent('http.status_code=>500')}`,
    );
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { code: 'SEARCH', message: 'q 1:17: expected an operator, found =>; did you mean >=?' },
    });
  }
  const pattern = await fetch(`http://${winnow.addresses['http']}/api/search?q=${encodeURIComponent('name~"("')}`);
  expect(await pattern.text()).toContain('expected a regular expression (RE2), found (');
});

it('a trace is found by its id, short or long', async () => {
  const { traces } = await ask<SearchResponse>('/api/search', { limit: '1' });
  const id = traces[0]!.trace_id;
  for (const q of [id, id.toUpperCase(), `00-${id}-00f067aa0ba902b7-01`, `http://x/trace/${id}`])
    expect((await total(q)).kept).toBe(1);
  expect((await total(withCondition('rule="the rest"', 'not any(status=error)'))).kept).toBeGreaterThan(0);
});

async function spansOf(ids: readonly string[]): Promise<readonly SpanDetail[]> {
  const found: SpanDetail[] = [];
  for (let i = 0; i < ids.length; i += 100) {
    const query = ids.slice(i, i + 100).map((id) => `trace_id=${id}`);
    const { spans } = await winnow.api<SpanDetailResponse>(`/api/traces/full?${query.join('&')}`);
    found.push(...spans);
  }
  return found;
}
