// A cell of the heatmap that arrow keys move, and the rectangle that Shift and arrows stretch from it.
import type { HeatGrid } from './heatmap-grid.ts';

/** Rows count from the grid's lowest. `anchor` is the other corner of the rectangle. */
export interface HeatCursor {
  readonly column: number;
  readonly row: number;
  readonly anchor: { readonly column: number; readonly row: number } | null;
}

const STEPS: Readonly<Record<string, readonly [columns: number, rows: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  PageUp: [0, 4],
  PageDown: [0, -4],
  Home: [-Number.MAX_SAFE_INTEGER, 0],
  End: [Number.MAX_SAFE_INTEGER, 0],
};

const within = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

/** The cursor after a key; null when the key does not move it. It starts where most traces are. */
export function moveCursor(
  grid: HeatGrid,
  cursor: HeatCursor | null,
  key: string,
  stretch: boolean,
): HeatCursor | null {
  const step = STEPS[key];
  if (!step) return null;
  if (!cursor) {
    const most = grid.cells.reduce((a, b) => (b.kept > a.kept ? b : a), grid.cells[0]!);
    return most
      ? { column: most.column, row: most.row - grid.lowRow, anchor: null }
      : { column: 0, row: 0, anchor: null };
  }
  return {
    column: within(cursor.column + step[0], grid.columns - 1),
    row: within(cursor.row + step[1], grid.rows - 1),
    anchor: stretch ? (cursor.anchor ?? { column: cursor.column, row: cursor.row }) : null,
  };
}

/** Columns and rows that the cursor covers, ends not among them. */
export function cursorCells(cursor: HeatCursor): {
  readonly columns: readonly [number, number];
  readonly rows: readonly [number, number];
} {
  const other = cursor.anchor ?? cursor;
  return {
    columns: [Math.min(cursor.column, other.column), Math.max(cursor.column, other.column) + 1],
    rows: [Math.min(cursor.row, other.row), Math.max(cursor.row, other.row) + 1],
  };
}
