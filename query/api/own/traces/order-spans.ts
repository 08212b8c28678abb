// Rows of a trace in the order a reader walks it: parents before children, children by corrected start. Iterative: chains may be 100,000 long.

export interface SpanOrder {
  /** Old row numbers in walking order. */
  readonly order: Int32Array;
  /** For each position of `order`: position of its parent, -1 when it has none, when it is missing, or where a cycle was broken. */
  readonly parent: Int32Array;
}

/** @param start corrected starts, ns relative to one origin. The first row with an id is the parent of that id's children. */
export function orderSpans(
  spanIds: readonly string[],
  parentIds: readonly string[],
  start: readonly number[],
): SpanOrder {
  const count = spanIds.length;
  const rowOf = new Map<string, number>();
  for (let i = 0; i < count; i++) if (!rowOf.has(spanIds[i] ?? '')) rowOf.set(spanIds[i] ?? '', i);
  const byStart = Array.from({ length: count }, (_, i) => i).toSorted(
    (a, b) => (start[a] ?? 0) - (start[b] ?? 0) || a - b,
  );
  // Children as linked lists; filling them from the latest start leaves each list in order of start.
  const firstChild = new Int32Array(count).fill(-1);
  const nextSibling = new Int32Array(count).fill(-1);
  const parentRow = new Int32Array(count).fill(-1);
  const roots: number[] = [];
  for (let i = count - 1; i >= 0; i--) {
    const row = byStart[i] ?? 0;
    const parent = parentIds[row] === '' ? undefined : rowOf.get(parentIds[row] ?? '');
    if (parent === undefined || parent === row) {
      roots.push(row);
    } else {
      parentRow[row] = parent;
      nextSibling[row] = firstChild[parent] ?? -1;
      firstChild[parent] = row;
    }
  }
  roots.reverse();
  const order = new Int32Array(count);
  const parent = new Int32Array(count).fill(-1);
  const position = new Int32Array(count).fill(-1);
  let placed = 0;
  const place = (root: number): void => {
    const stack = [root];
    for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
      if ((position[row] ?? -1) >= 0) continue;
      position[row] = placed;
      order[placed] = row;
      parent[placed] = row === root ? -1 : (position[parentRow[row] ?? -1] ?? -1);
      placed++;
      const children: number[] = [];
      for (let child = firstChild[row] ?? -1; child >= 0; child = nextSibling[child] ?? -1) children.push(child);
      for (let i = children.length - 1; i >= 0; i--) stack.push(children[i] ?? 0);
    }
  };
  for (const root of roots) place(root);
  // What is left hangs in cycles: break each at its earliest start.
  for (const row of byStart) if ((position[row] ?? -1) < 0) place(row);
  return { order, parent };
}
