// What makes two spans of a trace the same one, sent twice: the whole message is the same. Two reports of one span that say different things about
// it are two spans. The resource is not looked at.
import type { SpanMemory } from '#collector/model/trace.ts';
import { isSameMessage } from './same-message.ts';
import type { SpanColumns } from './span-columns.ts';

/** HOT: per attribute. The print of what was read before, and of the length and some bytes of this one. @param view of the request */
export function withAttribute(print: number, view: DataView, from: number, length: number): number {
  if (length < 4) return Math.imul(print ^ length, 0x85ebca6b);
  const last = length - 4;
  const a = Math.imul(print ^ length ^ view.getInt32(from + last), 0x9e3779b1);
  return (
    Math.imul((a ^ (a >>> 15)) + view.getInt32(from + (last >> 1)), 0x2c1b3c6d) ^
    view.getInt32(from + ((last * 3) >> 2))
  );
}

/** HOT: per event and link. The same, with the first bytes: the time of an event, the trace of a link. */
export function withHead(print: number, view: DataView, from: number, length: number): number {
  return Math.imul(print ^ (length < 6 ? length : view.getInt32(from + 1)), 0x85ebca6b);
}

/**
 * HOT: per span. 32 bits of all these fields but the low half of the span id. With that half, and within a trace, they are as good as the span.
 * The same in every process and life; never 0. @param name print of the name @param content of its attributes, events and links
 */
export function spanPrint(
  spanIdHi: number,
  parentHi: number,
  parentLo: number,
  startHi: number,
  startLo: number,
  endHi: number,
  endLo: number,
  name: number,
  kind: number,
  status: number,
  content: number,
): number {
  const a = Math.imul(startLo ^ (startHi << 9) ^ parentHi, 0x85ebca6b);
  const b = Math.imul(endLo ^ (endHi << 11) ^ parentLo, 0x2c1b3c6d);
  const c = Math.imul(name + (kind << 28) + (status << 25), 0x9e3779b1);
  const print = Math.imul((a ^ (b >>> 15)) + (b ^ (a >>> 13)) + c, 0x297a2d39) ^ spanIdHi ^ content;
  return print === 0 ? 1 : print;
}

/** HOT: per span that may be a copy. Whether a row of its trace is the same span. */
export function isSameSpan({ spans, slabs }: SpanMemory, row: number, columns: SpanColumns, i: number): boolean {
  return (
    spans.print[row] === columns.print[i] &&
    spans.spanIdLo[row] === columns.spanIdLo[i]! >>> 0 &&
    spans.spanIdHi[row] === columns.spanIdHi[i]! >>> 0 &&
    spans.startLo[row] === columns.startLo[i] &&
    spans.endLo[row] === columns.endLo[i] &&
    spans.kind[row] === columns.kind[i] &&
    spans.status[row] === columns.status[i] &&
    spans.parentLo[row] === columns.parentLo[i]! >>> 0 &&
    spans.parentHi[row] === columns.parentHi[i]! >>> 0 &&
    spans.startHi[row] === columns.startHi[i] &&
    spans.endHi[row] === columns.endHi[i] &&
    // Names that the table had no place for share a slot, and their prints are of their bytes.
    spans.name[row] === columns.name[i] &&
    isSameMessage(
      slabs.bytes(spans.slab[row]!),
      spans.offset[row]!,
      spans.length[row]!,
      columns.body,
      columns.offset[i]!,
      columns.length[i]!,
    )
  );
}
