// Fields of a span that only the compatible policies read: flags, and the status code as it was sent, unknown ones too.
import { SPAN, STATUS } from '#proto/otlp/fields.ts';
import { readVarint, skipField, walk } from '../values/protobuf-walk.ts';
import type { TraceCursor } from '../trace-cursor.ts';

const { status: STATUS_TAG } = SPAN;
const { code: CODE_TAG } = STATUS;
/** A tag of two bytes. */
const FLAGS_TAG_LOW = (SPAN.flags & 0x7f) | 0x80;
const FLAGS_TAG_HIGH = SPAN.flags >>> 7;

/** Span.flags; 0 when absent. */
export function spanFlags(cursor: TraceCursor): number {
  const { bytes, from, to } = cursor.spanBytes();
  let flags = 0;
  let at = from;
  while (at < to) {
    const tag = bytes[at]!;
    if (tag === FLAGS_TAG_LOW && bytes[at + 1] === FLAGS_TAG_HIGH && at + 6 <= to) flags = bytes[at + 2]!;
    at = behind(bytes, at, to);
  }
  return flags;
}

/** Status.code as sent. */
export function statusCode(cursor: TraceCursor): number {
  const { bytes, from, to } = cursor.spanBytes();
  let code = 0;
  let at = from;
  while (at < to) {
    const tag = bytes[at]!;
    const end = behind(bytes, at, to);
    if (tag === STATUS_TAG) {
      let inner = walk.position;
      while (inner < end) {
        if (bytes[inner] === CODE_TAG) {
          readVarint(bytes, inner + 1, end);
          code = walk.low;
        }
        inner = behind(bytes, inner, end);
      }
    }
    at = end;
  }
  return code;
}

/** The position behind the field whose tag stands at `at`; walk.position is then the start of a length-delimited payload. */
function behind(bytes: Uint8Array, at: number, to: number): number {
  const tag = bytes[at]!;
  let payload = at + 1;
  if (tag >= 0x80) while (payload < to && bytes[payload++]! >= 0x80);
  return skipField(bytes, payload, to, tag & 7);
}
