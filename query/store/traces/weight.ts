// The adjusted count of a stored trace: what it was stored with, or less since a late error made it one of a kind that is kept whole.

/** Adjusted count, of the kept traces; 0 where it is not known, or where a trace came back for others' sake and stands for nothing. */
export const OWN_WEIGHT = 'least(weight, weight_at_most)';
/** The same for sums: where it is not known, a trace counts for itself alone; one that came back is counted by others already. */
export const WEIGHT = `if(${OWN_WEIGHT} > 0, greatest(1, ${OWN_WEIGHT}), trigger != 'rescue')`;
/** Threshold T. */
export const THRESHOLD = 'least(threshold, threshold_at_most)';
