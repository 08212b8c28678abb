// What is counted of all spans, kept or not: services, operations and edges with their numbers, and the reports on broken context and repairs.
// Durations are ns; buckets are classic ones, not cumulative.
import type { TimeRange } from '../time-range.ts';

/** A histogram of durations. */
interface DurationBuckets {
  /** Upper bounds in µs, in any order; 4294967295 is +Inf. */
  readonly boundsUs: readonly number[];
  /** Of each bound. */
  readonly counts: readonly number[];
}

interface CallSums extends DurationBuckets {
  readonly total: number;
  readonly failed: number;
  readonly durationSumNs: number;
}

export interface ServiceSums extends CallSums {
  readonly service: string;
  /** Its SERVER and CONSUMER spans; false: its others. */
  readonly served: boolean;
  /** Distinct span names. */
  readonly operations: number;
}

export interface ServicePoint {
  readonly service: string;
  readonly served: boolean;
  /** Point p begins at the range's start + p · width. */
  readonly point: number;
  readonly total: number;
  readonly failed: number;
}

export interface OperationSums extends CallSums {
  readonly name: string;
  /** OTLP SpanKind. */
  readonly kind: number;
}

interface EdgeSums extends CallSums {
  readonly caller: string;
  readonly callee: string;
  /** rpc, db, queue, external, internal, or what a newer collector writes. */
  readonly kind: string;
  /** Messages whose way from producer to consumer was measured. */
  readonly lagTotal: number;
  readonly lagTotalNs: number;
}

/** What a service served, from wherever it came. */
export interface ServedSums {
  readonly service: string;
  readonly total: number;
  readonly failed: number;
}

/** A trace in which something was seen; '' where none is known. */
interface Examples {
  readonly exampleTraceId: string;
  /** One that was kept. */
  readonly keptTraceId: string;
}

export interface PropagationLine extends Examples {
  /** What a newer collector writes may be another one than is known here. */
  readonly cause: string;
  readonly caller: string;
  readonly callee: string;
  readonly total: number;
  /** What `total` is a part of. */
  readonly outOf: number;
}

export interface RepairLine extends Examples {
  readonly service: string;
  /** What a newer collector writes may be another one than is known here. */
  readonly kind: string;
  readonly traceTotal: number;
  readonly total: number;
}

export interface OperationsRequest {
  readonly service: string;
  readonly range: TimeRange;
  readonly limit: number;
  /** Only names with this in them, in any case of letters. */
  readonly contains?: string | undefined;
}

export interface OperationOf {
  readonly service: string;
  readonly name: string;
  /** OTLP SpanKind. */
  readonly kind: number;
  readonly range: TimeRange;
}

/** The first rows of a list, and how long it is. */
interface Counted<T> {
  readonly rows: readonly T[];
  readonly count: number;
}

export interface ServiceReader {
  /** By service; of one service what it served comes first. */
  services(range: TimeRange): Promise<readonly ServiceSums[]>;
  /** In no order. @param widthS of a point, whole seconds */
  trends(range: TimeRange, widthS: number): Promise<readonly ServicePoint[]>;
  /** Seconds from the first span in the range to the last, the last whole; 0 without any. */
  dataSeconds(range: TimeRange): Promise<number>;
  /** Busiest first. */
  operations(request: OperationsRequest): Promise<Counted<OperationSums>>;
  /** One operation; undefined without a call. */
  operation(which: OperationOf): Promise<OperationSums | undefined>;
  /** Busiest first. */
  edges(range: TimeRange, limit: number): Promise<Counted<EdgeSums>>;
  /** In no order. */
  served(range: TimeRange): Promise<readonly ServedSums[]>;
  /** Most problems first. */
  propagation(range: TimeRange, limit: number): Promise<readonly PropagationLine[]>;
  /** Most spans first. */
  repairs(range: TimeRange, limit: number): Promise<readonly RepairLine[]>;
}
