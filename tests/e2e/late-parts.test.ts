// Traces whose spans come after their decision: a long job whose root ends last, a large trace in many requests, a restart in the middle, copies.
// The row of the search, the page of the trace and what other traces say of it agree with what all spans together say.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CriticalPathResponse } from '#proto/api/critical-path.ts';
import type { SearchResponse, TraceSummary } from '#proto/api/search.ts';
import type { TraceResponse } from '#proto/api/trace.ts';
import { decodeTraceColumns, TRACE_COLUMNS_TYPE } from '#proto/api/trace-columns.ts';
import { RunningWinnow } from '../support/running-winnow.ts';
import { traceRequest, type PlainSpan } from '../support/trace-builder.ts';

const CONFIG = `
sampling:
  wait: { quiet: 100ms, after_root: 200ms, max: 400ms }
  rules: [{ name: everything, keep: 100% }]
`;
const MS = 1_000_000;
const S = 1000 * MS;

let winnow: RunningWinnow;
beforeAll(async () => {
  winnow = await RunningWinnow.start(CONFIG);
}, 120_000);
afterAll(async () => {
  await winnow.stop();
}, 60_000);

let made = 0;
const newId = (): string => (++made).toString(16).padStart(32, '7');
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function send(id: string, list: readonly PlainSpan[], baseNs: bigint): Promise<void> {
  const response = await fetch(`http://${winnow.addresses['otlp_http']}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(traceRequest(id, list, baseNs)),
  });
  expect(response.status).toBe(200);
}

/** Ten steps of five seconds, one after the other, and the root that holds them. */
function job(): { readonly root: PlainSpan; readonly steps: readonly PlainSpan[] } {
  const root = { id: 'a', service: 'batch-job', name: 'nightly export', kind: 1, start: 0, end: 50.7 * S };
  const steps = Array.from({ length: 10 }, (_, i) => ({
    id: `b${i}`,
    parent: 'a',
    service: 'batch-job',
    name: `step ${i + 1}`,
    start: (0.2 + 5 * i) * S,
    end: (5.1 + 5 * i) * S,
  }));
  return { root, steps };
}

async function whenWhole(id: string, isWhole: (summary: TraceSummary) => boolean): Promise<TraceResponse> {
  return winnow.until(async () => {
    const response = await fetch(`http://${winnow.addresses['http']}/api/traces/${id}`);
    const trace = response.ok ? ((await response.json()) as TraceResponse) : undefined;
    return trace !== undefined && isWhole(trace.summary) ? trace : undefined;
  }, 30_000);
}

function range(): string {
  const ns = (ms: number): bigint => BigInt(Date.now() + ms) * 1_000_000n;
  return `start=${ns(-3_600_000)}&end=${ns(3_600_000)}`;
}

/** What a list shows of the trace. */
async function rowOf(id: string, query: string): Promise<TraceSummary | undefined> {
  const { traces } = await winnow.api<SearchResponse>(`/api/search?${range()}&limit=50&${query}`);
  return traces.find(({ trace_id }) => trace_id === id);
}

/** The same spans in one request, and what their trace says. */
async function inOnePart(spans: readonly PlainSpan[], baseNs: bigint): Promise<TraceResponse> {
  const id = newId();
  await send(id, spans, baseNs);
  return whenWhole(id, ({ span_count }) => span_count === spans.length);
}

function headOf({ summary }: TraceResponse): unknown {
  const { trace_id: _, trigger: __, critical_path, repeats, warning_spans, warnings, ...head } = summary;
  return {
    ...head,
    critical_path,
    repeats,
    warnings: warnings.toSorted(),
    warning_spans: warning_spans.map(({ kind, span_id }) => `${kind} ${span_id}`).toSorted(),
  };
}

describe('a trace in parts', () => {
  test('a job whose root comes last has the head of the whole job', { timeout: 60_000 }, async () => {
    const baseNs = BigInt(Date.now()) * 1_000_000n;
    const { root, steps } = job();
    const id = newId();
    for (const step of steps) {
      await send(id, [step], baseNs);
      await pause(250);
    }
    await pause(500);
    await send(id, [root], baseNs);
    const trace = await whenWhole(id, ({ root_present, missing_parents }) => root_present && missing_parents === 0);
    expect(trace.summary).toMatchObject({
      root_service: 'batch-job',
      root_name: 'nightly export',
      start: String(baseNs),
      duration_ns: 50.7 * S,
      span_count: 11,
      missing_parents: 0,
      warnings: [],
    });
    const onPath = trace.summary.critical_path.reduce((sum, { ns }) => sum + ns, 0);
    expect(onPath).toBe(50.7 * S);
    expect(headOf(trace)).toEqual(headOf(await inOnePart([root, ...steps], baseNs)));
    const row = await rowOf(id, 'service=batch-job&min_duration_ms=50000');
    expect(row).toMatchObject({ root_name: 'nightly export', duration_ns: 50.7 * S, start: String(baseNs) });
    const {
      threshold: _,
      hosts: __,
      warning_spans: ___,
      critical_path: ____,
      repeats: _____,
      end_to_end_ns: ______,
      ...shown
    } = trace.summary;
    expect(row).toEqual(shown);
    const { traces } = await winnow.api<SearchResponse>(`/api/search?${range()}&root_service=batch-job&sort=slowest`);
    expect(traces.map(({ root_name }) => root_name)).toEqual(['nightly export', 'nightly export']);
    const path = await winnow.api<CriticalPathResponse>(`/api/critical-path?${range()}&root_name=nightly%20export`);
    expect(path.total).toMatchObject({ kept: 2, mean_duration_ns: 50.7 * S, mean_path_ns: 50.7 * S });
    const stepPath = await winnow.api<CriticalPathResponse>(`/api/critical-path?${range()}&root_name=step%201`);
    expect(stepPath.total.kept).toBe(0);
  });

  test('a crash of the collector between two parts changes nothing', { timeout: 120_000 }, async () => {
    const baseNs = BigInt(Date.now()) * 1_000_000n;
    const { root, steps } = job();
    const id = newId();
    await send(id, steps.slice(0, 6), baseNs);
    await whenWhole(id, ({ span_count }) => span_count === 6);
    await send(id, steps.slice(6), baseNs);
    process.kill(Number(winnow.addresses['collector_pid']), 'SIGKILL');
    await winnow.until(async () => {
      try {
        await send(id, [root], baseNs);
        return true;
      } catch {
        return undefined;
      }
    });
    const trace = await whenWhole(id, ({ span_count, missing_parents }) => span_count === 11 && missing_parents === 0);
    expect(trace.summary).toMatchObject({ root_name: 'nightly export', duration_ns: 50.7 * S, start: String(baseNs) });
    expect(headOf(trace)).toEqual(headOf(await inOnePart([root, ...steps], baseNs)));
  });

  test('a large trace in many requests, with copies, has the head of the whole', { timeout: 120_000 }, async () => {
    const baseNs = BigInt(Date.now()) * 1_000_000n;
    const spans: PlainSpan[] = [{ id: '1', service: 'edge', name: 'GET /all', kind: 2, start: 0, end: 30 * S }];
    for (let i = 1; i < 3000; i++)
      spans.push({
        id: (i + 1).toString(16),
        parent: Math.floor(i / 3 + 1).toString(16),
        service: `service-${i % 7}`,
        name: `work ${i % 40}`,
        start: i * 3 * MS,
        end: i * 3 * MS + (3000 - i) * MS,
        ...(i % 100 === 0 && { status: 2 }),
      });
    const id = newId();
    // From the end: children before their parents, the root last.
    for (let to = spans.length; to > 0; to -= 500) {
      const part = spans.slice(Math.max(0, to - 500), to);
      await send(id, part, baseNs);
      await pause(600);
      await send(id, part.slice(0, 20), baseNs + 0n); // copies
    }
    const trace = await whenWhole(
      id,
      ({ span_count, missing_parents }) => span_count === 3000 && missing_parents === 0,
    );
    const { warning_spans, warnings, ...head } = trace.summary;
    const whole = await inOnePart(spans, baseNs);
    const { warning_spans: _, warnings: __, ...expected } = whole.summary;
    expect({ ...head, trace_id: '', trigger: '' }).toEqual({ ...expected, trace_id: '', trigger: '' });
    expect(new Set(warnings)).toEqual(
      new Set([...whole.summary.warnings, ...warnings.filter((k) => k === 'duplicate_span')]),
    );
    expect(warning_spans.filter(({ kind }) => kind === 'missing_parent')).toEqual([]);
    // The browser's form of the answer says the same as JSON.
    const answer = await fetch(`http://${winnow.addresses['http']}/api/traces/${id}`, {
      headers: { accept: TRACE_COLUMNS_TYPE, 'accept-encoding': 'gzip' },
    });
    expect(answer.headers.get('content-type')).toBe(TRACE_COLUMNS_TYPE);
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(answer.headers.get('vary')).toBe('accept, accept-encoding');
    expect(decodeTraceColumns(new Uint8Array(await answer.arrayBuffer()))).toEqual(
      await winnow.api<TraceResponse>(`/api/traces/${id}`),
    );
  });
});
