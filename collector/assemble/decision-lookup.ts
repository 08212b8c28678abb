// What the assembler asks about a trace that it no longer holds: was it decided, and how? Implemented by the decision memory.

/** {@link DecisionLookup.lookup}: never decided, or forgotten. */
export const UNDECIDED = -1;
/** {@link DecisionLookup.lookup}: decided and dropped; its late spans are dropped too. */
export const DECIDED_DROPPED = 0;

/** What is known of a decision made before, filled by {@link DecisionLookup.lookup} unless the trace is undecided. */
export interface PastDecision {
  /** Who is credited with the late span. */
  rule: number;
  /** Collector clock at the first span of the trace, s, modulo 2^16. */
  seenSeconds: number;
}

/** How long ago its trace was first seen, ms, to the second; modulo 18 hours. @param nowMs collector clock */
export function ageMs({ seenSeconds }: PastDecision, nowMs: number): number {
  return ((Math.floor(nowMs / 1000) - seenSeconds) & 0xffff) * 1000;
}

export interface DecisionLookup {
  /**
   * HOT: per span of a trace that is not in the buffer. Ids are the big-endian words of the trace id, signed
   * (numbers beyond 2^31 would be made on the heap for every call) or not.
   * @returns {@link UNDECIDED}, {@link DECIDED_DROPPED}, or k > 0: the kept entry.
   */
  lookup(id0: number, id1: number, id2: number, id3: number, past?: PastDecision): number;
  /** Collector clock, ms: traces whose first span came since then are all known; -Infinity = nothing was forgotten. Absent = unknown. */
  readonly rememberedSinceMs?: () => number;
}
