// Gives back what the spans of a decided trace hold.
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';

/** HOT: per trace. Rows [0, count), their bytes, their share of resources and scopes. */
export function releaseRows(
  { spans, slabs, resources, scopes }: OwnedSpanMemory,
  rows: Int32Array,
  count: number,
): void {
  for (let i = count - 1; i >= 0; i--) {
    const row = rows[i]!;
    slabs.release(spans.slab[row]!, spans.length[row]);
    resources.release(spans.resource[row]!);
    scopes.release(spans.scope[row]!);
    spans.release(row);
  }
}
