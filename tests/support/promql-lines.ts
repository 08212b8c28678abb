// Small PromQL scenarios for tests: series in the promqltest notation, answers as plain text.
import {
  DEFAULT_ENGINE_OPTIONS,
  prepare,
  queryInstant,
  queryRange,
  type EngineOptions,
  type QueryResult,
} from '#query/promql/engine.ts';
import { formatValue } from '#query/promql/format-number.ts';
import { MemoryStore } from './memory-series-store.ts';
import { markStale } from '#query/promql/stale.ts';
import { parseSeriesDescription } from '#query/promql/parse-series.ts';
import { seriesValues } from '#query/promql/series-description.ts';
import { asStored } from '#query/promql/histogram/stored-hints.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';

/** One series a line: `name{label="v"} 1 2 _ 4`, one sample every `stepMs` from time 0. */
export function storeOf(lines: readonly string[], stepMs = 60_000): MemoryStore {
  const store = new MemoryStore();
  for (const { labels, items } of lines.map(parseSeriesDescription)) {
    const kept = seriesValues(items).flatMap((slot, at) =>
      slot.kind === 'gap' ? [] : [{ timeMs: at * stepMs, slot }],
    );
    const values = Float64Array.from(kept, ({ slot }) =>
      slot.kind === 'float' ? slot.value : slot.kind === 'stale' ? NaN : 0,
    );
    for (const [at, { slot }] of kept.entries()) if (slot.kind === 'stale') markStale(values, at);
    const histograms = asStored(kept.map(({ slot }) => (slot.kind === 'histogram' ? slot.histogram : undefined)));
    store.add({
      labels,
      timesMs: Float64Array.from(kept, ({ timeMs }) => timeMs),
      values,
      ...(histograms.some((one) => one !== undefined) ? { histograms } : {}),
    });
  }
  return store;
}

const SIGNAL = new AbortController().signal;

export function runInstant(
  store: MemoryStore,
  query: string,
  seconds: number,
  options: Partial<EngineOptions> = {},
): Promise<QueryResult> {
  const all = { ...DEFAULT_ENGINE_OPTIONS, features: ALL_FEATURES, ...options };
  return queryInstant(store, prepare(query, all.features), seconds * 1000, all, SIGNAL);
}

/** Lines `{labels} value`, in the order of the answer; scalars and strings are one line. */
export async function instant(
  store: MemoryStore,
  query: string,
  seconds: number,
  options: Partial<EngineOptions> = {},
): Promise<string[]> {
  const { data } = await runInstant(store, query, seconds, options);
  if (data.type === 'scalar') return [formatValue(data.value)];
  if (data.type === 'string') return [data.value];
  return data.series.map((one) => `${one.labels.toString()} ${Array.from(one.values, formatValue).join(' ')}`);
}

/** Lines `{labels} seconds:value …`. */
export async function range(
  store: MemoryStore,
  query: string,
  from: number,
  to: number,
  step: number,
  options: Partial<EngineOptions> = {},
): Promise<string[]> {
  const all = { ...DEFAULT_ENGINE_OPTIONS, features: ALL_FEATURES, ...options };
  const { data } = await queryRange(
    store,
    prepare(query, all.features),
    { startMs: from * 1000, endMs: to * 1000, stepMs: step * 1000 },
    all,
    SIGNAL,
  );
  if (data.type !== 'matrix') return [];
  return data.series.map(
    (one) =>
      `${one.labels.toString()} ${Array.from(one.timesMs, (timeMs, at) => `${timeMs / 1000}:${formatValue(one.values[at] ?? NaN)}`).join(' ')}`,
  );
}
