// Fields of spans from the columns of their request into their rows of the span table.
import type { SpanTable } from '#collector/model/span-table.ts';
import type { SpanColumns } from './span-columns.ts';

/** HOT: per span. All fields but the chain. @param base where the body of its request begins in the slab */
export function copySpan(
  spans: SpanTable,
  row: number,
  columns: SpanColumns,
  i: number,
  slab: number,
  base: number,
): void {
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
  spans.marks[row] = columns.marks[i]!;
  spans.print[row] = columns.print[i]!;
}

/** HOT: per run of spans. As {@link copySpan} for spans [from, from + count), to the run of rows taken last; columns are copied whole. */
export function copySpans(
  spans: SpanTable,
  columns: SpanColumns,
  from: number,
  count: number,
  slab: number,
  base: number,
): void {
  const to = from + count;
  const row = spans.runFrom;
  spans.slab.fill(slab, row, row + count);
  spans.resource.set(columns.resource.subarray(from, to), row);
  spans.scope.set(columns.scope.subarray(from, to), row);
  spans.length.set(columns.length.subarray(from, to), row);
  spans.spanIdHi.set(columns.spanIdHi.subarray(from, to), row);
  spans.spanIdLo.set(columns.spanIdLo.subarray(from, to), row);
  spans.parentHi.set(columns.parentHi.subarray(from, to), row);
  spans.parentLo.set(columns.parentLo.subarray(from, to), row);
  spans.startHi.set(columns.startHi.subarray(from, to), row);
  spans.startLo.set(columns.startLo.subarray(from, to), row);
  spans.endHi.set(columns.endHi.subarray(from, to), row);
  spans.endLo.set(columns.endLo.subarray(from, to), row);
  spans.name.set(columns.name.subarray(from, to), row);
  spans.kind.set(columns.kind.subarray(from, to), row);
  spans.status.set(columns.status.subarray(from, to), row);
  spans.marks.set(columns.marks.subarray(from, to), row);
  spans.print.set(columns.print.subarray(from, to), row);
  const { offset } = spans;
  for (let i = 0; i < count; i++) offset[row + i] = base + columns.offset[from + i]!;
}
