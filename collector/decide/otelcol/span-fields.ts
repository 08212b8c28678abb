// Fields of a span that only the compatible policies read: flags, and the status code as it was sent, unknown ones too.
import { WireWalk } from '#proto/wire/walk.ts';
import { SPAN, STATUS } from '#proto/otlp/fields.ts';
import type { TraceCursor } from '../trace-cursor.ts';

const fields = new WireWalk();
const inner = new WireWalk();

/** The low byte of Span.flags; 0 when absent. */
export function spanFlags(cursor: TraceCursor): number {
  const { bytes, from, to } = cursor.spanBytes();
  let flags = 0;
  fields.open(bytes, from, to);
  while (fields.next()) if (fields.tag === SPAN.flags) flags = bytes[fields.from]!;
  return flags;
}

/** Status.code as sent. */
export function statusCode(cursor: TraceCursor): number {
  const { bytes, from, to } = cursor.spanBytes();
  let code = 0;
  fields.open(bytes, from, to);
  while (fields.next()) {
    if (fields.tag !== SPAN.status) continue;
    inner.open(bytes, fields.from, fields.to);
    while (inner.next()) if (inner.tag === STATUS.code) code = inner.lo;
  }
  return code;
}
