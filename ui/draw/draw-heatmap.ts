// Paints the heatmap: one cell per time and duration, wheat by its adjusted count, a red foot where traces failed.
import type { HeatGrid } from '../shape/heatmap-grid.ts';
import { prepareCanvas } from './canvas.ts';
import type { Palette } from './palette.ts';

const GAP_PX = 1;

export function drawHeatmap(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  grid: HeatGrid,
  palette: Palette,
): void {
  const context = prepareCanvas(canvas, width, height);
  if (!context) return;
  const w = width / grid.columns;
  const h = height / grid.rows;
  for (const cell of grid.cells) {
    const x = Math.round(cell.column * w);
    const y = Math.round(height - (cell.row - grid.lowRow + 1) * h);
    const right = Math.round((cell.column + 1) * w) - GAP_PX;
    const bottom = Math.round(height - (cell.row - grid.lowRow) * h) - GAP_PX;
    const cellWidth = Math.max(1, right - x);
    const cellHeight = Math.max(1, bottom - y);
    context.globalAlpha = 1;
    context.fillStyle = palette['heat-low'];
    context.fillRect(x, y, cellWidth, cellHeight);
    context.globalAlpha = cell.strength ** 1.6;
    context.fillStyle = palette['heat-high'];
    context.fillRect(x, y, cellWidth, cellHeight);
    if (cell.errors > 0) {
      context.globalAlpha = 1;
      context.fillStyle = palette.error;
      context.fillRect(x, bottom - 2, Math.max(1, cellWidth * Math.min(1, cell.errors / cell.kept)), 2);
    }
  }
  context.globalAlpha = 1;
}
