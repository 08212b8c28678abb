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
const MATCH_PX = 7;

export interface MinimapScene {
  readonly tree: TraceTree;
  readonly lines: readonly MinimapLine[];
  readonly lanes: number;
  /** From the beginning of the trace to its end. */
  readonly whole: View;
  /** By service. */
  readonly hues: readonly number[];
  /** 1 at the position of each span that is found. */
  readonly matches: Uint8Array;
}

/** @param width px */
export function drawMinimap(
  canvas: HTMLCanvasElement,
  width: number,
  { tree, lines, lanes, whole, hues, matches }: MinimapScene,
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
  drawMatches(c, width, { tree, matches, whole }, palette);
}

/** A mark at the bottom for each pixel in which a found span begins. */
function drawMatches(
  c: CanvasRenderingContext2D,
  width: number,
  { tree, matches, whole }: Pick<MinimapScene, 'tree' | 'matches' | 'whole'>,
  palette: Palette,
): void {
  const scale = width / (whole.to - whole.from);
  const isMarked = new Uint8Array(Math.ceil(width) + 1);
  for (let p = 0; p < tree.count; p++) {
    if (matches[p] !== 1) continue;
    const x = Math.round((tree.start[p]! - whole.from) * scale);
    if (x >= 0 && x < isMarked.length) isMarked[x] = 1;
  }
  c.fillStyle = palette.accent;
  for (let x = 0; x < isMarked.length; x++)
    if (isMarked[x] === 1) c.fillRect(x - 0.5, MINIMAP_PX - MATCH_PX, 2, MATCH_PX);
}
