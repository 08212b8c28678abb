// What a stored trace stands for: what it was stored with, or less since a late error made it one of a kind that is kept whole.

/** Adjusted count, of `traces FINAL`. */
export const WEIGHT = 'least(weight, weight_at_most)';
/** Threshold T. */
export const THRESHOLD = 'least(threshold, threshold_at_most)';
