// What a shard is told: its limits and waits, and whom it asks.
import type { Decision, TraceView } from '#collector/model/trace.ts';
import type { ArrivalControl } from './arrival-control.ts';
import type { DecidedSpans } from './decided-spans.ts';
import type { DecisionHold } from './held-traces.ts';
import type { DecisionLookup, PastDecision } from './decision-lookup.ts';
import type { SpanColumns } from './span-columns.ts';

export interface ShardOptions {
  /** A trace with its root and all parents is decided when nothing came for so long. */
  readonly quietMs: number;
  /** With a root, but with parents missing: so long after the root came. */
  readonly afterRootMs: number;
  /** At the latest so long after its first span. */
  readonly maxMs: number;
  /** Late spans of a kept trace are handed on when none came for so long; absent = quietMs. */
  readonly lateMs?: number | undefined;
  /** Most undecided traces; of more the oldest are decided early. Absent = as many as the buffer takes. */
  readonly maxTraces?: number | undefined;
  /** Spans with their bookkeeping, together; above it traces are decided early. Slabs may hold up to twice as much for a moment. */
  readonly maxBytes: number;
  /** A trace with so many spans, or span bytes, is decided at once; further spans follow that decision. */
  readonly spansPerTrace: number;
  readonly bytesPerTrace: number;
  /** Most traces at a time. */
  readonly traceCapacity: number;
  /** 32 random bits. */
  readonly seed: number;
}

export interface ShardCallbacks {
  readonly decisions: DecisionLookup;
  /** Knows copies of spans whose trace was decided; without it only those of buffered ones are known. */
  readonly decidedSpans?: DecidedSpans | undefined;
  /** Decides, and takes what it needs of a kept trace before it returns; undefined = hold it until its window ends. MUST not call the shard. */
  readonly onTrace: (trace: TraceView) => Decision | undefined;
  /** Decides on held traces; without it none may be held. */
  readonly hold?: DecisionHold | undefined;
  /** Turns traces away under overload; without it all are taken in. */
  readonly arrival?: ArrivalControl | undefined;
  /** HOT: called for each span whose trace was dropped before, or turned away: it is counted and dropped. */
  readonly onLateDropped?:
    | ((columns: SpanColumns, span: number, body: Buffer, past: PastDecision, nowMs: number) => void)
    | undefined;
  /** onTrace threw: its spans count as dropped (internal_error), the shard goes on. */
  readonly onFailure: (error: unknown) => void;
}
