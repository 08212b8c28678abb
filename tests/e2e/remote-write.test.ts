// Remote write into the running product: the data set that was recorded from a real Prometheus goes in by 1.0 and by 2.0, and comes out point for point.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HistogramJson } from '#query/promql/histogram/json.ts';
import { histogramToJson } from '#query/promql/histogram/json.ts';
import { formatValue } from '#query/promql/format-number.ts';
import { isStaleWord, wordsOf } from '#query/promql/stale.ts';
import { readLines } from '#tests/support/promql-oracle.ts';
import { seriesOf, type RecordedSeries } from '#tests/support/recorded-series.ts';
import { remoteWrite, type WrittenSeries } from '#tests/support/remote-write.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';
import { describeWithData } from '#tests/support/shared-data.ts';

const END_S = 1_767_240_000;
const SERIES_PER_REQUEST = 40;

interface Point {
  readonly metric: Record<string, string>;
  readonly values?: readonly (readonly [number, string])[];
  readonly histograms?: readonly (readonly [number, HistogramJson])[];
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a range selector over everything shows of a series: staleness markers are not part of it. */
function expected(recorded: RecordedSeries): Omit<Point, 'metric'> | undefined {
  const { timesMs, values, histograms } = seriesOf(recorded);
  const words = wordsOf(values);
  const [floats, natives]: [[number, string][], [number, HistogramJson][]] = [[], []];
  for (const [at, timeMs] of timesMs.entries()) {
    const histogram = histograms?.[at];
    if (histogram !== undefined) natives.push([timeMs / 1000, histogramToJson(histogram)]);
    else if (!isStaleWord(words, at)) floats.push([timeMs / 1000, formatValue(values[at]!)]);
  }
  if (floats.length + natives.length === 0) return undefined;
  return { ...(floats.length > 0 && { values: floats }), ...(natives.length > 0 && { histograms: natives }) };
}

describeWithData('remote write', () => {
  let winnow: RunningWinnow;
  let recorded: RecordedSeries[];
  beforeAll(async () => {
    recorded = readLines('expected/promql/dataset.jsonl.gz') as RecordedSeries[];
    winnow = await RunningWinnow.start();
  });
  afterAll(() => winnow.stop());

  /** As a Prometheus does: what nobody answers, or 5xx, is sent again. */
  const send = (version: 1 | 2, series: readonly WrittenSeries[]): Promise<Response> =>
    winnow.until(async () => {
      const answer = await remoteWrite(winnow.addresses['otlp_http']!, version, series).catch(() => undefined);
      return answer === undefined || answer.status >= 500 ? undefined : answer;
    });

  /** Labels that an empty value takes away are not part of a series. */
  const named = (version: string): WrittenSeries[] =>
    recorded.map((one) => ({ ...one, labels: { ...one.labels, written_by: version } }));

  it.each([1, 2] as const)(
    '%s.0 takes all of it, and gives it back point for point, 2.0 over a crash',
    async (version) => {
      const series = named(String(version));
      let points = 0;
      for (let from = 0; from < series.length; from += SERIES_PER_REQUEST) {
        const some = series.slice(from, from + SERIES_PER_REQUEST);
        const answer = await send(version, some);
        expect([answer.status, await answer.text()]).toEqual([204, '']);
        const written = some.reduce((sum, one) => sum + (one.samples?.length ?? 0), 0);
        const histograms = some.reduce((sum, one) => sum + (one.histograms?.length ?? 0), 0);
        points += written + histograms;
        const counts = ['samples', 'histograms', 'exemplars'].map((what) =>
          answer.headers.get(`x-prometheus-remote-write-${what}-written`),
        );
        expect(counts).toEqual(version === 2 ? [String(written), String(histograms), '0'] : [null, null, null]);
        // In the middle, with what is acknowledged on its way to the store.
        if (version === 2 && from === 5 * SERIES_PER_REQUEST)
          process.kill(Number(winnow.addresses['collector_pid']), 'SIGKILL');
      }
      const before = await winnow.settled();
      expect(before.metric_points).toMatchObject({ rejected: 0, dropped: 0, imbalance: 0 });
      const selector = encodeURIComponent(`{__name__=~".+",written_by="${version}"}[5h]`);
      const { data } = await winnow.api<{ data: { result: Point[] } }>(`/api/v1/query?query=${selector}&time=${END_S}`);
      const found = new Map(data.result.map(({ metric, ...rest }) => [keyOf(metric), rest]));
      let compared = 0;
      for (const one of series) {
        const want = expected(one);
        const key = keyOf(Object.fromEntries(Object.entries(one.labels).filter(([, value]) => value !== '')));
        expect(found.get(key), key).toEqual(want);
        compared += (one.samples?.length ?? 0) + (one.histograms?.length ?? 0);
      }
      expect(compared).toBe(points);
      expect(found.size).toBe(series.filter((one) => expected(one) !== undefined).length);
    },
  );

  it('takes the good parts of a request and names the bad ones', async () => {
    const address = winnow.addresses['otlp_http']!;
    const sample = [[END_S * 1000, '1']] as const;
    const answer = await remoteWrite(address, 2, [
      { labels: { __name__: 'good', a: 'b' }, samples: sample },
      { labels: { a: 'no name' }, samples: sample },
      { labels: { __name__: 'beyond' }, samples: [[9e15, '1']] },
      {
        labels: { __name__: 'broken' },
        histograms: [
          [END_S * 1000, { hint: 'unknown', schema: 3, zero_threshold: '0', zero_count: '0', count: '5', sum: '1', positive_spans: [[0, 1]], positive_buckets: ['4'] }], // prettier-ignore
        ],
      },
    ]);
    expect(answer.status).toBe(400);
    const text = await answer.text();
    expect(text).toContain('no metric name, got {a="no name"}');
    expect(text).toContain('beyond: time 9000000000000000 ms is out of bounds');
    expect(text).toContain('broken: 4 observations found in buckets, but the Count field is 5');
    expect(answer.headers.get('x-prometheus-remote-write-samples-written')).toBe('1');
    await winnow.settled();
    expect((await winnow.promql(`good{a="b"} @ ${END_S}`)).map(({ value }) => value[1])).toEqual(['1']);
  });

  it('takes it at the address of query, too, with the answers of the collector', async () => {
    const address = winnow.addresses['http']!;
    const sample = [[END_S * 1000, '7']] as const;
    const good = await remoteWrite(address, 2, [{ labels: { __name__: 'through_query' }, samples: sample }]);
    expect([good.status, good.headers.get('x-prometheus-remote-write-samples-written')]).toEqual([204, '1']);
    const bad = await remoteWrite(address, 1, [{ labels: { a: 'b' }, samples: sample }]);
    expect([bad.status, await bad.text()]).toEqual([400, 'no metric name, got {a="b"}\n']);
    await winnow.settled();
    expect((await winnow.promql(`through_query @ ${END_S}`)).map(({ value }) => value[1])).toEqual(['7']);
  });

  it('refuses what is no remote write request, and says what it is', async () => {
    const url = `http://${winnow.addresses['otlp_http']}/api/v1/write`;
    const post = async (headers: Record<string, string>, body = Buffer.from([0])): Promise<[number, string]> => {
      const answer = await fetch(url, { method: 'POST', headers, body });
      return [answer.status, await answer.text()];
    };
    const snappy = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
    expect((await fetch(url)).status).toBe(405);
    expect((await post({ ...snappy, 'content-type': 'application/json' }))[0]).toBe(415);
    expect((await post({ ...snappy, 'content-type': 'application/x-protobuf;proto=some.Other' }))[1]).toContain(
      'some.Other',
    );
    expect((await post({ ...snappy, 'content-encoding': 'gzip' }))[0]).toBe(415);
    expect((await post(snappy, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 1])))[0]).toBe(413); // a bomb
    expect((await post(snappy, Buffer.from([5, 1])))[0]).toBe(400);
    expect((await post(snappy, Buffer.from([2, 4, 0x0a, 0x7f])))[0]).toBe(400); // a series that is cut short
  });
});
