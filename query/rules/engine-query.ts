// Queries of rules answered by the PromQL engine in this thread.
import { prepare, queryInstant, type EngineOptions, type PreparedQuery } from '#query/promql/engine.ts';
import { LabelSet } from '#query/promql/labels.ts';
import type { SeriesStore } from '#query/promql/storage.ts';
import type { QueryFn, QuerySample } from './model.ts';

/** Parsed queries that are kept: rules ask the same ones again and again. */
const MAX_PREPARED = 1_000;

export function engineQuery(store: SeriesStore, options: EngineOptions, signal: AbortSignal): QueryFn {
  const known = new Map<string, PreparedQuery>();
  return async (query, atMs) => {
    let prepared = known.get(query);
    if (prepared === undefined) {
      prepared = prepare(query, options.features);
      if (known.size >= MAX_PREPARED) known.clear();
      known.set(query, prepared);
    }
    const { data } = await queryInstant(store, prepared, atMs, options, signal);
    if (data.type === 'scalar') return [{ labels: LabelSet.empty, value: data.value }];
    if (data.type !== 'vector') throw new Error('rule result is not a vector or scalar');
    return data.series.map(({ labels, values, histograms }): QuerySample => ({
      labels,
      value: histograms?.[0] ?? values[0] ?? NaN,
    }));
  };
}
