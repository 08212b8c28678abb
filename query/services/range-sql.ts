// Conditions that put rows by second or minute within {start:Int64}…{end:Int64} (Unix ns, the end exclusive).

/** Tables count time in seconds up to 2106; ranges in ns go on to 2262. */
const LAST_SECOND = 4_294_967_295;
const START = `toDateTime(toUInt32(least(intDiv({start:Int64}, 1000000000), ${LAST_SECOND})))`;
const END = `toDateTime(toUInt32(least(intDiv({end:Int64}, 1000000000) + (modulo({end:Int64}, 1000000000) > 0), ${LAST_SECOND})))`;

/** Rows with a `time`. */
export const IN_RANGE = `time >= ${START} AND time < ${END}`;
/** Rows that stand for a whole `minute`: those that the range touches. */
export const IN_MINUTES = `minute >= toStartOfMinute(${START}) AND minute < ${END}`;
