// The heatmap by keys: the cell moves inside the grid, a rectangle covers whole cells.
import { expect, it } from 'vitest';
import { cursorCells, moveCursor } from '#ui/shape/heat-cursor.ts';
import { columnsNs, heatGrid, rowsNs } from '#ui/shape/heatmap-grid.ts';

const grid = heatGrid({
  start: '0',
  end: '1000',
  columns: 10,
  cells: [
    [2, 12, 5, 5, 0],
    [7, 20, 9, 9, 1],
  ],
});

it('starts where most traces are, moves by cells and stays inside', () => {
  const first = moveCursor(grid, null, 'ArrowLeft', false)!;
  expect(first).toEqual({ column: 7, row: 20 - grid.lowRow, anchor: null });
  expect(moveCursor(grid, first, 'End', false)!.column).toBe(9);
  expect(moveCursor(grid, { column: 0, row: 0, anchor: null }, 'ArrowDown', false)!.row).toBe(0);
  expect(moveCursor(grid, first, 'q', false)).toBeNull();
});

it('stretches a rectangle from where Shift was pressed first', () => {
  let cursor = { column: 4, row: 3, anchor: null } as NonNullable<ReturnType<typeof moveCursor>>;
  cursor = moveCursor(grid, cursor, 'ArrowLeft', true)!;
  cursor = moveCursor(grid, cursor, 'ArrowUp', true)!;
  expect(cursorCells(cursor)).toEqual({ columns: [3, 5], rows: [3, 5] });
  expect(columnsNs(grid, 3, 5)).toEqual({ startNs: '300', endNs: '500' });
  const { minNs, maxNs } = rowsNs(12, 16);
  expect([minNs, maxNs]).toEqual([1_000_000, 10_000_000]);
  expect(moveCursor(grid, cursor, 'ArrowUp', false)!.anchor).toBeNull();
});
