// Encodes log records: walks the OTLP LogRecord bytes once and copies them into columns, as the spans' encoder does.
import { LOGS_TABLE } from '#proto/tables/logs.ts';
import { WireWalk } from '#proto/wire/walk.ts';
import { MAX_SEVERITY } from '#proto/otlp/enums.ts';
import { LOG_RECORD } from '#proto/otlp/fields.ts';
import { UInt32Column, type FixedWidthColumn } from '../columns/fixed-columns.ts';
import { AnyValueColumns } from './any-value-columns.ts';
import { AttributesColumns } from './attributes-columns.ts';
import { BlockTable } from './block-table.ts';

// Constants of this module: the tags that hot code compares.
const {
  timeUnixNano: TIME,
  observedTimeUnixNano: OBSERVED,
  severityNumber: SEVERITY,
  severityText: SEVERITY_TEXT,
} = LOG_RECORD;
const { body: BODY, attributes: ATTRIBUTES, droppedAttributesCount: DROPPED_ATTRIBUTES, flags: FLAGS } = LOG_RECORD;
const { traceId: TRACE_ID, spanId: SPAN_ID, eventName: EVENT_NAME } = LOG_RECORD;

/** What a log row holds beyond the record. One object, reused. */
export interface LogRowContext {
  serviceBytes: Buffer;
  /** Adjusted count. */
  weight: number;
  resourceIdHi: number;
  resourceIdLo: number;
  scopeIdHi: number;
  scopeIdLo: number;
  /** When it was received, Unix ns halves: stands in where the record has neither time nor observed time. */
  receivedHi: number;
  receivedLo: number;
}

const ZERO_ID = Buffer.alloc(16);

export class LogsTable extends BlockTable<typeof LOGS_TABLE> {
  readonly #fields = new WireWalk();
  readonly #ts = this.columns.ts;
  readonly #observed = this.columns.observed;
  readonly #writer = this.columns.writer;
  readonly #traceId = this.columns.trace_id;
  readonly #spanId = this.columns.span_id;
  readonly #service = this.columns.service;
  readonly #severity = this.columns.severity;
  readonly #severityText = this.columns.severity_text;
  readonly #eventName = this.columns.event_name;
  readonly #body = new AnyValueColumns(this.columns.body_type, this.columns.body);
  readonly #flags = this.columns.flags;
  readonly #weight = this.columns.weight;
  readonly #resourceId = this.columns.resource_id;
  readonly #scopeId = this.columns.scope_id;
  readonly #attributes = new AttributesColumns(this.columns);
  readonly #droppedAttributes = this.columns.dropped_attributes;

  constructor() {
    super(LOGS_TABLE);
  }

  protected override audited(): { readonly writer: UInt32Column; readonly of: FixedWidthColumn } {
    return { writer: this.#writer, of: this.#ts };
  }

  /** HOT. One row from the LogRecord message in bytes[start, end), which has been validated. */
  append(bytes: Buffer, start: number, end: number, row: LogRowContext): void {
    let timeAt = -1;
    let observedAt = -1;
    let traceIdAt = -1;
    let spanIdAt = -1;
    let severity = 0;
    let textStart = 0;
    let textEnd = 0;
    let eventStart = 0;
    let eventEnd = 0;
    let bodyStart = 0;
    let bodyEnd = 0;
    let dropped = 0;
    let flags = 0;
    const fields = this.#fields;
    fields.open(bytes, start, end);
    while (fields.next()) {
      switch (fields.tag) {
        case TIME:
          timeAt = fields.from;
          break;
        case OBSERVED:
          observedAt = fields.from;
          break;
        case SEVERITY:
          severity = fields.unsignedNumber;
          break;
        case DROPPED_ATTRIBUTES:
          dropped = fields.lo;
          break;
        case FLAGS:
          flags = bytes.readInt32LE(fields.from);
          break;
        case SEVERITY_TEXT:
          textStart = fields.from;
          textEnd = fields.to;
          break;
        case BODY:
          bodyStart = fields.from;
          bodyEnd = fields.to;
          break;
        case ATTRIBUTES:
          this.#attributes.append(bytes, fields.from, fields.to);
          break;
        case TRACE_ID:
          traceIdAt = fields.length === 16 ? fields.from : -1;
          break;
        case SPAN_ID:
          spanIdAt = fields.length === 8 ? fields.from : -1;
          break;
        case EVENT_NAME:
          eventStart = fields.from;
          eventEnd = fields.to;
          break;
        default:
          break;
      }
    }
    if (timeAt >= 0 && isZero(bytes, timeAt)) timeAt = -1;
    if (observedAt >= 0 && isZero(bytes, observedAt)) observedAt = -1;
    const shownAt = timeAt >= 0 ? timeAt : observedAt;
    if (shownAt >= 0) this.#ts.appendFixed64(bytes, shownAt);
    else this.#ts.appendHalves(row.receivedHi, row.receivedLo);
    if (observedAt >= 0) this.#observed.appendFixed64(bytes, observedAt);
    else this.#observed.appendHalves(0, 0);
    this.#traceId.append(traceIdAt >= 0 ? bytes : ZERO_ID, traceIdAt >= 0 ? traceIdAt : 0);
    this.#spanId.append(spanIdAt >= 0 ? bytes : ZERO_ID, spanIdAt >= 0 ? spanIdAt : 0);
    this.#service.append(row.serviceBytes, 0, row.serviceBytes.length);
    this.#severity.append(severity > MAX_SEVERITY ? 0 : severity);
    this.#severityText.append(bytes, textStart, textEnd);
    this.#eventName.append(bytes, eventStart, eventEnd);
    this.#body.append(bytes, bodyStart, bodyEnd);
    this.#flags.append(flags);
    this.#weight.append(row.weight);
    this.#resourceId.appendHalves(row.resourceIdHi, row.resourceIdLo);
    this.#scopeId.appendHalves(row.scopeIdHi, row.scopeIdLo);
    this.#attributes.endRow();
    this.#droppedAttributes.append(dropped);
    this.endRow(end - start);
  }
}

function isZero(bytes: Buffer, at: number): boolean {
  for (let i = at; i < at + 8; i++) if (bytes[i] !== 0) return false;
  return true;
}
