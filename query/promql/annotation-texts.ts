// What Prometheus says about histograms and start times beside an answer, word for word: dashboards and tests look for these texts.

/** What histograms were being combined for. */
export type Combining = 'addition' | 'subtraction' | 'aggregation';

export const mixedFloatsAndHistograms = (metric: string): string =>
  `encountered a mix of histograms and floats for metric name ${JSON.stringify(metric)}`;

export const MIXED_IN_AGGREGATION = 'encountered a mix of histograms and floats for aggregation';

export const mixedBucketSchemas = (metric: string): string =>
  `vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${JSON.stringify(metric)}`;

export const notACounter = (metric: string): string =>
  `this native histogram metric is not a counter: ${JSON.stringify(metric)}`;

export const notAGauge = (metric: string): string =>
  `this native histogram metric is not a gauge: ${JSON.stringify(metric)}`;

export const collidingResets = (combining: Combining): string =>
  `conflicting counter resets during histogram ${combining}`;

export const reconciledBounds = (combining: Combining): string =>
  `mismatched custom buckets were reconciled during ${combining}`;

export const ignoredInAggregation = (op: string): string => `ignored histogram in ${op} aggregation`;

export const ignoredInRange = (metric: string): string =>
  `ignored histograms in a range containing both floats and histograms for metric name ${JSON.stringify(metric)}`;

export const incompatibleTypes = (op: string, left: string, right: string): string =>
  `incompatible sample types encountered for binary operator ${JSON.stringify(op)}: ${left} ${op} ${right}`;

export const incompatibleLayout = (op: string): string =>
  `incompatible bucket layout encountered for binary operator ${op}`;
