// Matrices written in pieces are the same JSON as matrices written at once.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabelSet } from '#query/promql/labels.ts';
import { resultToJson } from '#query/api/prometheus/result-json.ts';
import { exponentialHistograms } from '#tests/support/random-histogram.ts';
import { matrixText } from '#query/api/prometheus/result-text.ts';

describe('matrixText', () => {
  it('joins to the whole answer', () => {
    const one = fc.record({ name: fc.string({ minLength: 1 }), values: fc.array(fc.double(), { maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 4 }), (list) => {
        const series = list.map(({ name, values }) => ({
          labels: LabelSet.from(Object.entries({ __name__: name })),
          timesMs: Float64Array.from(values, (_, at) => 1_435_781_451_781 + at * 1500),
          values: Float64Array.from(values),
        }));
        const text = [...matrixText({ series, extra: { stats: 1 }, envelope: { warnings: ['w'] } })].join('');
        expect(JSON.parse(text)).toEqual(
          JSON.parse(
            JSON.stringify({
              status: 'success',
              data: { ...resultToJson({ type: 'matrix', series }, 0).data, stats: 1 },
              warnings: ['w'],
            }),
          ),
        );
      }),
      { seed: 47 },
    );
  });

  it('writes floats and histograms of a series apart', () => {
    const points = fc.array(fc.oneof(fc.double(), exponentialHistograms), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(points, (list) => {
        const one = {
          labels: LabelSet.from([['__name__', 'h']]),
          timesMs: Float64Array.from(list, (_, at) => at * 1500),
          values: Float64Array.from(list, (point) => (typeof point === 'number' ? point : 0)),
          histograms: list.map((point) => (typeof point === 'number' ? undefined : point)),
        };
        const { data } = resultToJson({ type: 'matrix', series: [one] }, 0);
        const text = [...matrixText({ series: [one], extra: {}, envelope: {} })].join('');
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ status: 'success', data })));
        const floats = list.filter((point) => typeof point === 'number').length;
        const [written] = data.resultType === 'matrix' ? data.result : [];
        expect([written?.values?.length ?? 0, written?.histograms?.length ?? 0]).toEqual([
          floats,
          list.length - floats,
        ]);
      }),
      { seed: 48 },
    );
  });

  it('comes in pieces for a long series', () => {
    const series = [{ labels: LabelSet.empty, timesMs: new Float64Array(20_000), values: new Float64Array(20_000) }];
    const pieces = [...matrixText({ series, extra: {}, envelope: {} })];
    expect(pieces.length).toBeGreaterThan(4);
    expect(JSON.parse(pieces.join(''))).toMatchObject({ status: 'success', data: { resultType: 'matrix' } });
  });
});
