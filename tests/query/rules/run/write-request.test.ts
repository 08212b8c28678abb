// What rules write, read by the collector's own reader of remote write: every bit arrives.
import { expect, test } from 'vitest';
import { RemoteWriteTranslator } from '#collector/metrics/remote-write/translate.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { writeRequest } from '#query/rules/run/write-request.ts';

const labels = LabelSet.from([
  ['__name__', 'job:requests:rate5m'],
  ['job', 'a "b" \\ ü'],
]);
const TIME_MS = 1_767_225_600_123;

function read(samples: Parameters<typeof writeRequest>[0]) {
  const rows = new RemoteWriteTranslator().translate(writeRequest(samples), 2, TIME_MS);
  if (typeof rows === 'string') throw new Error(rows);
  return rows;
}

test('floats, markers and infinities arrive bit for bit, under one series each', () => {
  const values = [1.5, -0, Infinity, -Infinity, 5e-324, 'stale'] as const;
  const { samples, series, problems } = read(
    values.map((value, at) => ({ labels: labels.with('n', String(at)), timeMs: TIME_MS + at, value })),
  );
  expect(problems).toEqual([]);
  expect(samples.length).toBe(values.length);
  const words = new Uint32Array(2);
  const number = new Float64Array(words.buffer);
  for (const [at, value] of values.entries()) {
    const [hi, lo] = [samples.values[2 * at]!, samples.values[2 * at + 1]!];
    words.set([lo, hi]);
    expect(hi === 0x7ff00000 && lo === 2 ? 'stale' : number[0]).toBe(value);
    expect(samples.timesMs[at]).toBe(TIME_MS + at);
  }
  expect(series.map(({ name }) => name)).toEqual(values.map(() => 'job:requests:rate5m'));
  expect([...(series[0]?.labels ?? [])]).toEqual([
    ['job', 'a "b" \\ ü'],
    ['n', '0'],
  ]);
});

test.each([
  { schema: 3, customValues: [] },
  { schema: -53, customValues: [0.5, 1, 2.5, 10, 100] },
  { schema: -4, customValues: [] },
])('histograms of schema $schema arrive with gaps, hints and counts', ({ schema, customValues }) => {
  const isCustom = schema === -53;
  const histogram: FloatHistogram = {
    hint: 'gauge',
    schema,
    zeroThreshold: isCustom ? 0 : 0.001,
    zeroCount: isCustom ? 0 : 2,
    count: isCustom ? 7.5 : 10.5,
    sum: -3.25,
    positive: { indexes: [0, 1, 4], counts: [1.5, 2, 4] },
    negative: isCustom ? { indexes: [], counts: [] } : { indexes: [-7], counts: [1] },
    customValues,
  };
  const { histograms, problems } = read([{ labels, timeMs: TIME_MS, value: histogram }]);
  expect(problems).toEqual([]);
  expect(histograms).toHaveLength(1);
  const { hint, positive, negative, customBounds, count, zeroCount, zeroThreshold, timeMs } = histograms[0]!;
  expect({ hint, positive, negative, customBounds, count, zeroCount, zeroThreshold, timeMs }).toEqual({
    hint: 3,
    positive: histogram.positive,
    negative: histogram.negative,
    customBounds: customValues,
    count: histogram.count,
    zeroCount: histogram.zeroCount,
    zeroThreshold: histogram.zeroThreshold,
    timeMs: TIME_MS,
  });
  expect(histograms[0]!.schema).toBe(schema);
});
