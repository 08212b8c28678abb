// What metrics become: Prometheus' series, samples and exemplars as plain rows.

export interface SeriesRow {
  /** Metric name, with `_bucket`, `_sum`, `_count` where the series is a part of a histogram or summary. */
  readonly name: string;
  /** First 8 bytes of SHA-256 over name and sorted labels, NUL between them; big-endian words. */
  readonly idHi: number;
  readonly idLo: number;
  /** Without the name; sorted by key. */
  readonly labels: ReadonlyMap<string, string>;
  /** As the metadata API names it; empty when unknown. */
  readonly kind: string;
  readonly unit: string;
  readonly help: string;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

export interface SampleRow {
  readonly idHi: number;
  readonly idLo: number;
  /** Unix ms. */
  readonly tsMs: number;
  readonly value: number;
  /** Creation time of a counter, Unix ms; 0 when unknown. */
  readonly startMs: number;
  /** The series ends here (OTLP's "no recorded value"); `value` says nothing. */
  readonly stale: boolean;
}

export interface ExemplarRow {
  readonly idHi: number;
  readonly idLo: number;
  readonly tsMs: number;
  readonly value: number;
  /** 16 and 8 bytes. */
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly labels: ReadonlyMap<string, string>;
}
