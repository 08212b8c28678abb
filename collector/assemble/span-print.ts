// What makes two spans of a trace the same one, sent twice: id, parent, kind, name, status, start and end. Attributes, events, links and the
// resource are not looked at: of two that differ only there the first one counts.
import type { SpanTable } from '#collector/model/span-table.ts';
import type { SpanColumns } from './span-columns.ts';

/**
 * HOT: per span. 32 bits of all these fields but the low half of the span id. With that half, and within a trace, they are as good as the span.
 * The same in every process and life; never 0. @param name print of the name
 */
export function spanPrint(
  spanIdHi: number, parentHi: number, parentLo: number, startHi: number, startLo: number, endHi: number, endLo: number, name: number, kind: number, status: number,
): number {
  const a = Math.imul(startLo ^ (startHi << 9) ^ parentHi, 0x85ebca6b);
  const b = Math.imul(endLo ^ (endHi << 11) ^ parentLo, 0x2c1b3c6d);
  const c = Math.imul(name + (kind << 28) + (status << 25), 0x9e3779b1);
  const print = Math.imul((a ^ (b >>> 15)) + (b ^ (a >>> 13)) + c, 0x297a2d39) ^ spanIdHi;
  return print === 0 ? 1 : print;
}

/** HOT: per span that may be a copy. Whether a row of its trace is the same span. */
export function isSameSpan(spans: SpanTable, row: number, columns: SpanColumns, i: number): boolean {
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
    spans.name[row] === columns.name[i]
  );
}
