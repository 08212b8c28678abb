// Real captures through the whole system, by replay over real sockets into the embedded store, and read back through the query API.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { captureFacts, expectedCalls, randomnessOf, totalSpans, type TraceFacts } from '../support/capture-facts.ts';
import { conserved, RunningWinnow } from '../support/running-winnow.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';
import { storedTraces } from '../support/stored-traces.ts';

const TIMEOUT_MS = 300_000;
/** Short waits: a replay is over in seconds, and every trace of a capture arrives within them. */
const FAST = 'sampling: { wait: { quiet: 2s, after_root: 4s, max: 8s } }\nred: { flush_every: 1s }\n';
const ERRORS_AND_5_PERCENT = `red: { flush_every: 1s }
sampling:
  wait: { quiet: 2s, after_root: 4s, max: 8s }
  rules:
    - { name: errors, when: { any: { status: error } }, keep: 100% }
    - { name: rest, keep: 5% }
`;
/** T of 5 %. */
const T_5_PERCENT = 'f3333333333333';

const calls = 'traces_span_metrics_calls_total';

async function redCalls(winnow: RunningWinnow, spans: number): Promise<void> {
  await winnow.until(
    async () => {
      const answer = await winnow.promql(`sum(${calls})`);
      return answer[0]?.value[1] === String(spans) ? answer : undefined;
    },
    30_000,
    async () => JSON.stringify(await winnow.promql(`sum(${calls})`)),
  );
}

function spansByTrace(traces: ReadonlyMap<string, TraceFacts>): Map<string, number> {
  return new Map([...traces].map(([id, facts]) => [id, facts.spans]));
}

async function storedByTrace(winnow: RunningWinnow): Promise<Map<string, number>> {
  return new Map((await storedTraces(winnow)).map((trace) => [trace.trace_id, trace.span_count]));
}

const sorted = (map: ReadonlyMap<string, number>): [string, number][] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));

async function expectRed(winnow: RunningWinnow, capture: string): Promise<void> {
  const key = (labels: Record<string, string>): string =>
    [labels['service_name'], labels['span_name'], labels['span_kind'], labels['status_code']].join('\n');
  const [counts, sums, buckets] = await Promise.all([
    winnow.promql(calls),
    winnow.promql('traces_span_metrics_duration_seconds_sum'),
    winnow.promql('traces_span_metrics_duration_seconds_bucket'),
  ]);
  const countOf = new Map(counts.map((sample) => [key(sample.metric), Number(sample.value[1])]));
  const sumOf = new Map(sums.map((sample) => [key(sample.metric), Number(sample.value[1])]));
  const bucketOf = new Map(
    buckets.map((sample) => [`${key(sample.metric)}\n${sample.metric['le']}`, Number(sample.value[1])]),
  );
  const rows = expectedCalls(capture);
  expect(countOf.size).toBe(rows.length);
  for (const row of rows) {
    const id = [row.service, row.name, row.kind, row.status].join('\n');
    expect(countOf.get(id), id).toBe(row.count);
    expect(Math.abs((sumOf.get(id) ?? NaN) - row.sumNs / 1e9), id).toBeLessThanOrEqual(
      1e-9 * Math.max(1, row.sumNs / 1e9),
    );
    for (const [bound, count] of row.buckets) expect(bucketOf.get(`${id}\n${bound}`), `${id} le ${bound}`).toBe(count);
  }
}

describeWithData('a capture through the whole system', () => {
  it(
    'online-boutique, kept whole: every span and trace stored, RED counts each span once',
    { timeout: TIMEOUT_MS },
    async () => {
      const capture = 'otlp/online-boutique-9min.otlp.pb.frames';
      const facts = await captureFacts(capture);
      expect(totalSpans(facts)).toBe(165_050);
      expect(facts.size).toBe(4224);
      await using winnow = await RunningWinnow.start(FAST);
      const replayed = await winnow.replay(sharedData(capture));
      expect(replayed).toMatchObject({ code: 0, result: { spans: 165_050, traces: 4224, refused: 0 } });
      const { spans } = await winnow.settled();
      expect(spans).toMatchObject({
        received: 165_050,
        stored: 165_050,
        sampled_out: 0,
        rejected: 0,
        dropped: 0,
        pending: 0,
      });
      expect(sorted(await storedByTrace(winnow))).toEqual(sorted(spansByTrace(facts)));
      await redCalls(winnow, 165_050);
      await expectRed(winnow, 'online-boutique-9min');
      const metrics = await winnow.metrics();
      expect(metrics).toMatch(/^winnow_spans_received_total\{transport="grpc",encoding="protobuf"\} 165050$/m);
      expect(metrics).toMatch(/^winnow_spans_stored_total 165050$/m);
      expect(metrics).toMatch(/^winnow_spans_pending 0$/m);
    },
  );

  it(
    'online-boutique at errors 100 %, rest 5 %: the kept set is R ≥ T, RED still counts all',
    { timeout: TIMEOUT_MS },
    async () => {
      const capture = 'otlp/online-boutique-9min.otlp.pb.frames';
      const facts = await captureFacts(capture);
      await using winnow = await RunningWinnow.start(ERRORS_AND_5_PERCENT);
      expect((await winnow.replay(sharedData(capture))).code).toBe(0);
      const { spans } = await winnow.settled();
      const expected = new Map([...facts].filter(([id, trace]) => trace.errors > 0 || randomnessOf(id) >= T_5_PERCENT));
      expect(expected.size).toBeGreaterThan(100);
      expect(spans).toMatchObject({
        received: 165_050,
        stored: totalSpans(expected),
        sampled_out: 165_050 - totalSpans(expected),
        rejected: 0,
        dropped: 0,
      });
      expect(sorted(await storedByTrace(winnow))).toEqual(sorted(spansByTrace(expected)));
      await redCalls(winnow, 165_050);
      await expectRed(winnow, 'online-boutique-9min');
    },
  );

  it(
    'robotframework at errors 100 %, rest 5 %: all traces with one of the 57 error spans are kept',
    { timeout: TIMEOUT_MS },
    async () => {
      const capture = 'otlp/captures/robotframework-otel-traces.jsonl';
      const facts = await captureFacts(capture);
      expect([...facts.values()].reduce((sum, trace) => sum + trace.errors, 0)).toBe(57);
      await using winnow = await RunningWinnow.start(ERRORS_AND_5_PERCENT);
      expect((await winnow.replay(sharedData(capture), '--protocol', 'http/json')).code).toBe(0);
      const { spans } = await winnow.settled();
      const expected = new Map([...facts].filter(([id, trace]) => trace.errors > 0 || randomnessOf(id) >= T_5_PERCENT));
      expect(conserved(spans)).toBe(true);
      expect(sorted(await storedByTrace(winnow))).toEqual(sorted(spansByTrace(expected)));
      await redCalls(winnow, totalSpans(facts));
      await expectRed(winnow, 'robotframework-otel');
    },
  );

  it(
    'train-ticket, with its old times: 45,964 spans and 644 traces stored, and still there',
    { timeout: TIMEOUT_MS },
    async () => {
      const capture = 'otlp/train-ticket-12min.otlp.pb.frames';
      const facts = await captureFacts(capture);
      await using winnow = await RunningWinnow.start(FAST);
      expect(await winnow.replay(sharedData(capture), '--keep-times')).toMatchObject({
        code: 0,
        result: { spans: 45_964, traces: 644 },
      });
      const { spans } = await winnow.settled();
      expect(spans).toMatchObject({ received: 45_964, stored: 45_964 });
      expect(sorted(await storedByTrace(winnow))).toEqual(sorted(spansByTrace(facts)));
      await redCalls(winnow, 45_964);
      await expectRed(winnow, 'train-ticket-12min');
    },
  );

  it.each([
    { name: 'OTLP/JSON captures', folder: 'otlp/captures', ending: 'traces.jsonl', args: ['--protocol', 'http/json'] },
    { name: 'Zipkin captures', folder: 'zipkin', ending: '.json', args: ['--protocol', 'http/protobuf'] },
    { name: 'Jaeger captures', folder: 'jaeger', ending: '.jsonl', args: [] },
  ])(
    '$name: every span stored, every trace with its span count',
    { timeout: TIMEOUT_MS },
    async ({ folder, ending, args }) => {
      const files = readdirSync(sharedData(folder))
        .filter((file) => file.endsWith(ending))
        .map((file) => path.posix.join(folder, file));
      expect(files.length).toBeGreaterThan(1);
      const facts = await captureFacts(...files);
      await using winnow = await RunningWinnow.start(FAST);
      const replayed = await winnow.replay(...files.map(sharedData), ...args);
      expect(replayed, replayed.stderr).toMatchObject({
        code: 0,
        result: { spans: totalSpans(facts), traces: facts.size },
      });
      const { spans } = await winnow.settled();
      expect(spans).toMatchObject({ received: totalSpans(facts), stored: totalSpans(facts), rejected: 0, dropped: 0 });
      expect(sorted(await storedByTrace(winnow))).toEqual(sorted(spansByTrace(facts)));
      await redCalls(winnow, totalSpans(facts));
    },
  );

  it('RED of hotel_load50 and oteldb-k6-shop equals the independent counts', { timeout: TIMEOUT_MS }, async () => {
    await using hotel = await RunningWinnow.start(FAST);
    expect((await hotel.replay(sharedData('otlp/hotel_load50.otlp.pb.frames'))).code).toBe(0);
    const { spans } = await hotel.settled();
    await redCalls(hotel, spans.received);
    await expectRed(hotel, 'hotel_load50');
    await hotel.stop();
    await using shop = await RunningWinnow.start(FAST);
    expect((await shop.replay(sharedData('otlp/captures/oteldb-k6-shop-traces.jsonl'))).code).toBe(0);
    const settled = await shop.settled();
    await redCalls(shop, settled.spans.received);
    await expectRed(shop, 'oteldb-k6-shop');
  });
});
