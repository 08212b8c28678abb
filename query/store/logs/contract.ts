// Log records as a store answers for them: newest first. Ids are lower-case hex, times Unix ns in decimal, as text.
import type { Expression } from '#proto/search/expression.ts';
import type { AttributeType, StoredAttribute } from '../attributes.ts';
import type { StoredResource } from '../identities.ts';
import type { Page, PageRequest } from '../page.ts';
import type { TimeRange } from '../time-range.ts';

/** Which records. Every condition that is given must hold. */
export interface LogFilter {
  readonly range: TimeRange;
  readonly service?: string | undefined;
  /** OTLP severity number, at least. */
  readonly minSeverity?: number | undefined;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  /** Conditions on service and attributes, and words of the body, of the event's name and of attribute values. */
  readonly where?: Expression | undefined;
}

export interface StoredLog {
  readonly timeNs: string;
  readonly observedNs: string;
  readonly service: string;
  /** OTLP severity number. */
  readonly severity: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: string;
  readonly bodyType: AttributeType;
  /** All zeros when it has none; so is `spanId`. */
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
  /** Adjusted count: how many records it stands for. */
  readonly adjustedCount: number;
  readonly attributes: readonly StoredAttribute[];
  readonly resourceId: string;
}

/** Weighted, and rounded to whole records. */
export interface LogCount {
  /** Point p begins at the range's start + p · width. */
  readonly point: number;
  readonly records: number;
  /** Of severity ERROR and worse. */
  readonly errors: number;
}

export interface LogReader {
  search(filter: LogFilter, page: PageRequest): Promise<Page<StoredLog>>;
  /** Points without a record are left out. @param widthNs of a point */
  histogram(filter: LogFilter, widthNs: bigint): Promise<readonly LogCount[]>;
  resources(ids: Iterable<string>): Promise<readonly StoredResource[]>;
}
