// HTTP requests and answers recorded from a real Prometheus, against the API over the same data.
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LabelSet } from '#query/promql/labels.ts';
import { answerBadPath } from '#query/api/prometheus/bad-path.ts';
import { registerPrometheusApi } from '#query/api/prometheus/register.ts';
import type { ResultJson } from '#query/api/prometheus/result-json.ts';
import { expectKnownFailures, readKnownFailures, type Outcome } from '#tests/support/known-failures.ts';
import { difference, loadDataset, readLines } from '#tests/support/promql-oracle.ts';
import { describeWithData } from '#tests/support/shared-data.ts';

const LIST = new URL('./promql-known-failures.txt', import.meta.url);
/** Long after the recording: a request without a time sees nothing. */
const NOW_MS = Date.now();

interface RecordedRequest {
  readonly id: string;
  readonly server: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: string;
  readonly body?: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly response: unknown;
  readonly volatile?: readonly string[];
}

interface RecordedExemplar {
  readonly labels: Record<string, string>;
  readonly exemplar: Record<string, string>;
  readonly value: string | number;
  readonly timestamp: number;
}

function withoutVolatile(value: unknown, pointers: readonly string[]): unknown {
  const copy = structuredClone(value);
  for (const pointer of pointers) {
    // Pointers start at the whole record: /response/data/…
    const parts = pointer.split('/').slice(2);
    let at: unknown = copy;
    for (const part of parts.slice(0, -1))
      at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined;
    const last = parts.at(-1) ?? '';
    if (typeof at === 'object' && at !== null && last in at)
      (at as Record<string, unknown>)[last] = typeof (at as Record<string, unknown>)[last];
  }
  return copy;
}

interface Envelope {
  status: string;
  data?: unknown;
}

function compare(got: unknown, recorded: RecordedRequest): string | undefined {
  const want = recorded.response;
  const gotData = (got as Envelope | null)?.data;
  const wantData = (want as Envelope | null)?.data;
  const isResult = typeof wantData === 'object' && wantData !== null && 'resultType' in wantData;
  if (isResult && typeof gotData === 'object' && gotData !== null && !('stats' in wantData)) {
    const differs = difference(gotData as ResultJson, wantData as unknown as ResultJson, false);
    if (differs !== undefined) return differs;
    return compareJson({ ...(got as object), data: 0 }, { ...(want as object), data: 0 });
  }
  const volatile = recorded.volatile ?? [];
  return compareJson(withoutVolatile(got, volatile), withoutVolatile(want, volatile));
}

/** Keys in order, and warnings and infos as sets: their order is not fixed. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [
        key,
        (key === 'warnings' || key === 'infos') && Array.isArray(inner) ? inner.map(String).sort() : sorted(inner),
      ]),
  );
}

function compareJson(got: unknown, want: unknown): string | undefined {
  const [a, b] = [JSON.stringify(sorted(got)), JSON.stringify(sorted(want))];
  return a === b ? undefined : `${a.slice(0, 300)}, wanted ${b.slice(0, 300)}`;
}

describeWithData('recorded Prometheus API answers', () => {
  let app: FastifyInstance;

  beforeAll(async () => {
    const store = loadDataset();
    const bySeries = new Map<
      string,
      { labels: LabelSet; exemplars: { labels: Record<string, string>; value: number; timestampMs: number }[] }
    >();
    for (const one of readLines('expected/promql/exemplars.jsonl.gz') as RecordedExemplar[]) {
      const labels = LabelSet.from(Object.entries(one.labels));
      const known = bySeries.get(labels.key) ?? { labels, exemplars: [] };
      bySeries.set(labels.key, known);
      known.exemplars.push({ labels: one.exemplar, value: Number(one.value), timestampMs: one.timestamp });
    }
    for (const one of bySeries.values()) store.addExemplars(one);
    app = fastify({
      frameworkErrors: (_error, request, reply) => {
        answerBadPath(request, reply);
      },
    });
    registerPrometheusApi(app, store, { now: () => NOW_MS, version: '9.9.9', isReady: () => Promise.resolve(true) });
    await app.ready();
  });
  afterAll(() => app.close());

  it('gives every recorded answer that is not a known failure', async () => {
    const outcomes: Outcome[] = [];
    for (const recorded of readLines('expected/promql/api.jsonl.gz') as RecordedRequest[]) {
      if (recorded.server !== 'data' || !/^\/(?:api\/v1\/|-\/|federate$)/.test(recorded.path)) continue;
      // Off by default in Prometheus; here it is for the one that takes remote writes to say.
      if (recorded.path === '/api/v1/write') continue;
      const url = recorded.query === undefined ? recorded.path : `${recorded.path}?${recorded.query}`;
      const form =
        recorded.body === undefined
          ? {}
          : { payload: recorded.body, headers: { 'content-type': 'application/x-www-form-urlencoded' } };
      const answer = await app.inject({ method: recorded.method, url, ...form });
      let problem: string | undefined;
      if (answer.statusCode !== recorded.status) problem = `HTTP ${answer.statusCode}, wanted ${recorded.status}`;
      else if (typeof recorded.response === 'object')
        problem = compare(answer.body === '' ? null : answer.json(), recorded);
      else if (recorded.headers['Content-Type']?.startsWith('text/') === true && answer.body !== recorded.response)
        problem = `${answer.body}, wanted ${JSON.stringify(recorded.response)}`;
      for (const name of ['Allow', 'Location'])
        if (recorded.headers[name] !== undefined && answer.headers[name.toLowerCase()] !== recorded.headers[name])
          problem ??= `${name} ${String(answer.headers[name.toLowerCase()])}, wanted ${recorded.headers[name]}`;
      outcomes.push({ id: recorded.id, problem });
    }
    console.log(
      `api: ${outcomes.filter((one) => one.problem === undefined).length} of ${outcomes.length} answers equal the recorded ones`,
    );
    expect(outcomes.length).toBeGreaterThan(100);
    expectKnownFailures(outcomes, readKnownFailures(LIST, 'api'));
  });
});
