// /status/tsdb: how many series there are, and which names and labels have most of them.
import { PromqlError } from '#query/promql/promql-error.ts';
import type { CardinalityReader } from '#query/promql/storage.ts';
import { success, type Success } from './envelope.ts';
import type { Params } from './params.ts';
import type { RouteContext } from './query-routes.ts';

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 10_000;

function limitOf(params: Params): number {
  const text = params.get('limit');
  if (text === '') return DEFAULT_LIMIT;
  const limit = /^[+-]?\d+$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw new PromqlError('bad_data', 'limit must be a positive number');
  if (limit > MAX_LIMIT) throw new PromqlError('bad_data', `limit must not exceed ${MAX_LIMIT}`);
  return limit;
}

/** Without a reader nothing is known to be stored. */
export function tsdbStatus(
  reader: CardinalityReader | undefined,
): (params: Params, context: RouteContext) => Promise<Success> {
  return async (params, { signal }) => {
    const limit = limitOf(params);
    const found = await reader?.cardinality(limit, signal);
    return success({
      headStats: {
        numSeries: found?.series ?? 0,
        numLabelPairs: found?.labelPairs ?? 0,
        // Samples are not kept in chunks.
        chunkCount: 0,
        minTime: found?.minTimeMs ?? 0,
        maxTime: found?.maxTimeMs ?? 0,
      },
      seriesCountByMetricName: found?.seriesByMetric ?? [],
      labelValueCountByLabelName: found?.valuesByLabel ?? [],
      memoryInBytesByLabelName: found?.bytesByLabel ?? [],
      seriesCountByLabelValuePair: found?.seriesByPair ?? [],
    });
  };
}
