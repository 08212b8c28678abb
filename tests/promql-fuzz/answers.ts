// One query asked of the engine and of the plain evaluator, in one shape for comparison.
import {
  DEFAULT_ENGINE_OPTIONS,
  prepare,
  queryInstant,
  queryRange,
  type EngineOptions,
  type PreparedQuery,
  type QueryResult,
} from '#query/promql/engine.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import type { Series, SeriesStore } from '#query/promql/storage.ts';
import { plainAnswer } from '#tests/oracle/promql/plain-engine.ts';
import type { Compared } from './compare.ts';
import type { RandomQuery } from './random-query.ts';

/** Answers one prepared query. */
export type Answerer = (prepared: PreparedQuery, asked: RandomQuery) => Promise<Compared>;

/** undefined where the text is no query. */
export function prepared(query: string): PreparedQuery | undefined {
  try {
    return prepare(query, ALL_FEATURES);
  } catch (error) {
    if (error instanceof PromqlError) return undefined;
    throw error;
  }
}

function inOneShape({ data, annotations }: QueryResult): Compared {
  const notes = { warnings: annotations.all('warning'), infos: annotations.all('info') };
  if (data.type === 'scalar') return { type: 'scalar', series: [], number: data.value, ...notes };
  if (data.type === 'string') return { type: 'string', series: [], text: data.value, ...notes };
  const series = data.series.map(({ labels, timesMs, values, histograms }) => ({
    labels,
    points: [...timesMs].map((timeMs, at) => [timeMs, histograms?.[at] ?? values[at]!] as const),
  }));
  return { type: data.type, series, ...notes };
}

async function orError(answer: () => Compared | Promise<Compared>): Promise<Compared> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof PromqlError) return { type: 'error', error: error.message };
    throw error;
  }
}

export function engineOn(store: SeriesStore): Answerer {
  const { signal } = new AbortController();
  return (query, { asked, options: some }) => {
    const options: EngineOptions = { ...DEFAULT_ENGINE_OPTIONS, ...some, features: ALL_FEATURES };
    return orError(async () =>
      inOneShape(
        asked.kind === 'instant'
          ? await queryInstant(store, query, asked.timeMs, options, signal)
          : await queryRange(store, query, asked, options, signal),
      ),
    );
  };
}

/** @param closeness as many times the usual distance of samples an edge may be away to be extrapolated to; 1.1 is right */
export function plainOn(series: readonly Series[], closeness = 1.1): Answerer {
  return (query, { asked, options: some }) =>
    orError(() => {
      const options = {
        ...some,
        subqueryStepMs: DEFAULT_ENGINE_OPTIONS.subqueryStepMs,
        typeAndUnitLabels: false,
        closeness,
      };
      const { annotations, type, series: rows, number, text } = plainAnswer(series, query, asked, options);
      return { type, series: rows, number, text, warnings: annotations.all('warning'), infos: annotations.all('info') };
    });
}
