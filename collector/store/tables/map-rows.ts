// Rows of Map columns from JavaScript maps.
import type { ArrayColumn } from '../columns/array-columns.ts';
import type { Int64Column, UInt32Column } from '../columns/fixed-columns.ts';
import type { StringColumn } from '../columns/string-column.ts';

export function appendTextMap(
  column: ArrayColumn<readonly [StringColumn, StringColumn]>,
  map: ReadonlyMap<string, string>,
): void {
  for (const [key, value] of map) {
    column.inner[0].appendText(key);
    column.inner[1].appendText(value);
  }
  column.endRow();
}

/** Values are whole numbers from 0, below 2^53. */
export function appendCountMap(
  column: ArrayColumn<readonly [StringColumn, Int64Column]>,
  map: ReadonlyMap<string, number>,
): void {
  for (const [key, value] of map) {
    column.inner[0].appendText(key);
    column.inner[1].append(value);
  }
  column.endRow();
}

/** Histogram buckets: upper bound in µs (4294967295 = +Inf) to count; empty ones are left out. */
export function appendBuckets(
  column: ArrayColumn<readonly [UInt32Column, Int64Column]>,
  boundsUs: ArrayLike<number>,
  counts: ArrayLike<number>,
): void {
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] ?? 0;
    if (count === 0) continue;
    column.inner[0].append(boundsUs[i] ?? 4294967295);
    column.inner[1].append(count);
  }
  column.endRow();
}
