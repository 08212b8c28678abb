// When a client that finds no room is to come again: when there is likely to be some, by the rate at which the store has accepted data
// lately.

const MIN_RETRY_AFTER_MS = 1_000;
const MAX_RETRY_AFTER_MS = 30_000;
/** Where no rate is known, or the store accepts nothing at all: soon enough for a client that gives up after 10 s. */
const UNKNOWN_RETRY_AFTER_MS = 5_000;
/** There is room again below this share of the cap: clients that come back together shall not find it full at once. */
const ROOM_SHARE = 0.9;

export interface DrainFacts {
  readonly pendingBytes: number;
  readonly capBytes: number;
  readonly drainBytesPerSecond: number;
}

/** Whole ms, from 1 s to 30 s. The caller spreads it over the clients. */
export function retryAfterMs({ pendingBytes, capBytes, drainBytesPerSecond }: DrainFacts): number {
  const excessBytes = pendingBytes - capBytes * ROOM_SHARE;
  if (!(excessBytes > 0)) return MIN_RETRY_AFTER_MS;
  if (!(drainBytesPerSecond > 0)) return UNKNOWN_RETRY_AFTER_MS;
  return Math.round(
    Math.min(MAX_RETRY_AFTER_MS, Math.max(MIN_RETRY_AFTER_MS, (excessBytes / drainBytesPerSecond) * 1000)),
  );
}
