// Loads the recorded data set and answers of a real Prometheus and compares an engine's answer with them.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  DEFAULT_ENGINE_OPTIONS,
  prepare,
  queryInstant,
  queryRange,
  type EngineOptions,
  type QueryResult,
} from '#query/promql/engine.ts';
import type { HistogramJson } from '#query/promql/histogram/json.ts';
import { MemoryStore } from './memory-series-store.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { seriesOf, type RecordedSeries } from './recorded-series.ts';
import { resultToJson, type ResultJson } from '#query/api/prometheus/result-json.ts';
import { sharedData } from './shared-data.ts';

export interface RecordedQuery {
  readonly id: string;
  readonly category: string;
  readonly kind: 'instant' | 'range';
  readonly query: string;
  readonly time?: string;
  readonly start?: string;
  readonly end?: string;
  readonly step?: string;
  readonly lookback_delta?: string;
  readonly limit?: string;
  readonly ordered?: boolean;
  readonly status: 'success' | 'error';
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: ResultJson;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** Lines of a gzip file of JSON objects. */
export function readLines(path: string): unknown[] {
  return gunzipSync(readFileSync(sharedData(path)))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

function number(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

/** The recorded data set in a memory store. */
export function loadDataset(): MemoryStore {
  const store = new MemoryStore();
  for (const series of readLines('expected/promql/dataset.jsonl.gz') as RecordedSeries[]) store.add(seriesOf(series));
  return store;
}

const TOLERANCE = 1e-12;

/** Equal, both NaN, or apart by less than the tolerance. */
function sameNumber(a: string, b: string, tolerance = TOLERANCE): boolean {
  const x = number(a);
  const y = number(b);
  if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return true;
  return Math.abs(x - y) / (Math.abs(x) + Math.abs(y)) < tolerance;
}

function samePoint(a: readonly [number, string] | undefined, b: readonly [number, string] | undefined): boolean {
  return a !== undefined && b !== undefined && a[0] === b[0] && sameNumber(a[1], b[1]);
}

function keyOf(metric: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
}

type HistogramPoint = readonly [number, HistogramJson];

interface One {
  readonly metric: Record<string, string>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
  readonly histogram?: HistogramPoint;
  readonly histograms?: readonly HistogramPoint[];
}

function histogramsOf(one: One): readonly HistogramPoint[] {
  return one.histograms ?? (one.histogram === undefined ? [] : [one.histogram]);
}

function differentHistograms(got: readonly HistogramPoint[], want: readonly HistogramPoint[]): string | undefined {
  if (got.length !== want.length) return `${got.length} histograms, wanted ${want.length}`;
  const bad = want.findIndex(([timeMs, histogram], at) => {
    const mine = got[at];
    return mine === undefined || mine[0] !== timeMs || !sameHistogram(mine[1], histogram);
  });
  return bad < 0 ? undefined : `histogram ${JSON.stringify(got[bad])}, wanted ${JSON.stringify(want[bad])}`;
}

function sameHistogram(a: HistogramJson, b: HistogramJson): boolean {
  const left = a.buckets ?? [];
  const right = b.buckets ?? [];
  return (
    sameNumber(a.count, b.count) &&
    sameNumber(a.sum, b.sum) &&
    left.length === right.length &&
    right.every(([rule, ...numbers], at) => {
      const mine = left[at];
      return (
        mine !== undefined &&
        mine[0] === rule &&
        numbers.every((text, place) => sameNumber(mine[place + 1] as string, text))
      );
    })
  );
}

/** What differs between two results, or undefined. */
export function difference(got: ResultJson, want: ResultJson, ordered: boolean): string | undefined {
  if (got.resultType !== want.resultType) return `result type ${got.resultType}, wanted ${want.resultType}`;
  if (got.resultType === 'scalar' || got.resultType === 'string') {
    const a = got.result as [number, string];
    const b = want.result as [number, string];
    const same = a[0] === b[0] && (got.resultType === 'string' ? a[1] === b[1] : sameNumber(a[1], b[1]));
    return same ? undefined : `${JSON.stringify(a)}, wanted ${JSON.stringify(b)}`;
  }
  let a = got.result as One[];
  let b = want.result as One[];
  if (a.length !== b.length) return `${a.length} series, wanted ${b.length}`;
  if (want.resultType === 'vector' && !ordered) {
    a = [...a].sort((x, y) => (keyOf(x.metric) < keyOf(y.metric) ? -1 : 1));
    b = [...b].sort((x, y) => (keyOf(x.metric) < keyOf(y.metric) ? -1 : 1));
  }
  for (const [at, wanted] of b.entries()) {
    const one = a[at];
    if (one === undefined || keyOf(one.metric) !== keyOf(wanted.metric))
      return `series ${JSON.stringify(one?.metric)}, wanted ${JSON.stringify(wanted.metric)}`;
    const points = one.values ?? (one.value === undefined ? [] : [one.value]);
    const wantedPoints = wanted.values ?? (wanted.value === undefined ? [] : [wanted.value]);
    if (points.length !== wantedPoints.length)
      return `${points.length} points, wanted ${wantedPoints.length} in ${JSON.stringify(wanted.metric)}`;
    const bad = wantedPoints.findIndex((point, index) => !samePoint(points[index], point));
    if (bad >= 0)
      return `point ${JSON.stringify(points[bad])}, wanted ${JSON.stringify(wantedPoints[bad])} in ${JSON.stringify(wanted.metric)}`;
    const histograms = differentHistograms(histogramsOf(one), histogramsOf(wanted));
    if (histograms !== undefined) return `${histograms} in ${JSON.stringify(wanted.metric)}`;
  }
  return undefined;
}

function ms(text: string | undefined): number {
  return Math.round(Number(text) * 1000);
}

function sameTexts(got: readonly string[], want: readonly string[] | undefined): boolean {
  return JSON.stringify([...got].sort()) === JSON.stringify([...(want ?? [])].sort());
}

/** Runs a recorded query; undefined when the answer is the recorded one, else what differs. */
export async function checkRecorded(
  store: MemoryStore,
  recorded: RecordedQuery,
  overrides: Partial<EngineOptions> = {},
): Promise<string | undefined> {
  const lookbackMs =
    recorded.lookback_delta === undefined ? DEFAULT_ENGINE_OPTIONS.lookbackMs : durationMs(recorded.lookback_delta);
  const options = { ...DEFAULT_ENGINE_OPTIONS, ...overrides, lookbackMs };
  const signal = new AbortController().signal;
  let result: QueryResult;
  try {
    const prepared = prepare(recorded.query, options.features);
    result =
      recorded.kind === 'instant'
        ? await queryInstant(store, prepared, ms(recorded.time), options, signal)
        : await queryRange(
            store,
            prepared,
            { startMs: ms(recorded.start), endMs: ms(recorded.end), stepMs: ms(recorded.step) },
            options,
            signal,
          );
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    if (recorded.status === 'success') return `error ${error.message}`;
    const message = error.type === 'bad_data' ? `invalid parameter "query": ${error.message}` : error.message;
    return message === recorded.error && error.type === recorded.errorType
      ? undefined
      : `error ${message}, wanted ${recorded.error}`;
  }
  if (recorded.status === 'error' || recorded.data === undefined) return `an answer, wanted error ${recorded.error}`;
  const json = resultToJson(result.data, recorded.limit === undefined ? 0 : Number(recorded.limit));
  const differs = difference(json.data, recorded.data, recorded.ordered === true);
  if (differs !== undefined) return differs;
  const warnings = [
    ...result.annotations.shown('warning'),
    ...(json.truncated ? ['results truncated due to limit'] : []),
  ];
  if (!sameTexts(warnings, recorded.warnings))
    return `warnings ${JSON.stringify(warnings)}, wanted ${JSON.stringify(recorded.warnings)}`;
  const infos = result.annotations.shown('info');
  return sameTexts(infos, recorded.infos)
    ? undefined
    : `infos ${JSON.stringify(infos)}, wanted ${JSON.stringify(recorded.infos)}`;
}

function durationMs(text: string): number {
  const match = /^([\d.]+)(ms|s|m|h)?$/.exec(text);
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? 's'] ?? 1000;
  return Number(match?.[1]) * unit;
}
