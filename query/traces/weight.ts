// What a stored trace stands for: what it was stored with, or less since a late error made it one of a kind that is kept whole.

/** Adjusted count, of `traces FINAL`; 0 where nobody knows it. */
export const OWN_WEIGHT = 'least(weight, weight_at_most)';
/** The same for sums: where it is not known, a trace counts for itself alone. */
export const WEIGHT = `greatest(1, ${OWN_WEIGHT})`;
/** Threshold T. */
export const THRESHOLD = 'least(threshold, threshold_at_most)';
