// What the assembler asks about a trace that it no longer holds: was it decided, and how? Implemented by the decision memory.

/** {@link DecisionLookup.lookup}: never decided, or forgotten. */
export const UNDECIDED = -1;
/** {@link DecisionLookup.lookup}: decided and let go; its late spans are let go too. */
export const DECIDED_DROPPED = 0;

export interface DecisionLookup {
  /**
   * HOT: per span of a trace that is not in the buffer. Ids are the big-endian words of the trace id, signed
   * (numbers beyond 2^31 would be made on the heap for every call) or not.
   * @returns {@link UNDECIDED}, {@link DECIDED_DROPPED}, or k > 0: the kept entry.
   */
  lookup(id0: number, id1: number, id2: number, id3: number): number;
  /** Rule of the last answer that was not {@link UNDECIDED}: who is credited with the late span. */
  readonly rule: number;
  /** Collector clock, ms: traces whose first span came since then are all known; -Infinity = nothing was forgotten. Absent = unknown. */
  readonly rememberedSinceMs?: () => number;
}
