// Writes the collector's own counters (RED, service graph) as Prometheus-model series: labels once, then samples by id.
import { createHash } from 'node:crypto';
import type { SamplesTable, SeriesTable } from './store/tables/metrics-tables.ts';

/** A series row is written again this often, so that its last_seen stays true and retention spares it. */
const RENEW_MS = 3_600_000;

export type Labels = readonly (readonly [name: string, value: string])[];

export interface SeriesMeta {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly unit: string;
  readonly help: string;
}

/** One series, its id worked out once. */
export class SeriesHandle {
  readonly meta: SeriesMeta;
  readonly labels: ReadonlyMap<string, string>;
  readonly idHi: number;
  readonly idLo: number;
  readonly firstSeenMs: number;
  #writtenMs = -Infinity;

  constructor(meta: SeriesMeta, labels: Labels, nowMs: number) {
    const sorted = labels.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const hash = createHash('sha256').update([meta.name, ...sorted.flat()].join('\0')).digest();
    this.meta = meta;
    this.labels = new Map(sorted);
    this.idHi = hash.readUInt32BE(0);
    this.idLo = hash.readUInt32BE(4);
    this.firstSeenMs = nowMs;
  }

  /** Appends a sample, and before it the series itself where that is due. */
  write(series: SeriesTable, samples: SamplesTable, nowMs: number, value: number, startMs: number): void {
    if (nowMs - this.#writtenMs >= RENEW_MS) {
      const { name, kind, unit, help } = this.meta;
      series.append({ name, idHi: this.idHi, idLo: this.idLo, labels: this.labels, kind, unit, help, firstSeenMs: this.firstSeenMs, lastSeenMs: nowMs });
      this.#writtenMs = nowMs;
    }
    samples.append(this.idHi, this.idLo, nowMs, value, startMs);
  }
}

/** The series of one classic histogram: a bucket per bound (`le` in the unit of the name), count and sum. */
export class HistogramHandle {
  readonly #buckets: readonly SeriesHandle[];
  readonly #count: SeriesHandle;
  readonly #sum: SeriesHandle;

  /** @param bounds finite upper bounds, ascending */
  constructor(meta: SeriesMeta, labels: Labels, bounds: readonly number[], nowMs: number) {
    const bucket: SeriesMeta = { ...meta, name: `${meta.name}_bucket` };
    this.#buckets = [...bounds.map(String), '+Inf'].map((le) => new SeriesHandle(bucket, [...labels, ['le', le]], nowMs));
    this.#count = new SeriesHandle({ ...meta, name: `${meta.name}_count` }, labels, nowMs);
    this.#sum = new SeriesHandle({ ...meta, name: `${meta.name}_sum` }, labels, nowMs);
  }

  /** @param cumulative one count per bound and one for +Inf */
  write(series: SeriesTable, samples: SamplesTable, nowMs: number, cumulative: ArrayLike<number>, count: number, sum: number, startMs: number): void {
    for (const [i, bucket] of this.#buckets.entries()) bucket.write(series, samples, nowMs, cumulative[i] ?? count, startMs);
    this.#count.write(series, samples, nowMs, count, startMs);
    this.#sum.write(series, samples, nowMs, sum, startMs);
  }
}
