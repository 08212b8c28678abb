// Finds in a LogRecord's bytes what makes it a reason to bring a trace back: severity ERROR or worse, and a trace id.
import { WireWalk } from '#proto/wire/walk.ts';
import { SEVERITIES } from '#proto/otlp/enums.ts';
import { LOG_RECORD } from '#proto/otlp/fields.ts';

/** Of the range ERROR; FATAL is above. */
const SEVERITY_ERROR = SEVERITIES.error;
const { severityNumber: TAG_SEVERITY, traceId: TAG_TRACE_ID } = LOG_RECORD;
const TRACE_ID_BYTES = 16;
const fields = new WireWalk();

/** HOT: per log record. Where the trace id of an error log stands in bytes[from, to), which were validated; -1 for any other record. */
export function errorLogTraceId(bytes: Uint8Array, from: number, to: number): number {
  let severity = 0;
  let traceId = -1;
  fields.open(bytes, from, to);
  while (fields.next()) {
    if (fields.tag === TAG_SEVERITY) severity = fields.lo;
    else if (fields.tag === TAG_TRACE_ID) traceId = fields.length === TRACE_ID_BYTES ? fields.from : -1;
  }
  fields.close();
  return severity >= SEVERITY_ERROR ? traceId : -1;
}
