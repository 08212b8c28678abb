// What the fuzz has found: the smallest queries that were answered wrongly, with the answer of Prometheus.
import { describe, expect, it } from 'vitest';
import { queryRange, prepare, DEFAULT_ENGINE_OPTIONS } from '#query/promql/engine.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';
import { instant, range, runInstant, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf([
  'm{job="a"} 1 2 3 4 5 6',
  'k NaN -Inf 2',
  'late _ _ _ 7',
  'h {{schema:0 count:2 sum:1 buckets:[1 1]}}x5',
  'mixed 1 {{schema:0 count:2 sum:1 buckets:[1 1]}} {{schema:-53 count:2 sum:1 custom_values:[1] buckets:[1 1]}}',
  'gauges {{schema:0 count:2 counter_reset_hint:gauge buckets:[1 1]}}x1 {{schema:-53 count:2 custom_values:[1] buckets:[1 1]}} {{schema:0 count:2 buckets:[1 1]}}',
]);

async function notes(query: string, seconds: number): Promise<string[]> {
  const { annotations } = await runInstant(store, query, seconds);
  return [...annotations.all('warning'), ...annotations.all('info')].map((text) => text.replace(/ \(\d+:\d+\)$/, ''));
}

async function rangeWarnings(query: string, from: number, to: number, step: number): Promise<string[]> {
  const { annotations } = await queryRange(
    store,
    prepare(query, ALL_FEATURES),
    { startMs: from * 1000, endMs: to * 1000, stepMs: step * 1000 },
    { ...DEFAULT_ENGINE_OPTIONS, features: ALL_FEATURES },
    new AbortController().signal,
  );
  return annotations.all('warning').map((text) => text.replace(/ \(\d+:\d+\)$/, ''));
}

const QUANTILE = 'PromQL warning: quantile value should be between 0 and 1, got';

describe('what the fuzz has found', () => {
  it('wrong factors of smoothing are refused where there are only histograms; factors that are no numbers are not refused', async () => {
    await expect(instant(store, 'double_exponential_smoothing(h[5m], 1, 0.3)', 300)).rejects.toThrow(
      'invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000',
    );
    expect(await instant(store, 'double_exponential_smoothing(m[5m], NaN, 0.3)', 300)).toEqual(['{job="a"} NaN']);
  });

  it('infinities win over what is no number in min_of and max_of', async () => {
    expect(await instant(store, 'min_of(NaN, -Inf)', 0)).toEqual(['-Inf']);
    expect(await instant(store, 'max_of(Inf, NaN)', 0)).toEqual(['+Inf']);
    expect(await instant(store, 'max_of(1, NaN)', 0)).toEqual(['NaN']);
  });

  it('beside a quantile that is no number only infinite ones are warned of', async () => {
    expect(await rangeWarnings('quantile(scalar(k), m)', 0, 120, 120)).toEqual([`${QUANTILE} NaN`]);
    expect(await rangeWarnings('quantile(scalar(k), m)', 0, 60, 60)).toEqual([`${QUANTILE} NaN`, `${QUANTILE} -Inf`]);
  });

  it('topk refuses a number of series below those of 64 bits, but not where nothing is chosen', async () => {
    await expect(range(store, 'topk(scalar(k), m)', 60, 120, 60)).rejects.toThrow('Scalar value -Inf underflows int64');
    expect(await range(store, 'topk(scalar(k), m)', 60, 60, 60)).toEqual([]);
    await expect(range(store, 'topk(scalar(k), m)', 0, 60, 60)).rejects.toThrow('Parameter value is NaN');
  });

  it('a smoothed range has its edges even where all samples lie behind it', async () => {
    expect(await instant(store, 'late[1m] smoothed', 120)).toEqual(['{__name__="late"} 7 7']);
  });

  it('timestamps of smoothed selectors are those of samples', async () => {
    expect(await instant(store, 'timestamp(m smoothed)', 90)).toEqual(['{job="a"} 60']);
  });

  it('timestamps of pinned selectors are those of samples that both times can see', async () => {
    expect(await instant(store, 'timestamp(m @ 120 offset 1m)', 300)).toEqual(['{job="a"} 60']);
    expect(await instant(store, 'timestamp(m @ 120 offset -1m)', 300)).toEqual(['{job="a"} 120']);
    expect(await instant(store, 'timestamp(m @ 300 offset 5m)', 300)).toEqual([]);
    expect(await instant(store, 'm @ 120 offset 1m', 300)).toEqual(['{__name__="m", job="a"} 2']);
  });

  it('a range of one point in time has no step', async () => {
    expect(await range(store, 'vector(step())', 60, 60, 30)).toEqual(['{} 60:0']);
    expect(await range(store, 'vector(step())', 60, 90, 30)).toEqual(['{} 60:30 90:30']);
    expect(await range(store, 'm offset (step() * 2)', 60, 60, 30)).toEqual(['{__name__="m", job="a"} 60:1']);
  });

  it('what is absent has a label that is first matched by pattern and then by text', async () => {
    expect(await instant(store, 'absent(no{job=~"a|b",job="a"})', 0)).toEqual(['{job="a"} 1']);
    expect(await instant(store, 'absent(no{job="a",job=~"a|b"})', 0)).toEqual(['{} 1']);
  });

  it('values are counted together where their label is left out', async () => {
    expect(await instant(store, 'count_values without (job) ("job", m)', 60)).toEqual(['{} 1']);
  });

  it('where samples do not go together one thing is said about it', async () => {
    const mixture = 'PromQL warning: encountered a mix of histograms and floats for metric name "mixed"';
    expect(await notes('sum_over_time(mixed[5m])', 120)).toEqual([mixture]);
    const schemas =
      'PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "gauges"';
    expect(await notes('rate(gauges[5m])', 180)).toEqual([schemas]);
  });

  it('what is pinned to one time is sorted, whatever the range', async () => {
    expect(await rangeWarnings('sort(m @ 0)', 0, 30, 60)).toEqual([]);
  });

  it('a sub-query without a step says nothing', async () => {
    expect(await notes('sort(m)[1m:3m]', 170)).toEqual([]);
    expect(await notes('limit_ratio(0.5, m)[1m:3m]', 170)).toEqual([]);
  });

  it('whether a name is removed later is said by the first of two series with equal labels', async () => {
    const series = storeOf(['n{a="1"} 2 _ _', 'n{a="2"} _ 1 1']);
    const options = { delayedNameRemoval: true, lookbackMs: 60_000 };
    expect(await range(series, 'n{a="1"} or (n{a="1"} offset 1m * 0 + 3)', 0, 60, 60, options)).toEqual([
      '{__name__="n", a="1"} 0:2 60:3',
    ]);
    expect(await range(series, 'n{a="1"} or abs(n{a="1"} offset 1m)', 0, 60, 60, options)).toEqual([
      '{__name__="n", a="1"} 0:2 60:2',
    ]);
  });

  it('equal labels at one time are no error as long as names are removed later', async () => {
    const delayed = { delayedNameRemoval: true };
    expect(await instant(store, '(m or histogram_quantiles(h, "q", 0.5, 0.5)) >/ 0', 0, delayed)).toEqual([]);
  });

  it('equal labels are refused at every step, also where names are removed later', async () => {
    const delayed = { delayedNameRemoval: true };
    await expect(range(store, 'sum(histogram_quantiles(h, "q", 0.5, 0.5))', 0, 60, 60, delayed)).rejects.toThrow(
      'vector cannot contain metrics with the same labelset',
    );
  });
});
