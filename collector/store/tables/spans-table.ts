// Encodes kept spans: walks the OTLP Span bytes once and copies them into columns, without strings or objects per span.
// Unknown fields are skipped, field order is free, the last of a repeated scalar counts, as in protobuf.
import { SPANS_TABLE } from '#proto/tables/spans.ts';
import { WireWalk } from '#proto/wire/walk.ts';
import { KIND_UNSPECIFIED, SPAN_KINDS, STATUS_CODES, STATUS_UNSET } from '#proto/otlp/enums.ts';
import { SPAN, SPAN_EVENT, STATUS } from '#proto/otlp/fields.ts';
import { UInt32Column, type FixedWidthColumn } from '../columns/fixed-columns.ts';
import { AttributesColumns } from './attributes-columns.ts';
import { BlockTable } from './block-table.ts';
import { thText, traceStateWithThreshold } from './trace-state.ts';

/** What a span's row holds beyond the span. One object, reused from span to span. */
export interface SpanRowContext {
  /** Raw start of the trace in Unix ns, unsigned halves. */
  traceStartHi: number;
  traceStartLo: number;
  /** Clock correction of its host and the half width of its error bar, ns. */
  skewNs: number;
  skewErrorNs: number;
  /** Threshold it was kept at: two 28-bit halves; 0/0 keeps all, 2^28/0 is none that is known. */
  thresholdHi: number;
  thresholdLo: number;
  /** Adjusted count. */
  weight: number;
  /** R of the trace, 14 hex digits, where it is not its id's: then every span carries it as `rv`. */
  randomness?: string | undefined;
  serviceBytes: Buffer;
  /** Ids of tables resources and scopes, big-endian words. */
  resourceIdHi: number;
  resourceIdLo: number;
  scopeIdHi: number;
  scopeIdLo: number;
}

/** One to be filled, again and again. */
export function newSpanRowContext(): SpanRowContext {
  return {
    traceStartHi: 0,
    traceStartLo: 0,
    skewNs: 0,
    skewErrorNs: 0,
    thresholdHi: 0,
    thresholdLo: 0,
    weight: 1,
    serviceBytes: Buffer.alloc(0),
    resourceIdHi: 0,
    resourceIdLo: 0,
    scopeIdHi: 0,
    scopeIdLo: 0,
  };
}

// Constants of this module: the tags that hot code compares.
const { traceId: TRACE_ID, spanId: SPAN_ID, parentSpanId: PARENT_ID, traceState: TRACE_STATE, flags: FLAGS } = SPAN;
const { name: NAME, kind: KIND, startTimeUnixNano: START, endTimeUnixNano: END, status: SPAN_STATUS } = SPAN;
const { attributes: ATTRIBUTES, events: EVENTS, links: LINKS } = SPAN;
const { droppedAttributesCount: DROPPED_ATTRIBUTES, droppedEventsCount: DROPPED_EVENTS } = SPAN;
const { droppedLinksCount: DROPPED_LINKS } = SPAN;
const { message: STATUS_MESSAGE, code: STATUS_CODE } = STATUS;
const { name: EVENT_NAME } = SPAN_EVENT;

const NO_BYTES: Buffer = Buffer.alloc(0);
const ZERO_ID = Buffer.alloc(16);

export class SpansTable extends BlockTable<typeof SPANS_TABLE> {
  readonly #traceId = this.columns.trace_id;
  readonly #traceStart = this.columns.trace_start;
  readonly #writer = this.columns.writer;
  readonly #start = this.columns.start;
  readonly #duration = this.columns.duration_ns;
  readonly #skew = this.columns.skew_ns;
  readonly #skewError = this.columns.skew_error_ns;
  readonly #spanId = this.columns.span_id;
  readonly #parentSpanId = this.columns.parent_span_id;
  readonly #service = this.columns.service;
  readonly #name = this.columns.name;
  readonly #kind = this.columns.kind;
  readonly #status = this.columns.status_code;
  readonly #statusMessage = this.columns.status_message;
  readonly #flags = this.columns.flags;
  readonly #traceState = this.columns.trace_state;
  readonly #weight = this.columns.weight;
  readonly #resourceId = this.columns.resource_id;
  readonly #scopeId = this.columns.scope_id;
  readonly #attributes = new AttributesColumns(this.columns);
  readonly #eventNames = this.columns.event_names;
  readonly #eventName = this.#eventNames.inner[0];
  readonly #events = this.columns.events;
  readonly #event = this.#events.inner[0];
  readonly #links = this.columns.links;
  readonly #link = this.#links.inner[0];
  readonly #droppedAttributes = this.columns.dropped_attributes;
  readonly #droppedEvents = this.columns.dropped_events;
  readonly #droppedLinks = this.columns.dropped_links;

  readonly #fields = new WireWalk();
  /** Of a status or an event. */
  readonly #inner = new WireWalk();
  #lastService: Buffer = NO_BYTES;
  #lastServiceIndex = 0;
  // The trace_state of spans without one of their own, for the threshold seen last.
  #thresholdHi = -1;
  #thresholdLo = -1;
  #thresholdText = '0';
  #randomness: string | undefined;
  #ownState: Buffer = NO_BYTES;

  constructor() {
    super(SPANS_TABLE);
  }

  protected override audited(): {
    readonly writer: UInt32Column;
    readonly of: FixedWidthColumn;
    readonly isId: boolean;
  } {
    return { writer: this.#writer, of: this.#spanId, isId: true };
  }

  protected override afterCut(): void {
    this.#lastService = NO_BYTES;
    this.#lastServiceIndex = 0;
  }

  /** HOT. One row from the Span message in bytes[spanStart, spanEnd), which has been validated. */
  append(bytes: Buffer, spanStart: number, spanEnd: number, row: SpanRowContext): void {
    let traceIdAt = -1;
    let spanIdAt = -1;
    let parentAt = -1;
    let startAt = -1;
    let endAt = -1;
    let stateStart = 0;
    let stateEnd = 0;
    let nameStart = 0;
    let nameEnd = 0;
    let messageStart = 0;
    let messageEnd = 0;
    let kind = 0;
    let status = 0;
    let flags = 0;
    let droppedAttributes = 0;
    let droppedEvents = 0;
    let droppedLinks = 0;
    const fields = this.#fields;
    fields.open(bytes, spanStart, spanEnd);
    while (fields.next()) {
      switch (fields.tag) {
        case TRACE_ID:
          traceIdAt = fields.length === 16 ? fields.from : -1;
          break;
        case SPAN_ID:
          spanIdAt = fields.length === 8 ? fields.from : -1;
          break;
        case TRACE_STATE:
          stateStart = fields.from;
          stateEnd = fields.to;
          break;
        case PARENT_ID:
          parentAt = fields.length === 8 ? fields.from : -1;
          break;
        case NAME:
          nameStart = fields.from;
          nameEnd = fields.to;
          break;
        case KIND:
          kind = fields.unsignedNumber;
          break;
        case START:
          startAt = fields.from;
          break;
        case END:
          endAt = fields.from;
          break;
        case ATTRIBUTES:
          this.#attributes.append(bytes, fields.from, fields.to);
          break;
        case DROPPED_ATTRIBUTES:
          droppedAttributes = fields.lo;
          break;
        case EVENTS:
          this.#appendEvent(bytes, fields.from, fields.to);
          break;
        case DROPPED_EVENTS:
          droppedEvents = fields.lo;
          break;
        case LINKS:
          this.#link.append(bytes, fields.from, fields.to);
          break;
        case DROPPED_LINKS:
          droppedLinks = fields.lo;
          break;
        case SPAN_STATUS: {
          const inner = this.#inner;
          inner.open(bytes, fields.from, fields.to);
          while (inner.next()) {
            if (inner.tag === STATUS_MESSAGE) {
              messageStart = inner.from;
              messageEnd = inner.to;
            } else if (inner.tag === STATUS_CODE) status = inner.unsignedNumber;
          }
          break;
        }
        case FLAGS: {
          const at = fields.from;
          flags = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
          break;
        }
        default:
          break;
      }
    }
    if (traceIdAt >= 0) this.#traceId.append(bytes, traceIdAt);
    else this.#traceId.append(ZERO_ID, 0);
    if (spanIdAt >= 0) this.#spanId.append(bytes, spanIdAt);
    else this.#spanId.append(ZERO_ID, 0);
    if (parentAt >= 0) this.#parentSpanId.append(bytes, parentAt);
    else this.#parentSpanId.append(ZERO_ID, 0);
    this.#traceStart.appendHalves(row.traceStartHi, row.traceStartLo);
    this.#appendTimes(bytes, startAt, endAt);
    this.#skew.append(row.skewNs);
    this.#skewError.append(row.skewErrorNs);
    if (row.serviceBytes === this.#lastService) {
      this.#service.appendIndex(this.#lastServiceIndex);
    } else {
      this.#lastService = row.serviceBytes;
      this.#lastServiceIndex = this.#service.append(row.serviceBytes, 0, row.serviceBytes.length);
    }
    this.#name.append(bytes, nameStart, nameEnd);
    this.#kind.append(kind >= SPAN_KINDS.length ? KIND_UNSPECIFIED : kind);
    this.#status.append(status >= STATUS_CODES.length ? STATUS_UNSET : status);
    this.#statusMessage.append(bytes, messageStart, messageEnd);
    this.#flags.append(flags);
    if (
      row.thresholdHi !== this.#thresholdHi ||
      row.thresholdLo !== this.#thresholdLo ||
      row.randomness !== this.#randomness
    )
      this.#setThreshold(row.thresholdHi, row.thresholdLo, row.randomness);
    if (stateStart === stateEnd) this.#traceState.append(this.#ownState, 0, this.#ownState.length);
    else
      this.#traceState.appendText(
        traceStateWithThreshold(bytes.toString('utf8', stateStart, stateEnd), this.#thresholdText, this.#randomness),
      );
    this.#weight.append(row.weight);
    this.#resourceId.appendHalves(row.resourceIdHi, row.resourceIdLo);
    this.#scopeId.appendHalves(row.scopeIdHi, row.scopeIdLo);
    this.#attributes.endRow();
    this.#eventNames.endRow();
    this.#events.endRow();
    this.#links.endRow();
    this.#droppedAttributes.append(droppedAttributes);
    this.#droppedEvents.append(droppedEvents);
    this.#droppedLinks.append(droppedLinks);
    this.endRow(spanEnd - spanStart);
  }

  /** HOT. start as it is, duration = end - start in 64-bit arithmetic (negative when it ends before it starts). */
  #appendTimes(bytes: Buffer, startAt: number, endAt: number): void {
    const start = startAt >= 0 ? bytes : ZERO_ID;
    const end = endAt >= 0 ? bytes : ZERO_ID;
    const s = startAt >= 0 ? startAt : 0;
    const e = endAt >= 0 ? endAt : 0;
    this.#start.appendFixed64(start, s);
    const startLo = (start[s]! | (start[s + 1]! << 8) | (start[s + 2]! << 16) | (start[s + 3]! << 24)) >>> 0;
    const startHi = start[s + 4]! | (start[s + 5]! << 8) | (start[s + 6]! << 16) | (start[s + 7]! << 24);
    const endLo = (end[e]! | (end[e + 1]! << 8) | (end[e + 2]! << 16) | (end[e + 3]! << 24)) >>> 0;
    const endHi = end[e + 4]! | (end[e + 5]! << 8) | (end[e + 6]! << 16) | (end[e + 7]! << 24);
    this.#duration.appendHalves((endHi - startHi - (endLo < startLo ? 1 : 0)) | 0, (endLo - startLo) | 0);
  }

  #appendEvent(bytes: Buffer, start: number, end: number): void {
    let nameStart = 0;
    let nameEnd = 0;
    const inner = this.#inner;
    inner.open(bytes, start, end);
    while (inner.next()) {
      if (inner.tag !== EVENT_NAME) continue;
      nameStart = inner.from;
      nameEnd = inner.to;
    }
    this.#eventName.append(bytes, nameStart, nameEnd);
    this.#event.append(bytes, start, end);
  }

  #setThreshold(hi: number, lo: number, randomness: string | undefined): void {
    this.#randomness = randomness;
    this.#thresholdHi = hi;
    this.#thresholdLo = lo;
    this.#thresholdText = thText(hi, lo);
    this.#ownState = Buffer.from(traceStateWithThreshold('', this.#thresholdText, randomness));
  }
}
