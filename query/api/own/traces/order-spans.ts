// Rows of a trace in the order a reader walks it: parents before children, children by corrected start. Iterative: chains may be 100,000 long.
import { RowById } from './row-by-id.ts';

export interface SpanOrder {
  /** Old row numbers in walking order. */
  readonly order: Int32Array;
  /** For each position of `order`: position of its parent, -1 when it has none, when it is missing, or where a cycle was broken. */
  readonly parent: Int32Array;
}

/**
 * @param ids two words of each id @param parentIds the same of the parent; 0, 0: none
 * @param start corrected starts, ns relative to one origin. The first row with an id is the parent of that id's children.
 */
export function orderSpans(ids: Uint32Array, parentIds: Uint32Array, start: Float64Array): SpanOrder {
  const count = start.length;
  const rowById = new RowById(ids);
  const byStart = Int32Array.from(start.keys()).sort((a, b) => start[a]! - start[b]! || a - b);
  // Children as linked lists; filling them from the latest start leaves each list in order of start.
  const firstChild = new Int32Array(count).fill(-1);
  const nextSibling = new Int32Array(count).fill(-1);
  const parentRow = new Int32Array(count).fill(-1);
  const roots: number[] = [];
  for (let i = count - 1; i >= 0; i--) {
    const row = byStart[i]!;
    const parent = rowById.find(parentIds[2 * row]!, parentIds[2 * row + 1]!);
    if (parent < 0 || parent === row) {
      roots.push(row);
    } else {
      parentRow[row] = parent;
      nextSibling[row] = firstChild[parent]!;
      firstChild[parent] = row;
    }
  }
  roots.reverse();
  const order = new Int32Array(count);
  const parent = new Int32Array(count).fill(-1);
  const position = new Int32Array(count).fill(-1);
  /** Children wait in reverse; each row is in at most once. */
  const stack = new Int32Array(count + 1);
  let placed = 0;
  const place = (root: number): void => {
    let top = 0;
    stack[top++] = root;
    while (top > 0) {
      const row = stack[--top]!;
      if (position[row]! >= 0) continue;
      position[row] = placed;
      order[placed] = row;
      parent[placed] = row === root ? -1 : position[parentRow[row]!]!;
      placed++;
      const from = top;
      for (let child = firstChild[row]!; child >= 0; child = nextSibling[child]!) stack[top++] = child;
      stack.subarray(from, top).reverse();
    }
  };
  for (const root of roots) place(root);
  // What is left hangs in cycles: break each at its earliest start.
  for (const row of byStart) if (position[row]! < 0) place(row);
  return { order, parent };
}
