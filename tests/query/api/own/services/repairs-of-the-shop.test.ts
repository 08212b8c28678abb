// The reconstruction report of a running Winnow: every span that a broken shop leaves without its parent is counted, though few traces are kept.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createShop } from '#deploy/demo/shop.ts';
import type { ReconstructionReportResponse } from '#proto/api/reconstruction-report.ts';
import { readSpans, type ReadSpan } from '#tests/support/read-spans.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';
import { EVER } from '#tests/support/stored-traces.ts';

const CONFIG = `sampling:
  wait: { quiet: 1s, after_root: 4s, max: 8s }
  rules:
    - { name: the rest, keep: 10% }
red: { flush_every: 1s }
`;

let winnow: RunningWinnow;
let orphans: ReadSpan[];

beforeAll(async () => {
  winnow = await RunningWinnow.start(CONFIG);
  const shop = createShop({ seed: 9, spansPerBatch: 800, broken: 'lost-spans' });
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const bodies = Array.from({ length: 8 }, (_, i) => shop.next(nowNs + BigInt(i >> 1) * 250_000_000n).traces);
  const spans = bodies.flatMap((body) => readSpans(body));
  const ids = new Set(spans.map(({ traceId, spanId }) => traceId + spanId));
  orphans = spans.filter(({ traceId, parentSpanId }) => parentSpanId !== undefined && !ids.has(traceId + parentSpanId));
  for (const body of bodies) {
    const answer = await fetch(`http://${winnow.addresses['otlp_http']}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(body),
    });
    if (!answer.ok) throw new Error(`not taken: ${answer.status}`);
  }
  await winnow.settled();
}, 90_000);
afterAll(() => winnow.stop());

it('counts each by its service, with its traces and an example, from all traces', async () => {
  const expected = new Map<string, { spans: number; traces: Set<string> }>();
  for (const { service, traceId } of orphans) {
    const row = expected.get(service) ?? { spans: 0, traces: new Set() };
    expected.set(service, { spans: row.spans + 1, traces: row.traces.add(traceId) });
  }
  expect(orphans.length).toBeGreaterThan(50);
  const report = await winnow.until(async () => {
    const { rows } = await winnow.api<ReconstructionReportResponse>(`/api/reconstruction-report?${EVER}`);
    const missing = rows.filter(({ kind }) => kind === 'missing_parent');
    return missing.reduce((sum, { spans }) => sum + spans, 0) === orphans.length ? missing : undefined;
  });
  expect(new Map(report.map(({ service, spans, traces }) => [service, [spans, traces]]))).toEqual(
    new Map([...expected].map(([service, { spans, traces }]) => [service, [spans, traces.size]])),
  );
  for (const row of report) expect(expected.get(row.service)!.traces).toContain(row.example_trace_id);
});

it('is a Prometheus series too', async () => {
  const [sum] = await winnow.until(async () => {
    const answer = await winnow.promql('sum(winnow_reconstruction_warnings_total{kind="missing_parent"})');
    return answer.length === 0 || Number(answer[0]?.value[1]) < orphans.length ? undefined : answer;
  });
  expect(sum?.value[1]).toBe(String(orphans.length));
});
