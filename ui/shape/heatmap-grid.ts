// The heatmap's answer as a grid: which rows to show, how strong each cell is, and rectangles between pixels and values.
import type { z } from 'zod';
import type { HeatmapResponse } from '#proto/api/search.ts';

/** Row r of the answer covers [10^(r/4), 10^((r+1)/4)) µs. */
const ROWS_PER_DECADE = 4;
/** Fewer rows than this would make one duration look like a range of them. */
const LEAST_ROWS = 12;

interface HeatCell {
  readonly column: number;
  readonly row: number;
  readonly kept: number;
  readonly standsFor: number;
  readonly errors: number;
  readonly strength: number;
}
export interface HeatGrid {
  readonly columns: number;
  readonly lowRow: number;
  readonly rows: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly cells: readonly HeatCell[];
}

/** Lower edge of a row in ms. */
export function rowMs(row: number): number {
  return 10 ** (row / ROWS_PER_DECADE) / 1000;
}

/** The durations of rows, in ns, the end exclusive: those that the answer has counted in them. */
export function rowsNs(first: number, end: number): { readonly minNs: number; readonly maxNs: number } {
  return { minNs: edgeNs(first), maxNs: edgeNs(end) };
}

/** The first whole ns of a row. The lowest holds what is shorter, too. */
function edgeNs(row: number): number {
  return row <= 0 ? 0 : Math.ceil(Number((10 ** (row / ROWS_PER_DECADE) * 1000).toFixed(6)));
}

/** The times of columns, in ns, the end exclusive. */
export function columnsNs(
  grid: HeatGrid,
  first: number,
  end: number,
): { readonly startNs: string; readonly endNs: string } {
  const width = (grid.endNs - grid.startNs + BigInt(grid.columns) - 1n) / BigInt(grid.columns);
  const edge = (column: number): bigint => grid.startNs + BigInt(column) * width;
  return { startNs: String(edge(first)), endNs: String(edge(end) < grid.endNs ? edge(end) : grid.endNs) };
}

/** Strength is the logarithm of the adjusted count of a cell, 0…1, so that one rare slow trace still shows. */
export function heatGrid(answer: z.infer<typeof HeatmapResponse>): HeatGrid {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let most = 0;
  for (const [, row, , standsFor] of answer.cells) {
    low = Math.min(low, row);
    high = Math.max(high, row);
    most = Math.max(most, standsFor);
  }
  if (answer.cells.length === 0) [low, high] = [ROWS_PER_DECADE * 3, ROWS_PER_DECADE * 6];
  const missing = LEAST_ROWS - (high - low + 1);
  if (missing > 0) {
    low -= Math.floor(missing / 2);
    high += Math.ceil(missing / 2);
  }
  const scale = Math.log1p(most);
  const cells = answer.cells.map(([column, row, kept, standsFor, errors]) => ({
    column,
    row,
    kept,
    standsFor,
    errors,
    strength: scale === 0 ? 0 : Math.log1p(standsFor) / scale,
  }));
  return {
    columns: answer.columns,
    lowRow: low,
    rows: high - low + 1,
    startNs: BigInt(answer.start),
    endNs: BigInt(answer.end),
    cells,
  };
}

export interface HeatBox {
  readonly width: number;
  readonly height: number;
}

/** x in pixels of a time. */
export function xOfTime(grid: HeatGrid, box: HeatBox, ns: bigint): number {
  return (Number(ns - grid.startNs) / Number(grid.endNs - grid.startNs)) * box.width;
}
export function timeOfX(grid: HeatGrid, box: HeatBox, x: number): bigint {
  const share = Math.min(1, Math.max(0, x / box.width));
  return grid.startNs + BigInt(Math.round(Number(grid.endNs - grid.startNs) * share));
}
/** y in pixels of a duration; slow is up. */
export function yOfMs(grid: HeatGrid, box: HeatBox, ms: number): number {
  const row = Math.log10(Math.max(ms, 1e-6) * 1000) * ROWS_PER_DECADE;
  return box.height - ((row - grid.lowRow) / grid.rows) * box.height;
}
/** Powers of ten inside the grid, in ms, for the side labels. */
export function decadesMs(grid: HeatGrid): number[] {
  const found: number[] = [];
  for (let d = Math.ceil(grid.lowRow / ROWS_PER_DECADE); d * ROWS_PER_DECADE <= grid.lowRow + grid.rows - 0.5; d++)
    found.push(10 ** d / 1000);
  return found;
}
