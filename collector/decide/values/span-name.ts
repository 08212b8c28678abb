// Finds a span's name in its bytes, for names that the intern table had no place for.
import { SPAN } from '#proto/otlp/fields.ts';
import { readLength, skipField, walk } from './protobuf-walk.ts';

const { name: NAME_TAG } = SPAN;

/** Where the last {@link findSpanName} found it; empty when the span has none. */
export const nameRange = { start: 0, end: 0 };

/** The last name field of the Span message bytes[from, to) counts. */
export function findSpanName(bytes: Uint8Array, from: number, to: number): void {
  nameRange.start = from;
  nameRange.end = from;
  let at = from;
  while (at < to) {
    const tag = bytes[at]!;
    if (tag === NAME_TAG) {
      const length = readLength(bytes, at + 1, to);
      nameRange.start = walk.position;
      at = nameRange.end = walk.position + length < to ? walk.position + length : to;
    } else {
      at++;
      if (tag >= 0x80) while (at < to && bytes[at++]! >= 0x80);
      at = skipField(bytes, at, to, tag & 7);
    }
  }
}
