// The messages around and inside a span: only checked here, field by field (of a status, its code is read).
import { STATUS_CODES, STATUS_UNSET } from '#proto/otlp/enums.ts';
import { INSTRUMENTATION_SCOPE, RESOURCE, SPAN_EVENT, SPAN_LINK, STATUS } from '#proto/otlp/fields.ts';
import { WireScanner } from './wire-scanner.ts';

// Constants of this module: the tags that hot code compares.
const { code: CODE, message: MESSAGE, deprecatedCode: DEPRECATED_CODE } = STATUS;
const { timeUnixNano: EVENT_TIME, name: EVENT_NAME, attributes: EVENT_ATTRIBUTES } = SPAN_EVENT;
const { droppedAttributesCount: EVENT_DROPPED } = SPAN_EVENT;
const { traceId: LINK_TRACE_ID, spanId: LINK_SPAN_ID, traceState: LINK_TRACE_STATE } = SPAN_LINK;
const { attributes: LINK_ATTRIBUTES, droppedAttributesCount: LINK_DROPPED, flags: LINK_FLAGS } = SPAN_LINK;
/** How many codes there are. */
const CODES = STATUS_CODES.length;

export class TracePartsScanner extends WireScanner {
  /** HOT: spans with a status. Unknown codes count as unset. */
  protected status(from: number, end: number, before: number): number {
    const bytes = this.bytes;
    let status = before;
    let p = from;
    while (p < end) {
      let tag = bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      if (tag === CODE) {
        p = this.uvarint(p, end);
        status = this.value < CODES ? this.value : STATUS_UNSET;
      } else if (tag === MESSAGE) p = this.payload(p, end) + this.value;
      else if (tag === DEPRECATED_CODE) p = this.skipVarint(p, end); // the deprecated code of older SDKs
      else p = this.skip(tag, p, end, 3);
    }
    return status;
  }

  protected event(from: number, end: number): void {
    const bytes = this.bytes;
    let p = from;
    while (p < end) {
      let tag = bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      if (tag === EVENT_TIME) p = this.fixed(p, end, 8);
      else if (tag === EVENT_NAME) p = this.payload(p, end) + this.value;
      else if (tag === EVENT_ATTRIBUTES) p = this.attribute(p, end);
      else if (tag === EVENT_DROPPED) p = this.skipVarint(p, end);
      else p = this.skip(tag, p, end, 4);
    }
  }

  protected link(from: number, end: number): void {
    const bytes = this.bytes;
    let p = from;
    while (p < end) {
      let tag = bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      if (tag === LINK_TRACE_ID || tag === LINK_SPAN_ID || tag === LINK_TRACE_STATE)
        p = this.payload(p, end) + this.value;
      else if (tag === LINK_ATTRIBUTES) p = this.attribute(p, end);
      else if (tag === LINK_DROPPED) p = this.skipVarint(p, end);
      else if (tag === LINK_FLAGS) p = this.fixed(p, end, 4);
      else p = this.skip(tag, p, end, 6);
    }
  }

  protected resource(from: number, end: number): void {
    let p = from;
    while (p < end) {
      p = this.longTag(p, end);
      const tag = this.value;
      if (tag === RESOURCE.attributes) p = this.attribute(p, end);
      else if (tag === RESOURCE.droppedAttributesCount) p = this.skipVarint(p, end);
      else if (tag === RESOURCE.entityRefs) {
        p = this.payload(p, end);
        const to = p + this.value;
        this.strings(p, to, 4);
        p = to;
      } else p = this.skip(tag, p, end, 3);
    }
  }

  protected scope(from: number, end: number): void {
    let p = from;
    while (p < end) {
      p = this.longTag(p, end);
      const tag = this.value;
      if (tag === INSTRUMENTATION_SCOPE.name || tag === INSTRUMENTATION_SCOPE.version)
        p = this.payload(p, end) + this.value;
      else if (tag === INSTRUMENTATION_SCOPE.attributes) p = this.attribute(p, end);
      else if (tag === INSTRUMENTATION_SCOPE.droppedAttributesCount) p = this.skipVarint(p, end);
      else p = this.skip(tag, p, end, 4);
    }
  }

  protected attribute(at: number, end: number): number {
    const from = this.payload(at, end);
    const to = from + this.value;
    this.keyValue(from, to);
    return to;
  }
}
