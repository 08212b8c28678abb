// OTLP metrics to Prometheus' model: names, labels, values, and what happens over time.
import { beforeEach, describe, expect, it } from 'vitest';
import { MetricsTranslator, type TranslatedMetrics } from '#collector/metrics/metrics-translator.ts';
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import { WireWriter } from '#proto/wire/writer.ts';
import { metricsRequestSchema } from '#proto/otlp/schema.ts';
import { recordedRequests, recordedSummary } from '#tests/support/recorded-requests.ts';
import { describeWithData } from '#tests/support/shared-data.ts';

const NOW_MS = 1_700_000_000_000;
const NS = '000000';
const attribute = (key: string, value: string | number): object => ({
  key,
  value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
});
const point = (value: number, seconds = 0, more: object = {}): object => ({
  asDouble: value,
  startTimeUnixNano: `${NOW_MS - 1000}${NS}`,
  timeUnixNano: `${NOW_MS + seconds * 1000}${NS}`,
  ...more,
});

let translator: MetricsTranslator;
beforeEach(() => (translator = new MetricsTranslator()));

function translate(metrics: object | object[], resource: object[] = [], nowMs = NOW_MS): TranslatedMetrics {
  const request = {
    resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics: [metrics].flat() }] }],
  };
  const result = translator.translate(
    jsonToProtobuf(metricsRequestSchema, Buffer.from(JSON.stringify(request)), 1e6),
    nowMs,
  );
  if (typeof result === 'string') throw new Error(result);
  return result;
}

/** `name{a="b"} value` of every sample whose series is known from these results. */
const namesById = new Map<string, string>();
function samplesOf(result: TranslatedMetrics): string[] {
  for (const { idHi, idLo, name, labels } of result.series) {
    namesById.set(`${idHi}/${idLo}`, `${name}{${[...labels].map(([key, value]) => `${key}="${value}"`).join(',')}}`);
  }
  return result.samples.map(
    ({ idHi, idLo, value, stale }) => `${namesById.get(`${idHi}/${idLo}`)} ${stale ? 'stale' : value}`,
  );
}

const gauge = (name: string, unit: string, ...points: object[]): object => ({
  name,
  unit,
  gauge: { dataPoints: points },
});
const sum = (name: string, unit: string, temporality: number, isMonotonic: boolean, ...points: object[]): object => ({
  name,
  unit,
  sum: { aggregationTemporality: temporality, isMonotonic, dataPoints: points },
});

describe('names and labels', () => {
  it('carry unit and type, job and instance, and the resource goes to target_info', () => {
    const result = translate(
      [
        sum(
          'http.requests',
          '{request}',
          2,
          true,
          point(5, 0, { attributes: [attribute('http.method', 'GET'), attribute('9x', 1), attribute('empty', '')] }),
        ),
        gauge('cpu', '1', point(0.5)),
      ],
      [
        attribute('service.name', 'shop'),
        attribute('service.namespace', 'eu'),
        attribute('service.instance.id', 'i-1'),
        attribute('host.name', 'h'),
      ],
    );
    expect(samplesOf(result)).toEqual([
      'http_requests_total{http_method="GET",instance="i-1",job="eu/shop",key_9x="1"} 5',
      'cpu_ratio{instance="i-1",job="eu/shop"} 0.5',
      'target_info{host_name="h",instance="i-1",job="eu/shop"} 1',
    ]);
    expect(result.series.map(({ kind }) => kind)).toEqual(['counter', 'gauge', 'info']);
    expect([result.points, result.rejected]).toEqual([2, 0]);
  });

  it('of keys that become one label join their values in the order of the keys', () => {
    expect(
      samplesOf(
        translate(gauge('g', '', point(1, 0, { attributes: [attribute('a_b', 'second'), attribute('a.b', 'first')] }))),
      ),
    ).toEqual(['g{a_b="first;second"} 1']);
  });

  it('give the same id to the same series, and its row is written again only after a while', () => {
    const one = gauge('g', 's', point(1, 0, { attributes: [attribute('a', 'x'), attribute('b', 'y')] }));
    const other = gauge('g', 's', point(2, 1, { attributes: [attribute('b', 'y'), attribute('a', 'x')] }));
    const first = translate(one);
    const second = translate(other, [], NOW_MS + 60_000);
    expect(second.series).toEqual([]);
    expect([second.samples[0]!.idHi, second.samples[0]!.idLo]).toEqual([first.series[0]!.idHi, first.series[0]!.idLo]);
    expect(translate(one, [], NOW_MS + 600_000).series).toHaveLength(1);
  });
});

describe('sums', () => {
  it('that are cumulative keep value and start', () => {
    const { samples } = translate(sum('n', '', 2, true, point(5)));
    expect(samples[0]).toMatchObject({ value: 5, tsMs: NOW_MS, startMs: NOW_MS - 1000, stale: false });
  });

  it('that are not monotonic are gauges', () => {
    const { series, samples } = translate(sum('queue', '', 2, false, point(5)));
    expect([series[0]!.name, series[0]!.kind, samples[0]!.startMs]).toEqual(['queue', 'gauge', 0]);
  });

  it('that are deltas add up, per series, and a delta that comes again is refused', () => {
    const values = [3, 4, 5].map((value, i) => translate(sum('n', '', 1, true, point(value, i))).samples[0]!);
    expect(values.map(({ value }) => value)).toEqual([3, 7, 12]);
    expect(new Set(values.map(({ startMs }) => startMs)).size).toBe(1);
    const again = translate(sum('n', '', 1, true, point(5, 2)));
    expect([again.samples.length, again.rejected]).toEqual([0, 1]);
    expect(again.message).toMatch(/"n": a delta is older/);
    expect(translate(sum('n', '', 1, true, point(1, 0, { attributes: [attribute('a', 'b')] }))).samples[0]!.value).toBe(
      1,
    );
  });
});

describe('histograms', () => {
  const histogram = (temporality: number, ...points: object[]): object => ({
    name: 'latency',
    unit: 'ms',
    histogram: { aggregationTemporality: temporality, dataPoints: points },
  });
  const counts = (bucketCounts: number[], explicitBounds: number[], seconds = 0, more: object = {}): object => ({
    startTimeUnixNano: `${NOW_MS - 1000}${NS}`,
    timeUnixNano: `${NOW_MS + seconds * 1000}${NS}`,
    count: bucketCounts.reduce((a, b) => a + b, 0),
    sum: 42.5,
    bucketCounts,
    explicitBounds,
    ...more,
  });

  it('become cumulative buckets, a sum and a count', () => {
    expect(samplesOf(translate(histogram(2, counts([1, 2, 3], [0.5, 10]))))).toEqual([
      'latency_milliseconds_bucket{le="0.5"} 1',
      'latency_milliseconds_bucket{le="10"} 3',
      'latency_milliseconds_bucket{le="+Inf"} 6',
      'latency_milliseconds_sum{} 42.5',
      'latency_milliseconds_count{} 6',
    ]);
  });

  it('of deltas add up, and begin anew when their bounds change', () => {
    translate(histogram(1, counts([1, 2, 3], [0.5, 10])));
    const second = translate(histogram(1, counts([1, 0, 1], [0.5, 10], 1)));
    expect(second.samples.map(({ value }) => value)).toEqual([2, 4, 8, 85, 8]);
    const changed = translate(histogram(1, counts([1, 1], [7], 2)));
    expect(changed.samples.map(({ value }) => value)).toEqual([1, 2, 42.5, 2]);
  });

  it.each([
    ['bucket counts that do not fit the bounds', counts([1, 2], [1, 2])],
    ['bounds that do not rise', counts([1, 1, 1], [2, 1])],
    [
      'too many buckets',
      counts(
        Array.from({ length: 1026 }, () => 0),
        Array.from({ length: 1025 }, (_, i) => i),
      ),
    ],
  ])('with %s are rejected with a reason', (_name, bad) => {
    const result = translate(histogram(2, bad));
    expect([result.samples.length, result.points, result.rejected]).toEqual([0, 1, 1]);
    expect(result.message).toContain('"latency"');
  });

  it('that are exponential are served at powers of two, exactly', () => {
    // Scale 1: bucket i covers (√2^i, √2^(i+1)].
    const data = {
      startTimeUnixNano: `${NOW_MS}${NS}`,
      timeUnixNano: `${NOW_MS}${NS}`,
      count: 21,
      sum: 3,
      scale: 1,
      zeroCount: 1,
      positive: { offset: -2, bucketCounts: [2, 3, 4, 5] },
      negative: { offset: 0, bucketCounts: [6] },
    };
    const result = translate({
      name: 'e',
      unit: '',
      exponentialHistogram: { aggregationTemporality: 2, dataPoints: [data] },
    });
    expect(samplesOf(result)).toEqual([
      'e_bucket{le="-1"} 6',
      'e_bucket{le="0"} 7',
      'e_bucket{le="1"} 12',
      'e_bucket{le="2"} 21',
      'e_bucket{le="+Inf"} 21',
      'e_sum{} 3',
      'e_count{} 21',
    ]);
  });

  it('put an exemplar at the bucket of its value, when it leads to a trace', () => {
    const exemplar = {
      timeUnixNano: `${NOW_MS + 5}${NS}`,
      asDouble: 3,
      traceId: '0123456789abcdef0123456789abcdef',
      spanId: '0011223344556677',
      filteredAttributes: [attribute('user', 'u')],
    };
    const result = translate(histogram(2, counts([1, 2, 3], [0.5, 10], 0, { exemplars: [exemplar, { asDouble: 1 }] })));
    expect(result.exemplars).toHaveLength(1);
    const [kept] = result.exemplars;
    expect([kept!.idHi, kept!.idLo]).toEqual([result.samples[1]!.idHi, result.samples[1]!.idLo]);
    expect([
      Buffer.from(kept!.traceId).toString('hex'),
      Buffer.from(kept!.spanId).toString('hex'),
      kept!.value,
      kept!.tsMs,
    ]).toEqual(['0123456789abcdef0123456789abcdef', '0011223344556677', 3, NOW_MS + 5]);
    expect([...kept!.labels]).toEqual([['user', 'u']]);
  });
});

it('a summary has its quantiles, sum and count', () => {
  const data = {
    timeUnixNano: `${NOW_MS}${NS}`,
    count: 10,
    sum: 5,
    quantileValues: [
      { quantile: 0.5, value: 0.4 },
      { quantile: 0.99, value: 2 },
    ],
  };
  expect(samplesOf(translate({ name: 'rpc', unit: 's', summary: { dataPoints: [data] } }))).toEqual([
    'rpc_seconds{quantile="0.5"} 0.4',
    'rpc_seconds{quantile="0.99"} 2',
    'rpc_seconds_sum{} 5',
    'rpc_seconds_count{} 10',
  ]);
});

it('a point without a recorded value ends its series', () => {
  expect(samplesOf(translate(gauge('g', '', { timeUnixNano: `${NOW_MS}${NS}`, flags: 1 })))).toEqual(['g{} stale']);
});

it('points without value, name, data or temporality are rejected and counted', () => {
  const result = translate([
    gauge('g', '', { timeUnixNano: '1' }),
    gauge('', '', point(1)),
    sum('s', '', 0, true, point(1)),
    { name: 'nothing' },
  ]);
  expect([result.points, result.rejected, result.samples.length]).toEqual([3, 3, 0]);
});

it('a request that would take too much memory as objects is refused', () => {
  const points = Buffer.concat(Array.from({ length: 600_000 }, () => Buffer.from([0x0a, 0x00])));
  const request = [0x2a, 0x12, 0x12, 0x0a].reduce((inner, tag) => {
    const writer = new WireWriter(inner.length + 16);
    writer.bytesField(tag >> 3, inner);
    return Buffer.from(writer.finish());
  }, points);
  expect(translator.translate(request, NOW_MS)).toMatch(/more than 500000 messages.*smaller batches/);
});

it('bytes that are no metrics request are refused with the place', () => {
  expect(translator.translate(Buffer.from([0x0a, 0x05, 1]), NOW_MS)).toMatch(
    /ExportMetricsServiceRequest: length runs off the end at byte 1/,
  );
});

describeWithData('recorded SDK metrics', () => {
  it.each(['python-http-none', 'go-http-none', 'node-http-none', 'collector-http-none'])(
    'of %s are all points taken, all of their values finite or said so',
    (set) => {
      let points = 0;
      for (const request of recordedRequests(`${set}.jsonl.gz`)) {
        if (request.method_or_path !== '/v1/metrics' || request.answer !== 'ok') continue;
        const result = translator.translate(request.body, NOW_MS);
        if (typeof result === 'string') throw new Error(result);
        points += result.points;
        expect([result.rejected, result.message]).toEqual([0, '']);
        for (const sample of result.samples) expect(sample.tsMs).toBeGreaterThan(1_600_000_000_000);
        for (const series of result.series) expect(series.name).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
      }
      expect(points).toBe(recordedSummary()[`${set}.jsonl.gz`]!.points);
    },
  );
});
