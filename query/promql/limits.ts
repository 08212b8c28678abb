// Every bound of the query engine, with the reason for its size.

/** Points per series of a range query; Prometheus' own figure, dashboards compute their step from it. */
export const MAX_STEPS = 11_000;

/** Samples that one query may hold at a time, counted as Prometheus counts them; its default. 16 bytes each, so about 800 MB at worst. */
const DEFAULT_MAX_SAMPLES = 50_000_000;

/**
 * Samples that a selector may read in any case: a query holds only some of them at a time in the sense of `query.max_samples`, so a low limit there must
 * not refuse a long range. 16 bytes each.
 */
export const LEAST_SAMPLES_READ = 50_000_000;

/** Series that one selector may match: above this the label sets alone weigh hundreds of megabytes. */
const DEFAULT_MAX_SERIES = 500_000;

/** Evaluation time of one query; Prometheus' default. */
const DEFAULT_TIMEOUT_MS = 120_000;

/** How far back an instant selector looks for the newest sample; Prometheus' default. */
export const DEFAULT_LOOKBACK_MS = 300_000;

/** Step of a sub-query that names none: Prometheus' default evaluation interval. */
export const DEFAULT_SUBQUERY_STEP_MS = 60_000;

/** Bytes of one query: 10,000 terms of an ordinary length; a query of this size is parsed in about a tenth of a second. */
export const MAX_QUERY_BYTES = 1_000_000;

/** Characters of a formatted query: long chains of operators are indented by their length, so that the text grows with its square. */
export const MAX_FORMATTED_CHARACTERS = 16_000_000;

/** Values that one series description stands for: a few characters can ask for any number. */
export const MAX_SERIES_VALUES = 1_000_000;

/** Matchers of one selector: each is a condition of the store's, which takes a second for a hundred over a million series. */
export const MAX_MATCHERS = 256;

/** Characters of one regular expression: dashboards join the values of a variable by `|`; the store refuses much longer ones. */
export const MAX_REGEX_CHARACTERS = 30_000;

/** Nesting of one query: parsing and evaluation recurse per level, and half of what the stack bears is far above what anybody writes. */
export const MAX_QUERY_DEPTH = 500;

/** Annotations of one kind in an answer; the rest is summarised in one line, as Prometheus does. */
export const MAX_ANNOTATIONS = 10;

/** The bounds one query runs under. */
export interface QueryLimits {
  readonly maxSamples: number;
  readonly maxSeries: number;
  readonly timeoutMs: number;
}

export const DEFAULT_LIMITS: QueryLimits = {
  maxSamples: DEFAULT_MAX_SAMPLES,
  maxSeries: DEFAULT_MAX_SERIES,
  timeoutMs: DEFAULT_TIMEOUT_MS,
};
