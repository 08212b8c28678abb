// Paints the whole trace in the minimap: one thin line a span, in its service's colour, errors red.
import type { MinimapLine } from '../layout/minimap-lanes.ts';
import type { View } from '../layout/viewport.ts';
import { KIND_MISSING } from '../shape/missing-spans.ts';
import { STATUS_ERROR } from '../shape/trace-tree.ts';
import type { TraceTree } from '../shape/trace-tree.ts';
import { prepareCanvas } from './canvas.ts';
import type { Palette } from './palette.ts';

export const MINIMAP_PX = 46;
const PAD_PX = 4;

export interface MinimapScene {
  readonly tree: TraceTree;
  readonly lines: readonly MinimapLine[];
  readonly lanes: number;
  /** From the beginning of the trace to its end. */
  readonly whole: View;
  /** By service. */
  readonly hues: readonly number[];
}

/** @param width px */
export function drawMinimap(
  canvas: HTMLCanvasElement,
  width: number,
  { tree, lines, lanes, whole, hues }: MinimapScene,
  palette: Palette,
): void {
  const c = prepareCanvas(canvas, width, MINIMAP_PX);
  if (!c) return;
  const scale = width / (whole.to - whole.from);
  const used = Math.min(lanes, (lines.at(-1)?.lane ?? 0) + 1);
  const pitch = (MINIMAP_PX - 2 * PAD_PX) / Math.max(used, 12);
  const thick = Math.max(1, Math.min(2, pitch - 0.5));
  for (const { position, lane } of lines) {
    if (tree.kind[position] === KIND_MISSING) continue;
    c.fillStyle =
      tree.status[position] === STATUS_ERROR ? palette.error : palette.hue(hues[tree.service[position]!] ?? 0);
    c.fillRect(
      (tree.start[position]! - whole.from) * scale,
      PAD_PX + lane * pitch,
      Math.max(1, tree.duration[position]! * scale),
      thick,
    );
  }
}
