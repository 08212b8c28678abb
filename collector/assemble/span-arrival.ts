// How spans arrive: from a client, from the write-ahead log of an earlier process, or from the ring of dropped traces.

export interface SpanArrival {
  /**
   * `received`: they are counted here for the first time. `counted`: an earlier process counted them, so those that are not buffered are not
   * counted once more. `rescued`: a dropped trace comes back with all its spans.
   */
  readonly origin: 'received' | 'counted' | 'rescued';
  /** T_min when they were received, high half of 28 bits; absent: that in force now. */
  readonly leastHi?: number;
}

export const RECEIVED: SpanArrival = { origin: 'received' };
export const RESCUED: SpanArrival = { origin: 'rescued' };
