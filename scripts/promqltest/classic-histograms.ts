// What `load_with_nhcb` adds: classic histograms (`_bucket`, `_count`, `_sum`) as native histograms with custom buckets.
import { CUSTOM_BUCKETS_SCHEMA } from '#query/promql/histogram/bounds.ts';
import { compact, EMPTY_HISTOGRAM, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { BUCKET_LABEL, METRIC_NAME, type LabelSet } from '#query/promql/labels.ts';
import { readNumber } from '#query/promql/syntax/read-number.ts';
import type { LoadedSeries } from './script.ts';

/** What is known of one histogram at one time. */
interface Parts {
  readonly counts: Map<number, number>;
  count: number | undefined;
  sum: number;
}

interface Base {
  readonly labels: LabelSet;
  /** By the place of the value in its series. */
  readonly parts: Map<number, Parts>;
}

function boundOf(text: string): number | undefined {
  const negative = text.startsWith('-');
  const read = readNumber(text.replace(/^[+-]/, ''));
  if ('error' in read || Number.isNaN(read.value)) return undefined;
  return negative ? -read.value : read.value;
}

function toNative({ counts, count: total, sum }: Parts): FloatHistogram {
  const bounds = [...counts.keys()].sort((a, b) => a - b);
  const last = bounds.at(-1);
  const count = total ?? (last === undefined ? 0 : (counts.get(last) ?? 0));
  const cumulative = bounds.map((bound) => counts.get(bound) ?? 0);
  if (last !== Infinity) cumulative.push(count);
  for (const [at, value] of cumulative.entries()) {
    if (!(value >= 0)) throw new Error('bucket count must be non-negative');
    if (at > 0 && value < cumulative[at - 1]!) throw new Error('count is not cumulative');
  }
  if (cumulative.at(-1) !== count) throw new Error(`count mismatch: count=${count} != ${cumulative.at(-1)}`);
  return compact({
    ...EMPTY_HISTOGRAM,
    schema: CUSTOM_BUCKETS_SCHEMA,
    count,
    sum,
    customValues: bounds.filter((bound) => bound !== Infinity),
    positive: {
      indexes: cumulative.map((_, at) => at),
      counts: cumulative.map((value, at) => value - (cumulative[at - 1] ?? 0)),
    },
  });
}

/** The native series of all classic ones. Throws where their counts contradict each other. */
export function nativeSeries(series: readonly LoadedSeries[]): LoadedSeries[] {
  const bases = new Map<string, Base>();
  for (const { labels, values } of series) {
    const match = /^(.*)_(bucket|count|sum)$/s.exec(labels.get(METRIC_NAME));
    if (match === null) continue;
    const [, name = '', part] = match;
    const bound = part === 'bucket' ? boundOf(labels.get(BUCKET_LABEL)) : undefined;
    if (part === 'bucket' && bound === undefined) continue;
    const baseLabels = labels.without(BUCKET_LABEL).with(METRIC_NAME, name);
    const base = bases.get(baseLabels.key) ?? { labels: baseLabels, parts: new Map<number, Parts>() };
    bases.set(baseLabels.key, base);
    for (const [at, value] of values.entries()) {
      if (value.kind !== 'float' && value.kind !== 'stale') continue;
      const parts = base.parts.get(at) ?? { counts: new Map<number, number>(), count: undefined, sum: 0 };
      base.parts.set(at, parts);
      const number = value.kind === 'float' ? value.value : NaN;
      if (bound !== undefined) parts.counts.set(bound, number);
      else if (part === 'count') parts.count = number;
      else parts.sum = number;
    }
  }
  return [...bases.values()].map(({ labels, parts }) => {
    const values = Array.from({ length: Math.max(0, ...parts.keys()) + 1 }, (_, at) => {
      const known = parts.get(at);
      return known === undefined
        ? ({ kind: 'gap' } as const)
        : ({ kind: 'histogram', histogram: toNative(known), hinted: false } as const);
    });
    return { labels, values, startOffsetsMs: undefined };
  });
}
