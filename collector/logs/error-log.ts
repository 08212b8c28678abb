// Finds in a LogRecord's bytes what makes it a reason to bring a trace back: severity ERROR or worse, and a trace id.
import { SEVERITIES } from '#proto/otlp/enums.ts';
import { LOG_RECORD } from '#proto/otlp/fields.ts';
import { readVarint, skipField, walk } from '#collector/decide/values/protobuf-walk.ts';

/** Of the range ERROR; FATAL is above. */
const SEVERITY_ERROR = SEVERITIES.error;
const { severityNumber: TAG_SEVERITY, traceId: TAG_TRACE_ID } = LOG_RECORD;
const TRACE_ID_BYTES = 16;

/** HOT: per log record. Where the trace id of an error log stands in bytes[from, to), which were validated; -1 for any other record. */
export function errorLogTraceId(bytes: Uint8Array, from: number, to: number): number {
  let severity = 0;
  let traceId = -1;
  let at = from;
  while (at < to) {
    const tag = bytes[at]!;
    if (tag === TAG_SEVERITY) {
      readVarint(bytes, at + 1, to);
      severity = walk.low;
      at = walk.position;
    } else if (tag === TAG_TRACE_ID) {
      readVarint(bytes, at + 1, to);
      traceId = walk.low === TRACE_ID_BYTES ? walk.position : -1;
      at = walk.position + walk.low;
    } else {
      readVarint(bytes, at, to);
      at = skipField(bytes, walk.position, to, tag & 7);
    }
  }
  return severity >= SEVERITY_ERROR ? traceId : -1;
}
