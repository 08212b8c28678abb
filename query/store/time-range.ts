// A range of time, and the conditions that put rows of every kind of table within it. `start` is inclusive, `end` exclusive.
import type { Bindings } from './database.ts';

const NS_PER_MS = 1_000_000n;

export interface TimeRange {
  /** Unix ns, inclusive. */
  readonly startNs: bigint;
  /** Unix ns, exclusive. */
  readonly endNs: bigint;
}

/** What {@link inNanoseconds}, {@link IN_SECONDS} and {@link IN_MINUTES} bind. */
export function rangeBindings({ startNs, endNs }: TimeRange): { readonly start: string; readonly end: string } {
  return { start: String(startNs), end: String(endNs) };
}

/** Rows whose DateTime64(9) lies within. */
export function inNanoseconds(column: string): string {
  return `${column} >= fromUnixTimestamp64Nano({start:Int64}) AND ${column} < fromUnixTimestamp64Nano({end:Int64})`;
}

/** Tables count time in seconds up to 2106; ranges in ns go on to 2262. */
const LAST_SECOND = 4_294_967_295;
const START = `toDateTime(toUInt32(least(intDiv({start:Int64}, 1000000000), ${LAST_SECOND})))`;
const END = `toDateTime(toUInt32(least(intDiv({end:Int64}, 1000000000) + (modulo({end:Int64}, 1000000000) > 0), ${LAST_SECOND})))`;

/** Rows with a `time` in seconds. */
export const IN_SECONDS = `time >= ${START} AND time < ${END}`;
/** Rows that stand for a whole `minute`: those that the range touches. */
export const IN_MINUTES = `minute >= toStartOfMinute(${START}) AND minute < ${END}`;

/** The milliseconds that a range touches: `fromMs` inclusive, `toMs` exclusive. */
export function millisecondsOf({ startNs, endNs }: TimeRange): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: Number(startNs / NS_PER_MS), toMs: Number((endNs + NS_PER_MS - 1n) / NS_PER_MS) };
}

/** What {@link inMilliseconds} binds. */
export function millisecondBindings(range: TimeRange): Bindings {
  const { fromMs, toMs } = millisecondsOf(range);
  return { from_ms: String(fromMs), to_ms: String(toMs) };
}

/** Rows whose DateTime64(3) lies within. */
export function inMilliseconds(column: string): string {
  return `${column} >= fromUnixTimestamp64Milli({from_ms:Int64}) AND ${column} < fromUnixTimestamp64Milli({to_ms:Int64})`;
}

/** Rows whose DateTime64(3) lies in a closed interval, as PromQL's are. */
export function inClosedMilliseconds(column: string): string {
  return `${column} >= fromUnixTimestamp64Milli({first_ms:Int64}) AND ${column} <= fromUnixTimestamp64Milli({last_ms:Int64})`;
}
