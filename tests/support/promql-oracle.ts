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
import { LabelSet } from '#query/promql/labels.ts';
import { MemoryStore } from './memory-series-store.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { markStale } from '#query/promql/stale.ts';
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

interface RecordedSeries {
  readonly labels: Record<string, string>;
  readonly samples?: readonly (readonly [number, string])[];
  readonly histograms?: readonly (readonly [number, unknown])[];
}

/** The recorded data set in a memory store. */
export function loadDataset(): MemoryStore {
  const store = new MemoryStore();
  for (const series of readLines('expected/promql/dataset.jsonl.gz') as RecordedSeries[]) {
    const samples = series.samples ?? [];
    const values = Float64Array.from(samples, ([, text]) => number(text));
    for (const [at, [, text]] of samples.entries()) if (text === 'stale') markStale(values, at);
    const histogramTimesMs = Float64Array.from(series.histograms ?? [], ([timeMs]) => timeMs);
    store.add({
      labels: LabelSet.from(Object.entries(series.labels)),
      timesMs: Float64Array.from(samples, ([timeMs]) => timeMs),
      values,
      histogramTimesMs,
    });
  }
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

/** What differs between two results, or undefined. */
export function difference(got: ResultJson, want: ResultJson, ordered: boolean): string | undefined {
  if (got.resultType !== want.resultType) return `result type ${got.resultType}, wanted ${want.resultType}`;
  if (got.resultType === 'scalar' || got.resultType === 'string') {
    const a = got.result as [number, string];
    const b = want.result as [number, string];
    const same = a[0] === b[0] && (got.resultType === 'string' ? a[1] === b[1] : sameNumber(a[1], b[1]));
    return same ? undefined : `${JSON.stringify(a)}, wanted ${JSON.stringify(b)}`;
  }
  interface One {
    metric: Record<string, string>;
    value?: [number, string];
    values?: [number, string][];
    histogram?: unknown;
    histograms?: unknown;
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
    if (wanted.histogram !== undefined || wanted.histograms !== undefined) return 'wanted native histograms';
    const points = one.values ?? (one.value === undefined ? [] : [one.value]);
    const wantedPoints = wanted.values ?? (wanted.value === undefined ? [] : [wanted.value]);
    if (points.length !== wantedPoints.length)
      return `${points.length} points, wanted ${wantedPoints.length} in ${JSON.stringify(wanted.metric)}`;
    const bad = wantedPoints.findIndex((point, index) => !samePoint(points[index], point));
    if (bad >= 0)
      return `point ${JSON.stringify(points[bad])}, wanted ${JSON.stringify(wantedPoints[bad])} in ${JSON.stringify(wanted.metric)}`;
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
