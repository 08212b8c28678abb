// How a metric of the collector itself is declared: in a table beside what it counts, read from live state when it is scraped, so that nothing is counted
// twice and nothing is done for it on the hot path. docs/metrics.md is made of the tables.

export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric that is read from an `Of`. */
export interface Metric<Of> {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly help: string;
  /** Current values; counters MUST only grow. */
  readonly read: (of: Of) => readonly Sample[];
}

/** One value without labels. */
export function gauge<Of>(name: string, help: string, read: (of: Of) => number): Metric<Of> {
  return { name, kind: 'gauge', labels: [], help, read: (of) => [[{}, read(of)]] };
}

/** One value without labels. */
export function counter<Of>(name: string, help: string, read: (of: Of) => number): Metric<Of> {
  return { ...gauge(name, help, read), kind: 'counter' };
}
