// Paints the visible rows of the waterfall: guides, bars, critical path, uncorrected outlines, folds, error rings, log dots. Only what is on screen.
import { barBox, labelSide, labelWidth } from '../layout/bar-box.ts';
import type { BarBox } from '../layout/bar-box.ts';
import type { View } from '../layout/viewport.ts';
import type { VisibleRows } from '../layout/visible-rows.ts';
import type { CriticalPath } from '../shape/critical-path.ts';
import { duration } from '../shape/format.ts';
import { STATUS_ERROR } from '../shape/trace-tree.ts';
import type { TraceTree } from '../shape/trace-tree.ts';
import { prepareCanvas } from './canvas.ts';
import type { Palette } from './palette.ts';

export const ROW_PX = 26;
const BAR_PX = 10;
const BAR_TOP = (ROW_PX - BAR_PX) / 2;
const HATCH_PX = 5;
const LABEL_GAP = 6;
/** A collapsed subtree with more children than this is painted by its first ones. */
const STRIP_SPANS = 2_000;

export type Scene = {
  readonly tree: TraceTree;
  readonly rows: VisibleRows;
  readonly path: CriticalPath | null;
  readonly outlines: boolean;
  readonly hues: readonly number[];
  /** Times of log records by position, ns from the trace's start. */
  readonly logs: ReadonlyMap<number, readonly number[]>;
  readonly view: View;
  readonly ticks: readonly number[];
  readonly nameWidth: number;
  readonly indents: (depth: number) => number;
};

/** Bar of a row: a fold covers all its spans. */
export function rowBar(scene: Scene, row: number, width: number): BarBox {
  const { tree, rows, view } = scene;
  const p = rows.position[row]!;
  const last = p + Math.max(1, rows.folded[row]!) - 1;
  return barBox(tree.start[p]!, rowDuration(tree, p, last), view, width);
}

export function rowDuration(tree: TraceTree, first: number, last: number): number {
  return first === last ? tree.duration[first]! : tree.start[last]! + tree.duration[last]! - tree.start[first]!;
}

export function drawWaterfall(canvas: HTMLCanvasElement, width: number, height: number, scrollTop: number, scene: Scene, palette: Palette): void {
  const c = prepareCanvas(canvas, width, height);
  if (!c) return;
  const { rows, nameWidth, view } = scene;
  const track = width - nameWidth;
  const bottom = Math.min(height, rows.length * ROW_PX - scrollTop);
  c.fillStyle = palette.line;
  for (const tick of scene.ticks) c.fillRect(Math.round(nameWidth + ((tick - view.from) / (view.to - view.from)) * track), 0, 1, bottom);
  c.fillRect(nameWidth, 0, 1, bottom);
  const first = Math.max(0, Math.floor(scrollTop / ROW_PX));
  const last = Math.min(rows.length - 1, Math.floor((scrollTop + height) / ROW_PX));
  c.font = `11px ${palette.sans}`;
  c.textBaseline = 'middle';
  for (let row = first; row <= last; row++) {
    const top = row * ROW_PX - scrollTop;
    drawGuides(c, scene, row, top, palette);
    c.save();
    c.beginPath();
    c.rect(nameWidth + 1, top, track - 1, ROW_PX);
    c.clip();
    c.translate(nameWidth, top);
    drawBar(c, scene, row, track, palette);
    c.restore();
  }
}

function drawGuides(c: CanvasRenderingContext2D, scene: Scene, row: number, top: number, palette: Palette): void {
  const p = scene.rows.position[row]!;
  const depth = scene.tree.depth[p]! + scene.rows.nested[row]!;
  c.fillStyle = palette.line;
  for (let d = 1; d <= depth; d++) {
    const x = Math.round(scene.indents(d - 1)) + 7;
    if (d > 1 && x - Math.round(scene.indents(d - 2)) - 7 < 2) continue;
    c.fillRect(x, top, 1, ROW_PX);
  }
}

function drawBar(c: CanvasRenderingContext2D, scene: Scene, row: number, track: number, palette: Palette): void {
  const { tree, rows, view } = scene;
  const p = rows.position[row]!;
  const folded = rows.folded[row]!;
  const box = rowBar(scene, row, track);
  const raw = barBox(tree.rawStart[p]!, tree.duration[p]!, view, track);
  const outlined = scene.outlines && raw.visible && tree.rawStart[p] !== tree.start[p];
  if (outlined) {
    c.strokeStyle = palette.faint;
    c.lineWidth = 1;
    c.setLineDash([3, 2]);
    c.strokeRect(raw.x + 0.5, BAR_TOP + 0.5, Math.max(1, raw.width - 1), BAR_PX - 1);
    c.setLineDash([]);
  }
  if (!box.visible) return;
  c.fillStyle = palette.hue(scene.hues[tree.service[p]!] ?? 0);
  rounded(c, box.x, BAR_TOP, box.width, BAR_PX);
  if (folded > 0) hatch(c, box, palette);
  else if (rows.position[row + 1] !== p + 1 && tree.subtreeEnd[p]! > p + 1) strip(c, scene, p, track, palette);
  if (tree.status[p] === STATUS_ERROR) {
    c.strokeStyle = palette.error;
    c.lineWidth = 1.5;
    c.beginPath();
    c.roundRect(box.x + 0.25, BAR_TOP - 0.25, Math.max(1.5, box.width - 0.5), BAR_PX + 0.5, 2);
    c.stroke();
  }
  drawCritical(c, scene, p, Math.max(1, folded), track, palette);
  c.fillStyle = palette.grain;
  for (const at of scene.logs.get(p) ?? []) {
    const x = ((at - view.from) / (view.to - view.from)) * track;
    c.fillRect(Math.round(x) - 1, BAR_TOP - 3, 2.5, 2.5);
  }
  const text = duration(rowDuration(tree, p, p + Math.max(1, folded) - 1));
  const side = labelSide(box, labelWidth(text), track);
  if (side === 'column') return;
  c.fillStyle = palette.dim;
  c.fillText(text, side === 'right' ? Math.max(box.x + box.width, outlined ? raw.x + raw.width : 0) + LABEL_GAP : box.x - LABEL_GAP - c.measureText(text).width, ROW_PX / 2 + 0.5);
}

function rounded(c: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  c.beginPath();
  c.roundRect(x, y, width, height, Math.min(2, width / 2));
  c.fill();
}

function hatch(c: CanvasRenderingContext2D, box: BarBox, palette: Palette): void {
  c.fillStyle = palette.bg;
  for (let x = box.x + HATCH_PX; x < box.x + box.width - 1; x += HATCH_PX) c.fillRect(Math.round(x), BAR_TOP, 1.5, BAR_PX);
}

/** Children of a collapsed row as a faint strip under its bar. */
function strip(c: CanvasRenderingContext2D, scene: Scene, p: number, track: number, palette: Palette): void {
  const { tree, view } = scene;
  const end = Math.min(tree.subtreeEnd[p]!, p + STRIP_SPANS);
  c.globalAlpha = 0.55;
  for (let child = p + 1; child < end; child++) {
    const box = barBox(tree.start[child]!, tree.duration[child]!, view, track);
    if (!box.visible) continue;
    c.fillStyle = tree.status[child] === STATUS_ERROR ? palette.error : palette.hue(scene.hues[tree.service[child]!] ?? 0);
    c.fillRect(box.x, BAR_TOP + BAR_PX + 3, box.width, 2);
  }
  c.globalAlpha = 1;
}

function drawCritical(c: CanvasRenderingContext2D, scene: Scene, first: number, spans: number, track: number, palette: Palette): void {
  const { path, view } = scene;
  if (!path) return;
  const scale = track / (view.to - view.from);
  const last = path.first[first + spans]!;
  c.fillStyle = palette.text;
  for (let i = path.first[first]!; i < last; i++) {
    const x = (path.from[i]! - view.from) * scale;
    c.fillRect(x, BAR_TOP + BAR_PX - 1, Math.max(1, (path.to[i]! - path.from[i]!) * scale), 2);
  }
}
