// Native histograms through the evaluator: selectors, aggregations, operators and what is noted beside the answer.
import { describe, expect, it } from 'vitest';
import { queryInstant, queryRange, prepare, DEFAULT_ENGINE_OPTIONS, type EngineOptions } from '#query/promql/engine.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';
import { histogramNotation } from '#query/promql/histogram/text.ts';
import { storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf([
  'h{i="a"} {{count:4 sum:6 buckets:[1 3]}}+{{count:4 sum:6 buckets:[1 3]}}x10',
  'h{i="b"} {{count:2 sum:2 buckets:[2]}}+{{count:2 sum:2 buckets:[2]}}x10',
  'custom{i="a"} {{schema:-53 count:3 sum:9 custom_values:[1 5] buckets:[1 1 1]}}x10',
  'custom{i="b"} {{schema:-53 count:3 sum:9 custom_values:[5 7] buckets:[1 1 1]}}x10',
  'gauge {{count:5 sum:5 buckets:[5] counter_reset_hint:gauge}} {{count:3 sum:3 buckets:[3] counter_reset_hint:gauge}}x10',
  'mixed 1 {{count:1 sum:1 buckets:[1]}} stale 3 {{count:2 sum:2 buckets:[2]}}',
  'f{i="a"} 1x10',
  'f{i="b"} 2x10',
]);
const SIGNAL = new AbortController().signal;

interface Answer {
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  readonly peak: number;
}

async function ask(query: string, minutes: number, overrides: Partial<EngineOptions> = {}): Promise<Answer> {
  const options = { ...DEFAULT_ENGINE_OPTIONS, features: ALL_FEATURES, ...overrides };
  const result = await queryInstant(store, prepare(query, ALL_FEATURES), minutes * 60_000, options, SIGNAL);
  const { data, annotations } = result;
  const series = data.type === 'vector' || data.type === 'matrix' ? data.series : [];
  const lines = series.map(({ labels, values, histograms }) => {
    const points = Array.from(values, (value, at) => {
      const histogram = histograms?.[at];
      return histogram === undefined ? String(value) : histogramNotation(histogram);
    });
    return `${labels.toString()} ${points.join(' ')}`;
  });
  return { lines, notes: [...annotations.all('warning'), ...annotations.all('info')], peak: result.peakSamples };
}

describe('selectors', () => {
  it('give the newest sample, of whichever kind, and none after a staleness marker', async () => {
    expect((await ask('mixed', 1)).lines).toEqual(['{__name__="mixed"} {{count:1 sum:1 buckets:[1]}}']);
    expect((await ask('mixed', 2)).lines).toEqual([]);
    expect((await ask('mixed', 3)).lines).toEqual(['{__name__="mixed"} 3']);
  });

  it('give both kinds of a range in one order of time', async () => {
    const { lines } = await ask('mixed[10m]', 4);
    expect(lines).toEqual(['{__name__="mixed"} 1 {{count:1 sum:1 buckets:[1]}} 3 {{count:2 sum:2 buckets:[2]}}']);
  });
});

describe('range functions', () => {
  it('take rates of counters bucket by bucket', async () => {
    const { lines, notes } = await ask('increase(h{i="a"}[5m])', 10);
    expect(lines).toEqual(['{i="a"} {{count:20 sum:30 counter_reset_hint:gauge buckets:[5 15]}}']);
    expect(notes).toEqual([]);
  });

  it('warn of gauges whose rate is asked for, and of counters whose delta is', async () => {
    expect((await ask('increase(gauge[5m])', 10)).notes).toEqual([
      'PromQL warning: this native histogram metric is not a counter: "gauge" (1:10)',
    ]);
    expect((await ask('delta(h{i="a"}[5m])', 10)).notes).toEqual([
      'PromQL warning: this native histogram metric is not a gauge: "h" (1:7)',
    ]);
  });

  it('leave out windows of both kinds where those do not go together, and count them where they do', async () => {
    expect(await ask('sum_over_time(mixed[10m])', 4)).toMatchObject({
      lines: [],
      notes: ['PromQL warning: encountered a mix of histograms and floats for metric name "mixed" (1:15)'],
    });
    expect((await ask('count_over_time(mixed[10m])', 4)).lines).toEqual(['{} 4']);
    expect(await ask('max_over_time(mixed[10m])', 4)).toMatchObject({
      lines: ['{} 3'],
      notes: [
        'PromQL info: ignored histograms in a range containing both floats and histograms for metric name "mixed" (1:15)',
      ],
    });
    expect((await ask('resets(mixed[10m])', 4)).lines).toEqual(['{} 3']);
  });
});

describe('aggregations', () => {
  it('sum and average histograms', async () => {
    expect((await ask('sum(h)', 0)).lines).toEqual(['{} {{count:6 sum:8 buckets:[3 3]}}']);
    expect((await ask('avg(h)', 0)).lines).toEqual(['{} {{count:3 sum:4 buckets:[1.5 1.5]}}']);
    expect((await ask('count(h)', 0)).lines).toEqual(['{} 2']);
  });

  it('keep the custom bounds that all have, with an info', async () => {
    expect(await ask('sum(custom)', 0)).toMatchObject({
      lines: ['{} {{schema:-53 count:6 sum:18 custom_values:[5] buckets:[3 3]}}'],
      notes: ['PromQL info: mismatched custom buckets were reconciled during aggregation (1:5)'],
    });
  });

  it('have no sum of floats and histograms, or of two kinds of buckets', async () => {
    expect(await ask('sum({__name__=~"f|h"})', 0)).toMatchObject({
      lines: [],
      notes: ['PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)'],
    });
    expect((await ask('sum({__name__=~"custom|h"})', 0)).notes[0]).toContain('exponential and custom buckets schemas');
  });

  it('order floats alone', async () => {
    expect(await ask('topk(5, {__name__=~"f|h"})', 0)).toMatchObject({
      lines: ['{__name__="f", i="b"} 2', '{__name__="f", i="a"} 1'],
      notes: ['PromQL info: ignored histogram in topk aggregation (1:1)'],
    });
    expect((await ask('limitk(3, h)', 0)).lines).toHaveLength(2);
    expect((await ask('count_values("v", h{i="b"})', 0)).lines).toEqual(['{v="{count:2, sum:2, (0.5,1]:2}"} 1']);
  });
});

describe('operators', () => {
  it('add, subtract, scale and compare histograms', async () => {
    expect((await ask('h + h', 0)).lines[0]).toContain('{{count:8 sum:12 buckets:[2 6]}}');
    expect((await ask('h{i="a"} - on() h{i="b"}', 0)).lines).toEqual([
      '{} {{count:2 sum:4 counter_reset_hint:gauge buckets:[-1 3]}}',
    ]);
    expect((await ask('2 * h{i="a"} / 4', 0)).lines).toEqual(['{i="a"} {{count:2 sum:3 buckets:[0.5 1.5]}}']);
    expect((await ask('h == h', 0)).lines).toHaveLength(2);
    expect((await ask('-h{i="b"}', 0)).lines).toEqual([
      '{i="b"} {{count:-2 sum:-2 counter_reset_hint:gauge buckets:[-2]}}',
    ]);
  });

  it('trim, and keep the name', async () => {
    expect((await ask('h{i="a"} </ 1', 0)).lines[0]).toMatch(/^\{__name__="h", i="a"\} \{\{count:1 /);
  });

  it('leave out what does not go together, with an info', async () => {
    expect(await ask('h{i="a"} + 1', 0)).toMatchObject({
      lines: [],
      notes: ['PromQL info: incompatible sample types encountered for binary operator "+": histogram + float (1:1)'],
    });
    expect((await ask('f + h', 0)).notes).toHaveLength(1);
  });

  it('fill in for missing partners', async () => {
    expect((await ask('f{i="a"} + on(i) fill(10) f{i="b"}', 0)).lines).toEqual(['{i="a"} 11', '{i="b"} 12']);
    expect((await ask('f{i="a"} + on(i) fill_right(5) f{i="b"}', 0)).lines).toEqual(['{i="a"} 6']);
  });
});

describe('one series of two operands', () => {
  it('has at each step what was there, a float or a histogram', async () => {
    const mixed = storeOf(['h {{count:1 sum:1 buckets:[1]}}x2', 'f 1 2 3', 'only_first 1 stale']);
    const query = '(h and on() only_first) or label_replace(f unless on() only_first, "__name__", "h", "", "")';
    const range = { startMs: 0, endMs: 120_000, stepMs: 60_000 };
    const { data } = await queryRange(mixed, prepare(query, ALL_FEATURES), range, DEFAULT_ENGINE_OPTIONS, SIGNAL);
    const [one] = data.type === 'matrix' ? data.series : [];
    expect(one?.histograms?.map((histogram) => histogram?.count)).toEqual([1, undefined, undefined]);
    expect(Array.from(one?.values ?? []).slice(1)).toEqual([2, 3]);
  });
});

describe('samples held', () => {
  it('are counted as Prometheus counts them: histograms by size, operands for each step', async () => {
    expect((await ask('f', 0)).peak).toBe(2);
    // Two operands of two, looked at together, and two results.
    expect((await ask('f + f', 0)).peak).toBe(2 + 2 + 4 + 2);
    expect((await ask('h{i="b"}', 0)).peak).toBe(12);
    expect((await ask('count_over_time(f[5m])', 10)).peak).toBe(5 + 1 + 1);
  });

  it('have a limit, which long ranges of few samples at a time do not meet', async () => {
    const limits = { ...DEFAULT_ENGINE_OPTIONS.limits, maxSamples: 8 };
    expect((await ask('count_over_time(f[5m])', 10, { limits })).lines).toHaveLength(2);
    await expect(ask('count_over_time(f[10m])', 10, { limits })).rejects.toMatchObject({ type: 'execution' });
  });
});
