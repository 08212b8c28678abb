// Finds a span's name in its bytes, for names that the intern table had no place for.
import { WireWalk } from '#proto/wire/walk.ts';
import { SPAN } from '#proto/otlp/fields.ts';

const { name: NAME_TAG } = SPAN;
const fields = new WireWalk();

/** Where the last {@link findSpanName} found it; empty when the span has none. */
export const nameRange = { start: 0, end: 0 };

/** The last name field of the Span message bytes[from, to) counts. */
export function findSpanName(bytes: Uint8Array, from: number, to: number): void {
  nameRange.start = from;
  nameRange.end = from;
  fields.open(bytes, from, to);
  while (fields.next()) {
    if (fields.tag !== NAME_TAG) continue;
    nameRange.start = fields.from;
    nameRange.end = fields.to;
  }
}
