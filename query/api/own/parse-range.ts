// The optional start and end of a request as a range of the store; the default is the last 30 minutes.
import type { TimeRange } from '#query/store/time-range.ts';
import { BadRequest } from './request-error.ts';

/** What a page shows when it names no range. */
const DEFAULT_RANGE_NS = 30n * 60n * 1_000_000_000n;
const MAX_TIME_NS = 9_223_372_036_854_775_807n;

/** Throws {@link BadRequest} when the range is empty or out of int64. */
export function parseRange(query: { start?: string | undefined; end?: string | undefined }, nowMs: number): TimeRange {
  const endNs = query.end === undefined ? BigInt(Math.ceil(nowMs)) * 1_000_000n : BigInt(query.end);
  const startNs = query.start === undefined ? endNs - DEFAULT_RANGE_NS : BigInt(query.start);
  if (endNs > MAX_TIME_NS || startNs < 0n)
    throw new BadRequest(
      'TIME_RANGE',
      `start and end must be 0…${MAX_TIME_NS} ns, got ${startNs} and ${endNs}`,
      'give Unix nanoseconds',
    );
  if (startNs >= endNs)
    throw new BadRequest(
      'TIME_RANGE',
      `start must be before end, got ${startNs} and ${endNs}`,
      'swap or widen the range',
    );
  return { startNs, endNs };
}
