// Kept traces as a store answers for them: plain data, in the order and with the bounds that this contract gives, whatever stores them.
// Trace and span ids are lower-case hex; times are Unix ns in decimal, as text; durations are ns.
import type { Comparison, Expression } from '#proto/search/expression.ts';
import type { StoredAttribute } from '../attributes.ts';
import type { StoredResource, StoredScope } from '../identities.ts';
import type { Page, PageRequest } from '../page.ts';
import type { TimeRange } from '../time-range.ts';

/** Which kept traces. */
export interface TraceFilter {
  /** Of the trace's start. */
  readonly range: TimeRange;
  /** One span of the trace meets it; what it says of the trace holds for that. */
  readonly where?: Expression | undefined;
  /** Only this trace. */
  readonly traceId?: string | undefined;
}

export type TraceOrder = 'newest' | 'slowest';

export interface TraceSummary {
  readonly traceId: string;
  /** When its first span began. */
  readonly startNs: string;
  /** The same as known when it was decided: ranges and orders go by it. */
  readonly placeNs: string;
  readonly durationNs: number;
  readonly rootService: string;
  readonly rootName: string;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly rootPresent: boolean;
  readonly missingParents: number;
  /** In no order. */
  readonly serviceSpans: readonly { readonly service: string; readonly spans: number }[];
  /** That kept it. */
  readonly rule: string;
  readonly trigger: string;
  /** Adjusted count: how many traces it stands for; 0 where that is not known, or where it stands for nothing. */
  readonly adjustedCount: number;
  /** Each once. */
  readonly warningKinds: readonly string[];
}

export interface TraceTotals {
  readonly kept: number;
  /** Sum of adjusted counts; a trace whose is not known counts for itself alone. */
  readonly standsFor: number;
  /** Of `standsFor`. */
  readonly standardError: number;
  /** Spans that match by themselves, in those traces. */
  readonly spans: { readonly kept: number; readonly standsFor: number };
}

/** Column c begins at the range's start + c · width; band b covers durations of [10^(b/4), 10^((b+1)/4)) µs. */
export interface HeatmapCell {
  readonly column: number;
  readonly band: number;
  readonly kept: number;
  readonly standsFor: number;
  readonly errors: number;
}

/** What values are listed of. `operation`: names of the spans that match, or of roots where any span will do. */
export type Facet =
  | { readonly of: 'service' | 'operation' | 'errors' | 'rule' }
  | { readonly of: 'attribute'; readonly key: string };

interface FacetValue {
  /** As text. */
  readonly value: string;
  /** Added to the filter it leaves these traces. */
  readonly condition: Comparison;
  readonly kept: number;
  readonly standsFor: number;
}

export interface FacetRequest {
  readonly facet: Facet;
  readonly limit: number;
  /** Only values with this in them, in any case of letters. */
  readonly contains?: string | undefined;
}

export interface FacetAnswer {
  /** Those that stand for most first. */
  readonly values: readonly FacetValue[];
  /** How many there are, listed or not. */
  readonly distinct: number;
}

/** An attribute key of the spans that match. */
export interface KeyUse {
  readonly key: string;
  /** Of the spans looked at. */
  readonly spans: number;
  /** Different values in them. */
  readonly distinct: number;
}

/** Sums over the traces of a filter, each weighted by its adjusted count. */
export interface PathTotals {
  readonly kept: number;
  readonly standsFor: number;
  readonly durationNs: number;
  /** Time on critical paths. */
  readonly pathNs: number;
}

/** Weighted sums over the traces of a filter. */
export interface PathOperation {
  readonly service: string;
  readonly name: string;
  /** Time on critical paths. */
  readonly onPathNs: number;
  readonly selfNs: number;
  readonly dragNs: number;
  readonly spans: number;
  /** Traces with it on the path. */
  readonly onPathTraces: number;
  /** Over the traces where it is off the path. */
  readonly slackNs: number;
  readonly offPathTraces: number;
  /** The trace in which it has most time of the path. */
  readonly exampleTraceId: string;
}

/** Spans of one trace as columns of numbers, in no order. */
export interface SpanColumns {
  readonly count: number;
  /** Unix ns that starts are relative to. */
  readonly originNs: string;
  /** Two words of each id: the low one, then the high one. */
  readonly id: Uint32Array;
  /** The same of the parent that a span names; 0, 0: none. */
  readonly parentId: Uint32Array;
  /** As the span's own clock has it. */
  readonly startNs: Float64Array;
  readonly durationNs: Float64Array;
  /** What corrects the clock, and how far that may be off. */
  readonly skewNs: Float64Array;
  readonly skewErrorNs: Float64Array;
  /** OTLP SpanKind. */
  readonly kind: Uint8Array;
  /** OTLP StatusCode. */
  readonly status: Uint8Array;
  readonly attributeCount: Uint16Array;
  readonly eventCount: Uint16Array;
  readonly linkCount: Uint16Array;
  /** Places in the lists that follow. */
  readonly resource: Int32Array;
  readonly scope: Int32Array;
  readonly operation: Int32Array;
  readonly resourceIds: readonly string[];
  readonly scopeIds: readonly string[];
  readonly operations: readonly { readonly service: string; readonly name: string }[];
}

/** With what only the page of one trace shows. */
export interface WholeSummary extends TraceSummary {
  /** T, 14 hex digits. */
  readonly thresholdHex: string;
  readonly hostOffsets: readonly { readonly host: string; readonly offsetNs: number; readonly errorNs: number }[];
  readonly warningSpans: readonly { readonly kind: string; readonly spanId: string }[];
  /** In no order. */
  readonly criticalPath: readonly { readonly service: string; readonly ns: number }[];
  readonly spanRepeats: readonly SpanRepeat[];
}

/** A run of similar siblings. */
export interface SpanRepeat {
  readonly firstSpanId: string;
  readonly service: string;
  readonly name: string;
  readonly spans: number;
  /** Sum of their durations. */
  readonly totalNs: number;
  /** From the first start to the last end. */
  readonly spanNs: number;
}

/** A span elsewhere that links to a span of a trace. */
export interface InboundLink {
  readonly targetSpanId: string;
  readonly sourceTraceId: string;
  readonly sourceSpanId: string;
  readonly sourceService: string;
  readonly sourceName: string;
  readonly sourceStartNs: string;
}

export interface WholeTrace {
  readonly summary: WholeSummary;
  readonly spans: SpanColumns;
  readonly resources: readonly StoredResource[];
  readonly scopes: readonly StoredScope[];
  /** By the span they point at, then by time. */
  readonly inboundLinks: readonly InboundLink[];
  /** OTLP Span.Link messages of its spans, a bounded number. */
  readonly linkMessages: readonly Uint8Array[];
}

export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' when it has none. */
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  /** OTLP SpanKind. */
  readonly kind: number;
  /** OTLP StatusCode. */
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly startNs: string;
  /** ns in decimal, exact. */
  readonly durationText: string;
  readonly flags: number;
  readonly traceState: string;
  readonly adjustedCount: number;
  readonly attributes: readonly StoredAttribute[];
  /** OTLP Span.Event messages, as they came. */
  readonly eventMessages: readonly Uint8Array[];
  /** OTLP Span.Link messages, as they came. */
  readonly linkMessages: readonly Uint8Array[];
  readonly droppedAttributes: number;
  readonly droppedEvents: number;
  readonly droppedLinks: number;
  readonly resourceId: string;
  readonly scopeId: string;
}

/** `start`: by trace, start and id. `identity`: by trace, then those of one resource and scope together. */
export type SpanOrder = 'start' | 'identity';

export interface SpanSelection {
  readonly traceIds: readonly string[];
  /** Only spans of this id. */
  readonly spanId?: string | undefined;
  readonly order: SpanOrder;
}

/** What is known of a stored trace by its id alone. */
export interface TraceHead {
  readonly traceId: string;
  readonly rule: string;
  readonly rootService: string;
  readonly rootName: string;
  readonly startNs: string;
  readonly durationNs: number;
}

export interface TraceReader {
  /** @param page begins anew with another order */
  search(filter: TraceFilter, order: TraceOrder, page: PageRequest): Promise<Page<TraceSummary>>;
  totals(filter: TraceFilter): Promise<TraceTotals>;
  /** @param widthNs of a column */
  heatmap(filter: TraceFilter, widthNs: bigint): Promise<readonly HeatmapCell[]>;
  facet(filter: TraceFilter, request: FacetRequest): Promise<FacetAnswer>;
  /** The most used first, of a bounded number of the spans that match. */
  attributeKeys(filter: TraceFilter, limit: number): Promise<readonly KeyUse[]>;
  pathTotals(filter: TraceFilter): Promise<PathTotals>;
  /** Most time on the path first. */
  pathOperations(filter: TraceFilter, limit: number): Promise<readonly PathOperation[]>;
  /** Undefined when nothing of it is stored; a very large trace is cut. */
  trace(traceId: string): Promise<WholeTrace | undefined>;
  /** Spans in full; unknown ids are left out. */
  spans(selection: SpanSelection): Promise<readonly StoredSpan[]>;
  /** Ids of spans of the trace that hold the term in an attribute, an event, their status or their resource. */
  spansWith(traceId: string, term: SpanTerm, limit: number): Promise<readonly string[]>;
  resources(ids: Iterable<string>): Promise<readonly StoredResource[]>;
  scopes(ids: Iterable<string>): Promise<readonly StoredScope[]>;
  /** What links to these traces, first sources first. */
  linkedFrom(traceIds: readonly string[], limit: number): Promise<readonly LinkSource[]>;
  /** In no order; what is not stored is left out. */
  heads(traceIds: readonly string[]): Promise<readonly TraceHead[]>;
  /** The adjusted count of each by now, in no order. */
  adjustedCounts(
    traceIds: readonly string[],
  ): Promise<readonly { readonly traceId: string; readonly adjustedCount: number }[]>;
  /** Undefined when nothing of it is stored. */
  storedCounts(traceId: string): Promise<{ readonly spans: number; readonly lateSpans: number } | undefined>;
}

/** What to find in a span: an attribute by key and value (any value where it is empty), or a part of any text. */
export interface SpanTerm {
  readonly key: string | undefined;
  readonly value: string;
}

export interface LinkSource {
  readonly traceId: string;
  readonly service: string;
  readonly name: string;
}
