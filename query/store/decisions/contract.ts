// The decision log as a store answers for it: kept and dropped traces alike. Trace ids are lower-case hex, times Unix ns in decimal, as text.
import type { TimeRange } from '../time-range.ts';

export interface StoredDecision {
  readonly traceId: string;
  readonly decidedNs: string;
  /** `kept`, or any other word: dropped. */
  readonly decision: string;
  readonly rule: string;
  /** `late`: spans that follow an earlier decision, and are none. */
  readonly trigger: string;
  /** T, 14 hex digits. */
  readonly thresholdHex: string;
  /** R that was compared with T, 14 hex digits. */
  readonly randomnessHex: string;
  /** Adjusted count: how many traces it stands for. */
  readonly adjustedCount: number;
  readonly rootService: string;
  readonly rootName: string;
  readonly startNs: string;
  readonly durationNs: number;
  readonly spanCount: number;
  readonly byteCount: number;
  readonly errorCount: number;
  readonly rootPresent: boolean;
  readonly missingParents: number;
}

export interface DecisionFilter {
  readonly range: TimeRange;
  /** Of the root. */
  readonly service?: string | undefined;
  readonly decision?: string | undefined;
  readonly rule?: string | undefined;
}

/** Traces, and their spans. */
interface DecisionCounts {
  readonly kept: number;
  readonly dropped: number;
  readonly keptSpans: number;
  readonly droppedSpans: number;
}

export interface NamedCounts extends DecisionCounts {
  readonly name: string;
}

export interface RulePoint {
  readonly rule: string;
  /** Point p begins at the range's start, whole ms, + p · step. */
  readonly point: number;
  readonly kept: number;
  readonly dropped: number;
}

/** The first decision on a trace. */
export interface FirstDecision {
  readonly traceId: string;
  readonly firstDecision: string;
  readonly firstRule: string;
  readonly rootService: string;
  readonly rootName: string;
  readonly startNs: string;
  readonly durationNs: number;
  /** T, 14 hex digits. */
  readonly thresholdHex: string;
  /** R, 14 hex digits. */
  readonly randomnessHex: string;
}

interface Amounts {
  readonly rule: string;
  readonly rootService: string;
  readonly traceTotal: number;
  readonly spanTotal: number;
  readonly byteTotal: number;
}

interface DroppedAmounts extends Amounts {
  /** Of them: by a rule that keeps nothing. */
  readonly unseenTraces: number;
  readonly unseenSpans: number;
  readonly unseenBytes: number;
}

export interface LoggedAmounts {
  readonly kept: readonly Amounts[];
  readonly dropped: readonly DroppedAmounts[];
}

/** A trace as it was kept first, with its late spans. */
export interface KeptTrace {
  readonly traceId: string;
  readonly rule: string;
  readonly rootService: string;
  readonly rootName: string;
  readonly startNs: string;
  readonly durationNs: number;
  readonly spans: number;
  readonly bytes: number;
  readonly errors: number;
  /** T, 14 hex digits. */
  readonly thresholdHex: string;
  /** 0 where nobody knows. */
  readonly adjustedCount: number;
  /** 64 bits of its id, in decimal: what the order goes by. Has nothing to do with its randomness. */
  readonly hash: string;
}

export type CountedBy = 'rule' | 'rootService' | 'trigger';

export interface DecisionReader {
  /** Newest first. */
  newest(filter: DecisionFilter, limit: number): Promise<readonly StoredDecision[]>;
  /** Newest first. */
  ofTrace(traceId: string, limit: number): Promise<readonly StoredDecision[]>;
  /** Without rows of late spans, unless it is counted by trigger. Most traces first. @param service of the root */
  counts(by: CountedBy, range: TimeRange, limit: number, service?: string): Promise<readonly NamedCounts[]>;
  /** In no order. @param stepMs of a point */
  overTime(range: TimeRange, stepMs: number): Promise<readonly RulePoint[]>;
  /** In no order; traces without a decision are left out. */
  first(traceIds: readonly string[]): Promise<readonly FirstDecision[]>;
  /** Exact sums by rule and service of the root. A trace that came back for others' sake counts as what it was at first. */
  amounts(range: TimeRange): Promise<LoggedAmounts>;
  /** In the order of their hashes, which is an even choice. */
  keptByHash(range: TimeRange, limit: number): Promise<readonly KeptTrace[]>;
}
