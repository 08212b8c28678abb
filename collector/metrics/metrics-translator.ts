// OTLP metrics to Prometheus' model: series, samples and exemplars, by the rules of Prometheus' own OTLP endpoint.
import { TEMPORALITY_CUMULATIVE, TEMPORALITY_DELTA } from '#proto/otlp/enums.ts';
import { metricsRequestSchema } from '#proto/otlp/schema.ts';
import { validateMessage } from '#proto/otlp/validate-message.ts';
import { WireError } from '#proto/wire/wire-error.ts';
import { DeltaSums } from './delta-sums.ts';
import {
  boundText,
  cumulativeBuckets,
  explicitCounts,
  exponentialCounts,
  type BoundCounts,
} from './histogram-buckets.ts';
import { mergedLabels, resourceLabels, withLabel, type Labels, type ResourceLabels } from './labels.ts';
import { readMetrics, type Exemplar, type Metric, type Point } from './metric-reader.ts';
import { metricName, unitName } from './prometheus-name.ts';
import type { ExemplarRow, SampleRow, SeriesRow } from './rows.ts';
import { SeriesIds, type SeriesFacts, type SeriesId } from './series-ids.ts';

/**
 * A request is held as objects while it is translated: a point is some ten messages with its attributes, so this is some 50,000
 * points and at worst a few hundred MiB, where the 64 MiB of a body could hold thirty million empty ones.
 */
const MAX_MESSAGES = 500_000;
const MAX_NUMBERS = 4_000_000;
const NO_RECORDED_VALUE = 1;
/** Times are stored as ms that a DateTime64 shows until the year 2262. */
const MAX_TIME_MS = 9_223_372_036_854;
/** OpenMetrics' limit on an exemplar's labels, characters. */
const MAX_EXEMPLAR_LABEL_CHARS = 128;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
const NO_SPAN_ID = new Uint8Array(SPAN_ID_BYTES);

export interface TranslatedMetrics {
  readonly series: SeriesRow[];
  readonly samples: SampleRow[];
  readonly exemplars: ExemplarRow[];
  /** Data points of the request: those accepted and those rejected. */
  points: number;
  rejected: number;
  /** Why the first rejected point was, for the client; empty without one. */
  message: string;
}

/** Remembers series that were written and totals of delta series; one for the process. */
export class MetricsTranslator {
  readonly #ids = new SeriesIds();
  readonly #deltas = new DeltaSums();

  /** @returns the rows, or as text why the whole request is refused */
  translate(body: Uint8Array, nowMs: number): TranslatedMetrics | string {
    try {
      const { messages, numbers } = validateMessage(metricsRequestSchema, body);
      if (messages > MAX_MESSAGES || numbers > MAX_NUMBERS)
        return `more than ${MAX_MESSAGES} messages, or ${MAX_NUMBERS} numbers, in one request: send smaller batches`;
    } catch (error) {
      if (error instanceof WireError) return `not a valid ExportMetricsServiceRequest: ${error.short}`;
      throw error;
    }
    const request = new RequestTranslation(this.#ids, this.#deltas, nowMs);
    readMetrics(body, ({ attributes, metrics }) => request.resource(resourceLabels(attributes), metrics));
    return request.result;
  }
}

class RequestTranslation {
  readonly result: TranslatedMetrics = { series: [], samples: [], exemplars: [], points: 0, rejected: 0, message: '' };
  readonly #ids: SeriesIds;
  readonly #deltas: DeltaSums;
  readonly #nowMs: number;
  #resource: ResourceLabels = { identity: new Map(), targetInfo: null };

  constructor(ids: SeriesIds, deltas: DeltaSums, nowMs: number) {
    this.#ids = ids;
    this.#deltas = deltas;
    this.#nowMs = nowMs;
  }

  resource(labels: ResourceLabels, metrics: readonly Metric[]): void {
    this.#resource = labels;
    let newestMs = 0;
    for (const metric of metrics) {
      for (const point of metric.points) {
        this.result.points++;
        const problem =
          point.tsMs > MAX_TIME_MS || point.startMs > MAX_TIME_MS
            ? 'a time is beyond the year 2262'
            : this.#point(metric, point);
        if (problem === null) newestMs = Math.max(newestMs, timeOf(point, this.#nowMs));
        else this.#reject(metric, problem);
      }
    }
    if (labels.targetInfo !== null && newestMs > 0) {
      const info: SeriesFacts = { kind: 'info', unit: '', help: 'Target metadata' };
      this.#sample(this.#id('target_info', labels.targetInfo, info, newestMs), newestMs, 1, 0, false);
    }
  }

  #reject(metric: Metric, problem: string): void {
    this.result.rejected++;
    if (this.result.message === '')
      this.result.message = `metric ${JSON.stringify(metric.name.slice(0, 100))}: ${problem}`;
  }

  /** @returns null, or why the point is refused */
  #point(metric: Metric, point: Point): string | null {
    if (metric.name === '') return 'it has no name';
    switch (metric.type) {
      case 'gauge':
        return this.#number(metric, point, 'gauge');
      case 'sum':
        if (metric.temporality !== TEMPORALITY_DELTA && metric.temporality !== TEMPORALITY_CUMULATIVE)
          return 'its aggregation temporality is unspecified';
        return this.#number(metric, point, metric.monotonic ? 'counter' : 'gauge');
      case 'histogram':
      case 'exponential':
        if (metric.temporality !== TEMPORALITY_DELTA && metric.temporality !== TEMPORALITY_CUMULATIVE)
          return 'its aggregation temporality is unspecified';
        return this.#histogram(metric, point);
      case 'summary':
        this.#summary(metric, point);
        return null;
      default:
        return 'it has no data';
    }
  }

  #number(metric: Metric, point: Point, kind: 'gauge' | 'counter'): string | null {
    const stale = isStale(point);
    if (point.value === null && !stale) return 'a data point has no value';
    const tsMs = timeOf(point, this.#nowMs);
    // An up-down sum is a gauge to Prometheus, but not one that could be a ratio.
    const name = metricName(
      metric.name,
      metric.unit,
      metric.type === 'gauge' ? 'gauge' : kind === 'counter' ? 'counter' : 'other',
    );
    const labels = mergedLabels(point.attributes, this.#resource.identity);
    let value = point.value ?? 0;
    let startMs = kind === 'counter' ? point.startMs : 0;
    if (metric.type === 'sum' && metric.temporality === TEMPORALITY_DELTA && !stale) {
      const delta = { startMs: point.startMs, tsMs, sum: value, count: 0, counts: null, boundsMayGrow: false };
      const total = this.#deltas.add(identityOf(name, labels), delta);
      if (typeof total === 'string') return total;
      value = total.sum;
      startMs = kind === 'counter' ? total.startMs : 0;
    }
    const id = this.#id(name, labels, { kind, unit: unitName(metric.unit), help: metric.description }, tsMs);
    this.#sample(id, tsMs, value, startMs, stale);
    for (const exemplar of point.exemplars) this.#exemplar(id, exemplar, tsMs);
    return null;
  }

  #histogram(metric: Metric, point: Point): string | null {
    let counts: BoundCounts | string = metric.type === 'histogram' ? explicitCounts(point) : exponentialCounts(point);
    if (typeof counts === 'string') return counts;
    const tsMs = timeOf(point, this.#nowMs);
    const stale = isStale(point);
    const name = metricName(metric.name, metric.unit, 'other');
    const labels = mergedLabels(point.attributes, this.#resource.identity);
    let { count, sum, startMs } = point;
    if (metric.temporality === TEMPORALITY_DELTA && !stale) {
      const boundsMayGrow = metric.type === 'exponential';
      const total = this.#deltas.add(identityOf(name, labels), {
        startMs,
        tsMs,
        sum: sum ?? 0,
        count,
        counts,
        boundsMayGrow,
      });
      if (typeof total === 'string') return total;
      counts = total.counts;
      count = total.count;
      startMs = total.startMs;
      if (sum !== null) sum = total.sum;
    }
    const facts: SeriesFacts = { kind: 'histogram', unit: unitName(metric.unit), help: metric.description };
    const buckets = cumulativeBuckets(counts).map(({ bound, atOrBelow }) => {
      const id = this.#id(`${name}_bucket`, withLabel(labels, 'le', boundText(bound)), facts, tsMs);
      this.#sample(id, tsMs, bound === Infinity ? count : atOrBelow, startMs, stale);
      return { bound, id };
    });
    this.#sumAndCount(name, labels, facts, { tsMs, startMs, sum, count, stale });
    for (const exemplar of point.exemplars) {
      const bucket = buckets.find(({ bound }) => exemplar.value <= bound);
      if (bucket !== undefined) this.#exemplar(bucket.id, exemplar, tsMs);
    }
    return null;
  }

  #summary(metric: Metric, point: Point): void {
    const tsMs = timeOf(point, this.#nowMs);
    const stale = isStale(point);
    const name = metricName(metric.name, metric.unit, 'other');
    const labels = mergedLabels(point.attributes, this.#resource.identity);
    const facts: SeriesFacts = { kind: 'summary', unit: unitName(metric.unit), help: metric.description };
    for (const { quantile, value } of point.quantiles) {
      this.#sample(
        this.#id(name, withLabel(labels, 'quantile', String(quantile)), facts, tsMs),
        tsMs,
        value,
        point.startMs,
        stale,
      );
    }
    this.#sumAndCount(name, labels, facts, {
      tsMs,
      startMs: point.startMs,
      sum: point.sum ?? 0,
      count: point.count,
      stale,
    });
  }

  #sumAndCount(
    name: string,
    labels: Labels,
    facts: SeriesFacts,
    of: { tsMs: number; startMs: number; sum: number | null; count: number; stale: boolean },
  ): void {
    if (of.sum !== null || of.stale)
      this.#sample(this.#id(`${name}_sum`, labels, facts, of.tsMs), of.tsMs, of.sum ?? 0, of.startMs, of.stale);
    this.#sample(this.#id(`${name}_count`, labels, facts, of.tsMs), of.tsMs, of.count, of.startMs, of.stale);
  }

  /** Only exemplars that lead to a trace are of use here. */
  #exemplar(id: SeriesId, exemplar: Exemplar, pointMs: number): void {
    if (exemplar.traceId.length !== TRACE_ID_BYTES || exemplar.tsMs > MAX_TIME_MS) return;
    const labels = mergedLabels(exemplar.attributes);
    let chars = 0;
    for (const [name, value] of labels) chars += name.length + value.length;
    this.result.exemplars.push({
      idHi: id.idHi,
      idLo: id.idLo,
      tsMs: exemplar.tsMs === 0 ? pointMs : exemplar.tsMs,
      value: exemplar.value,
      traceId: exemplar.traceId,
      spanId: exemplar.spanId.length === SPAN_ID_BYTES ? exemplar.spanId : NO_SPAN_ID,
      labels: chars > MAX_EXEMPLAR_LABEL_CHARS ? new Map() : labels,
    });
  }

  #id(name: string, labels: Labels, facts: SeriesFacts, tsMs: number): SeriesId {
    return this.#ids.idOf(name, labels, facts, tsMs, this.#nowMs, (row) => this.result.series.push(row));
  }

  #sample(id: SeriesId, tsMs: number, value: number, startMs: number, stale: boolean): void {
    this.result.samples.push({ idHi: id.idHi, idLo: id.idLo, tsMs, value, startMs, stale });
  }
}

function isStale(point: Point): boolean {
  return (point.flags & NO_RECORDED_VALUE) !== 0;
}

/** A point without a time counts as measured now. */
function timeOf(point: Point, nowMs: number): number {
  return point.tsMs === 0 ? nowMs : point.tsMs;
}

function identityOf(name: string, labels: Labels): string {
  let identity = name;
  for (const [key, value] of labels) identity += `\0${key}\0${value}`;
  return identity;
}
