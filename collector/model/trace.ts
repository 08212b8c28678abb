// A whole trace as the stages after assembly see it: row numbers into the span table, and where to look things up.
import type { InternTable } from './intern-table.ts';
import type { ResourceTable, ScopeTable } from './resource-table.ts';
import type { SlabPool } from './slab-pool.ts';
import type { SpanTable } from './span-table.ts';

/** What all stages of one shard share. */
export interface SpanMemory {
  readonly spans: SpanTable;
  readonly slabs: SlabPool;
  readonly resources: ResourceTable;
  readonly scopes: ScopeTable;
  /** Span names and service names; hosts have their own. */
  readonly names: InternTable;
  readonly services: InternTable;
  readonly hosts: InternTable;
}

/** Why a trace was decided when it was. */
export type Trigger = 'complete' | 'after_root' | 'timeout' | 'memory' | 'span_limit' | 'shutdown' | 'late' | 'rescue';

/**
 * One trace at its decision. The object is used again for the next trace: callers MUST NOT keep it, or `rows`, after they return.
 * rows[0, count) are rows of memory.spans in arrival order.
 */
export interface TraceView {
  readonly memory: SpanMemory;
  /** 128-bit id as four big-endian words. */
  id0: number;
  id1: number;
  id2: number;
  id3: number;
  rows: Int32Array;
  count: number;
  /** Bytes of span payload. */
  payloadBytes: number;
  /** Earliest raw start of its spans, halves of Unix ns. */
  startHi: number;
  startLo: number;
  /** Latest raw end minus earliest raw start, ns, at least 0. */
  durationNs: number;
  errorCount: number;
  /** A span without parent has been seen. */
  rootPresent: boolean;
  /** Distinct parent ids that are not in the trace. */
  missingParents: number;
  /** Row of the primary root: earliest parentless SERVER/CONSUMER, else earliest parentless, else earliest span. */
  rootRow: number;
  trigger: Trigger;
  /** Collector clock, ms, when its first span came. */
  firstSeenMs: number;
  /** … when it is decided. */
  decidedMs: number;
  /** High half of the least threshold it can have (T_min under overload when its first span came; the low half is 0); 0 = none. */
  leastHi: number;
  /** Copies of its spans that came and are not in it; which spans they are copies of is in their rows (SpanTable.copies). Absent = 0. */
  copies?: number;
}

/** The decision on a trace. Threshold T = two 28-bit halves; the trace is kept iff R >= T (reference: OTel consistent probability sampling). */
export interface Decision {
  keep: boolean;
  /** Index into the rule set's names. */
  rule: number;
  thresholdHi: number;
  thresholdLo: number;
  /** Adjusted count of a kept trace: 2^56 / (2^56 - T); 0 where nobody knows it (then T is 2^56). */
  weight: number;
  /** false: R was not compared with T (a Collector's own hash decided), so T gives the weight and is not written as `th`. */
  writesTh?: boolean | undefined;
  /** R that was compared with T, halves of 28 bits; undefined when it was the trace id's, or nobody knows any more. */
  randomHi?: number | undefined;
  /** Duration that rules went by, ns, where clock offsets in force changed it; undefined: the view's. */
  correctedNs?: number | undefined;
  randomLo?: number | undefined;
}
