// A span's fields from the columns of its request into its row of the span table.
import type { SpanTable } from '#collector/model/span-table.ts';
import type { SpanColumns } from './span-columns.ts';

/** HOT: per span. All fields but the chain. @param base where the body of its request begins in the slab @param marks added to its own */
export function copySpan(spans: SpanTable, row: number, columns: SpanColumns, i: number, slab: number, base: number, marks: number): void {
  spans.slab[row] = slab;
  spans.offset[row] = base + columns.offset[i]!;
  spans.length[row] = columns.length[i]!;
  spans.resource[row] = columns.resource[i]!;
  spans.scope[row] = columns.scope[i]!;
  spans.spanIdHi[row] = columns.spanIdHi[i]!;
  spans.spanIdLo[row] = columns.spanIdLo[i]!;
  spans.parentHi[row] = columns.parentHi[i]!;
  spans.parentLo[row] = columns.parentLo[i]!;
  spans.startHi[row] = columns.startHi[i]!;
  spans.startLo[row] = columns.startLo[i]!;
  spans.endHi[row] = columns.endHi[i]!;
  spans.endLo[row] = columns.endLo[i]!;
  spans.name[row] = columns.name[i]!;
  spans.kind[row] = columns.kind[i]!;
  spans.status[row] = columns.status[i]!;
  spans.marks[row] = columns.marks[i]! | marks;
}
