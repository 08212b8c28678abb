// Requests of remote write to rows: random series by both versions beside what they were made of, labels as Prometheus takes them, and bad parts.
import { describe, expect, it } from 'vitest';
import { RemoteWriteTranslator, type RemoteWriteRows } from '#collector/metrics/remote-write/translate.ts';
import { seriesIdOf } from '#collector/metrics/series-ids.ts';
import { Random } from '#tests/simulation/random.ts';
import { writeRequestV1, writeRequestV2, type WrittenSeries } from '#tests/support/remote-write.ts';

const NOW_MS = 1_800_000_000_000;
const VERSIONS = [1, 2] as const;

function encode(version: 1 | 2, series: readonly WrittenSeries[]): Uint8Array {
  return version === 1 ? writeRequestV1(series) : writeRequestV2(series);
}

function rowsOf(
  version: 1 | 2,
  series: readonly WrittenSeries[],
  translator = new RemoteWriteTranslator(),
  nowMs = NOW_MS,
): RemoteWriteRows {
  const rows = translator.translate(encode(version, series), version, nowMs);
  if (typeof rows === 'string') throw new Error(rows);
  return rows;
}

/** Samples as text: id, time, value, start. */
function samplesOf({ samples }: RemoteWriteRows): string[] {
  const view = new DataView(new ArrayBuffer(8));
  return Array.from({ length: samples.length }, (_, at) => {
    view.setUint32(0, samples.values[2 * at]!);
    view.setUint32(4, samples.values[2 * at + 1]!);
    const id = `${samples.ids[2 * at]}:${samples.ids[2 * at + 1]}`;
    return `${id} ${samples.timesMs[at]} ${view.getBigUint64(0).toString(16)} ${samples.startTimesMs[at]}`;
  });
}

function bitsOf(text: string): string {
  if (text === 'stale') return '7ff0000000000002';
  const number = text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
  return new BigUint64Array(Float64Array.of(number).buffer)[0]!.toString(16);
}

function expectedSamples(version: 1 | 2, series: readonly WrittenSeries[]): string[] {
  return series.flatMap(({ labels, samples = [], startMs = 0 }) => {
    const { __name__: name = '', ...rest } = labels;
    const kept = Object.entries(rest)
      .filter(([, value]) => value !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const { idHi, idLo } = seriesIdOf(name, new Map(kept));
    return samples.map(([ms, value]) => `${idHi}:${idLo} ${ms} ${bitsOf(value)} ${version === 2 ? startMs : 0}`);
  });
}

function randomText(random: Random): string {
  const texts = ['a', 'route', 'été', '名前', '', 'x'.repeat(300), 'a"b\\c\n', '\u0000nul', 'service.name', '😀'];
  return random.pick(texts) + (random.chance(0.5) ? String(random.whole(0, 20)) : '');
}

function randomSeries(random: Random): WrittenSeries {
  const labels: Record<string, string> = { __name__: `metric_${random.whole(0, 30)}` };
  for (let left = random.whole(0, 8); left > 0; left--)
    labels[`l${random.whole(0, 9)}${randomText(random)}`] = randomText(random);
  const values = ['0', '-0', '1.5', '+Inf', '-Inf', 'NaN', 'stale', '1e300', '5e-324'];
  const samples = Array.from({ length: random.whole(0, 5) }, (_, at) => [at * 1000 + random.whole(0, 2 ** 41), random.pick(values)] as const); // prettier-ignore
  return { labels, samples, ...(random.chance(0.3) && { startMs: random.whole(1, 2 ** 40) }) };
}

describe.each(VERSIONS)('remote write %i.0', (version) => {
  it.each(Array.from({ length: 30 }, (_, seed) => seed))('takes every sample as it is (seed %i)', (seed) => {
    const random = new Random(seed, 'remote write');
    const translator = new RemoteWriteTranslator();
    const series = Array.from({ length: 20 }, () => randomSeries(random));
    // Again and in another order: their labels are known then.
    for (const some of [series, series.toReversed(), series.slice(3, 9)]) {
      const rows = rowsOf(version, some, translator);
      expect(rows.problems).toEqual([]);
      expect(samplesOf(rows)).toEqual(expectedSamples(version, some));
      expect(rows.points).toBe(some.reduce((sum, one) => sum + (one.samples?.length ?? 0), 0));
    }
  });

  it('writes the row of a series when it is new, in another time, or old', () => {
    const translator = new RemoteWriteTranslator();
    const at = (ms: number, nowMs = NOW_MS): unknown[] =>
      rowsOf(version, [{ labels: { __name__: 'm', b: '2', a: '1', none: '' }, samples: [[ms, '1']] }], translator, nowMs).series; // prettier-ignore
    const row = { name: 'm', labels: new Map([['a', '1'], ['b', '2']]), kind: '', unit: '', help: '' }; // prettier-ignore
    expect(at(5_000_000)).toMatchObject([{ ...row, firstSeenMs: 5_000_000, lastSeenMs: 5_000_000 }]);
    expect(at(5_060_000)).toEqual([]);
    expect(at(4_000_000)).toMatchObject([{ firstSeenMs: 4_000_000, lastSeenMs: 5_000_000 }]);
    expect(at(9_000_000)).toMatchObject([{ firstSeenMs: 4_000_000, lastSeenMs: 9_000_000 }]);
    expect(at(9_000_001, NOW_MS + 600_000)).toMatchObject([{ lastSeenMs: 9_000_001 }]);
  });

  it('knows what a metric is from its metadata, also where that comes later', () => {
    const translator = new RemoteWriteTranslator();
    const labels = { __name__: 'calls_total' };
    expect(rowsOf(version, [{ labels, samples: [[1, '1']] }], translator).series).toMatchObject([{ kind: '' }]);
    const metadata = { type: 'counter', help: 'Calls.', unit: 'calls' };
    rowsOf(version, [{ labels, metadata, samples: [] }], translator);
    const later = rowsOf(version, [{ labels, samples: [[2, '1']], ...(version === 2 && { metadata }) }], translator);
    expect(later.series).toMatchObject([{ kind: 'counter', help: 'Calls.', unit: 'calls' }]);
    expect(rowsOf(version, [{ labels, samples: [[3, '1']] }], translator).series).toEqual([]);
  });

  it('takes native histograms, of integers and of floats alike', () => {
    const histogram = {
      hint: 'gauge', schema: 2, zero_threshold: '0.001', zero_count: '3', count: '16', sum: '-2.5',
      positive_spans: [[-3, 2], [4, 1]], positive_buckets: ['1', '5', '2'], negative_spans: [[1, 1]], negative_buckets: ['5'],
    } as const; // prettier-ignore
    for (const asFloats of [false, true]) {
      const { histograms } = rowsOf(version, [{ labels: { __name__: 'h' }, histograms: [[7, histogram]], asFloats }]);
      expect(histograms).toMatchObject([
        {
          timeMs: 7, hint: 3, schema: 2, zeroThreshold: 0.001, zeroCount: 3, count: 16,
          positive: { indexes: [-3, -2, 3], counts: [1, 5, 2] }, negative: { indexes: [1], counts: [5] }, customBounds: [],
        },
      ]); // prettier-ignore
    }
  });

  it('reduces a resolution that PromQL does not know', () => {
    const histogram = {
      hint: 'unknown', schema: 10, zero_threshold: '0', zero_count: '0', count: '10', sum: '1',
      positive_spans: [[1, 5]], positive_buckets: ['1', '2', '3', '1', '3'],
    } as const; // prettier-ignore
    const { histograms } = rowsOf(version, [{ labels: { __name__: 'h' }, histograms: [[7, histogram]] }]);
    expect(histograms).toMatchObject([{ schema: 8, positive: { indexes: [1, 2], counts: [7, 3] } }]);
  });

  it.each([
    [{ count: '5' }, '4 observations found in buckets, but the Count field is 5'],
    [{ schema: 53 }, 'invalid schema'],
    [{ positive_spans: [[0, 2]] as const }, 'spans need 2 buckets, have 1 buckets'],
    [{ positive_spans: [[0, 0], [-1, 1]] as const }, 'span has a negative offset'], // prettier-ignore
    [{ positive_buckets: ['-4'] }, 'must not be negative'],
    [{ schema: -53, custom_values: [2, 1] }, 'bounds must ascend'],
    [{ schema: -53, custom_values: [1, Infinity] }, '+Inf bound must not be'],
    [{ schema: -53, custom_values: [1], positive_spans: [[2, 1]] as const }, 'only 1 custom bounds'],
    [{ custom_values: [1] }, 'must not have custom bounds'],
  ])('refuses a histogram with %o by name', (wrong, message) => {
    const right = {
      hint: 'unknown', schema: 0, zero_threshold: '0', zero_count: '0', count: '4', sum: '1', positive_spans: [[0, 1]], positive_buckets: ['4'],
    } as const; // prettier-ignore
    const rows = rowsOf(version, [{ labels: { __name__: 'h' }, histograms: [[7, { ...right, ...wrong }], [8, right]] }]); // prettier-ignore
    expect(rows.problems).toHaveLength(1);
    expect(rows.problems[0]).toContain(message);
    expect([rows.points, rows.refused.histograms, rows.histograms.length]).toEqual([2, 1, 1]);
  });

  it('separates ids of trace and span from the other labels of an exemplar', () => {
    const exemplar = {
      labels: { trace_id: '0102030405060708090a0b0c0d0e0f10', span_id: 'not hex', user: 'u' },
      value: 0.5,
      timeMs: 9,
    };
    const { exemplars } = rowsOf(version, [{ labels: { __name__: 'm' }, samples: [[9, '1']], exemplars: [exemplar] }]);
    expect(exemplars).toMatchObject([{ tsMs: 9, value: 0.5, labels: new Map([['span_id', 'not hex'], ['user', 'u']]) }]); // prettier-ignore
    expect(Buffer.from(exemplars[0]!.traceId).toString('hex')).toBe('0102030405060708090a0b0c0d0e0f10');
  });

  it('never throws, whatever bytes come', () => {
    const random = new Random(7, 'damage');
    const whole = encode(
      version,
      Array.from({ length: 5 }, () => randomSeries(random)),
    );
    for (let round = 0; round < 3000; round++) {
      const damaged = Uint8Array.from(whole);
      for (let hits = random.whole(1, 4); hits > 0; hits--)
        damaged[random.whole(0, whole.length - 1)] = random.whole(0, 255);
      const rows = new RemoteWriteTranslator().translate(
        damaged.subarray(0, random.whole(0, whole.length)),
        version,
        NOW_MS,
      );
      const { samples, points } = typeof rows === 'string' ? { samples: [], points: 0 } : rows;
      expect(samples.length).toBeLessThanOrEqual(points);
    }
  });
});

describe('labels', () => {
  it('that stand twice, without a name, or referring to nothing are refused', () => {
    const v1 = (fields: readonly (readonly [string, string])[]): Uint8Array => {
      const bytes = writeRequestV1([{ labels: Object.fromEntries(fields.map(([name, value], at) => [`${at}`.padStart(name.length, '~'), value])), samples: [[1, '1']] }]); // prettier-ignore
      const text = Buffer.from(bytes).toString('latin1');
      return Buffer.from(fields.reduce((all, [name], at) => all.replace(`${at}`.padStart(name.length, '~'), name), text), 'latin1'); // prettier-ignore
    };
    const twice = new RemoteWriteTranslator().translate(v1([['__name__', 'm'], ['label', '1'], ['label', '2']]), 1, NOW_MS); // prettier-ignore
    expect(twice).toMatchObject({ problems: [expect.stringContaining('duplicate label with name "label"')] });
    const none = new RemoteWriteTranslator().translate(v1([['label', '1']]), 1, NOW_MS);
    expect(none).toMatchObject({ problems: [expect.stringContaining('no metric name')] });
    const v2 = Buffer.from(writeRequestV2([{ labels: { __name__: 'm' }, samples: [[1, '1']] }]));
    const nowhere = Buffer.from(v2.toString('latin1').replace('\u000a\u0002\u0001\u0002', '\u000a\u0002\u0001\u0009'), 'latin1'); // prettier-ignore
    expect(new RemoteWriteTranslator().translate(nowhere, 2, NOW_MS)).toMatchObject({
      refused: { samples: 1 },
      problems: [expect.stringContaining('symbols that are not there')],
    });
  });
});
