// Paints the visible rows of the waterfall: guides, bars, critical path, uncorrected outlines, runs, error rings, log dots, linked traces. Only what is on screen.
import { barBox, labelSide, labelWidth } from '../layout/bar-box.ts';
import type { BarBox } from '../layout/bar-box.ts';
import type { View } from '../layout/viewport.ts';
import type { VisibleRows } from '../layout/visible-rows.ts';
import type { PathPieces } from '../shape/path-pieces.ts';
import { duration } from '../shape/format.ts';
import { spanDuration } from '../shape/span-end.ts';
import type { LinkedGroup } from '../shape/linked-traces.ts';
import { KIND_MISSING } from '../shape/missing-spans.ts';
import type { Runs } from '../shape/repeats.ts';
import { STATUS_ERROR } from '../shape/trace-tree.ts';
import type { TraceTree } from '../shape/trace-tree.ts';
import { prepareCanvas } from './canvas.ts';
import { drawLinked } from './draw-linked.ts';
import type { Palette } from './palette.ts';

export const ROW_PX = 26;
const BAR_PX = 10;
const BAR_TOP = (ROW_PX - BAR_PX) / 2;
const HATCH_PX = 5;
const LABEL_GAP = 6;
/** A collapsed subtree with more children than this is painted by its first ones. */
const STRIP_SPANS = 2_000;

export interface Scene {
  readonly tree: TraceTree;
  readonly rows: VisibleRows;
  readonly runs: Runs;
  /** Rows below the spans, with their hues. */
  readonly linked: readonly LinkedGroup[];
  readonly linkedHues: readonly number[];
  readonly path: PathPieces | null;
  readonly outlines: boolean;
  readonly hues: readonly number[];
  /** Log records by position; `at`: ns from the trace's start. */
  readonly logs: ReadonlyMap<number, readonly { readonly at: number }[]>;
  readonly view: View;
  readonly ticks: readonly number[];
  readonly nameWidth: number;
  readonly indents: (depth: number) => number;
}

/** Bar of a row: the head of a run covers all its spans. */
export function rowBar(scene: Scene, row: number, width: number): BarBox {
  const { tree, rows, view } = scene;
  const p = rows.position[row]!;
  const run = rows.folded[row]! > 0 ? scene.runs.get(p) : undefined;
  return run
    ? barBox(run.startNs, run.endNs - run.startNs, view, width)
    : barBox(tree.start[p]!, tree.duration[p]!, view, width);
}

/** What stands beside the bar: the duration; for a run the sum of its spans' durations. */
export function rowLabel(scene: Pick<Scene, 'tree' | 'rows' | 'runs'>, row: number): string {
  const p = scene.rows.position[row]!;
  const run = scene.rows.folded[row]! > 0 ? scene.runs.get(p) : undefined;
  return run ? `${duration(run.totalNs)} in total` : spanDuration(scene.tree, p);
}

export function drawWaterfall(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  scrollTop: number,
  scene: Scene,
  palette: Palette,
): void {
  const c = prepareCanvas(canvas, width, height);
  if (!c) return;
  const { rows, nameWidth, view } = scene;
  const track = width - nameWidth;
  const bottom = Math.min(height, rows.length * ROW_PX - scrollTop);
  c.fillStyle = palette.line;
  for (const tick of scene.ticks)
    c.fillRect(Math.round(nameWidth + ((tick - view.from) / (view.to - view.from)) * track), 0, 1, bottom);
  c.fillRect(nameWidth, 0, 1, bottom);
  const first = Math.max(0, Math.floor(scrollTop / ROW_PX));
  const last = Math.min(rows.length - 1, Math.floor((scrollTop + height) / ROW_PX));
  c.font = `11px ${palette.sans}`;
  c.textBaseline = 'middle';
  for (let row = first; row <= last; row++) {
    const top = row * ROW_PX - scrollTop;
    const group = scene.linked[rows.position[row]! - scene.tree.count];
    if (!group) drawGuides(c, scene, row, top, palette);
    else if (group === scene.linked[0]) {
      c.fillStyle = palette['line-strong'];
      c.fillRect(0, top, width, 1);
    }
    c.save();
    c.beginPath();
    c.rect(nameWidth + 1, top, track - 1, ROW_PX);
    c.clip();
    c.translate(nameWidth, top);
    if (group)
      drawLinked(
        c,
        group,
        scene.linkedHues[rows.position[row]! - scene.tree.count] ?? 0,
        { view, spanStart: scene.tree.startNs, spanEnd: scene.tree.endNs },
        { px: ROW_PX, barTop: BAR_TOP, barPx: BAR_PX, track },
        palette,
      );
    else drawBar(c, scene, row, track, palette);
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
  const log = rows.log[row]!;
  if (log > 0) {
    c.fillStyle = palette.grain;
    drawDot(c, scene.logs.get(p)?.[log - 1]?.at ?? 0, ROW_PX / 2 - 1, track, view);
    return;
  }
  const run = rows.folded[row]! > 0 ? scene.runs.get(p) : undefined;
  const box = rowBar(scene, row, track);
  const raw = barBox(tree.rawStart[p]!, tree.duration[p]!, view, track);
  const outlined = scene.outlines && !run && raw.visible && tree.rawStart[p] !== tree.start[p];
  if (outlined) {
    c.strokeStyle = palette.faint;
    c.lineWidth = 1;
    c.setLineDash([3, 2]);
    c.strokeRect(raw.x + 0.5, BAR_TOP + 0.5, Math.max(1, raw.width - 1), BAR_PX - 1);
    c.setLineDash([]);
  }
  if (!box.visible) return;
  c.fillStyle = palette.hue(scene.hues[tree.service[p]!] ?? 0);
  const missing = tree.kind[p] === KIND_MISSING;
  if (missing) standIn(c, box, palette);
  else rounded(c, box.x, BAR_TOP, box.width, BAR_PX);
  if (run) hatch(c, box, palette);
  else if (rows.position[row + 1] !== p + 1 && tree.subtreeEnd[p]! > p + 1) strip(c, scene, p, track, palette);
  if (run ? run.errors > 0 : tree.status[p] === STATUS_ERROR) {
    c.strokeStyle = palette.error;
    c.lineWidth = 1.5;
    c.beginPath();
    c.roundRect(box.x + 0.25, BAR_TOP - 0.25, Math.max(1.5, box.width - 0.5), BAR_PX + 0.5, 2);
    c.stroke();
  }
  if (!missing) drawCritical(c, scene, p, run?.end ?? p + 1, track, palette);
  c.fillStyle = palette.grain;
  for (const { at } of scene.logs.get(p) ?? []) drawDot(c, at, BAR_TOP - 3, track, view);
  const text = rowLabel(scene, row);
  const side = labelSide(box, labelWidth(text), track);
  if (side === 'column') return;
  c.fillStyle = palette.dim;
  const end = box.x + box.width;
  // The label stands beside the bar unless the outline of the raw position is in its place.
  const inTheWay = outlined && raw.x + raw.width > end && raw.x < end + labelWidth(text) + 2 * LABEL_GAP;
  c.fillText(
    text,
    side === 'right' ? (inTheWay ? raw.x + raw.width : end) + LABEL_GAP : box.x - LABEL_GAP - c.measureText(text).width,
    ROW_PX / 2 + 0.5,
  );
}

function drawDot(c: CanvasRenderingContext2D, at: number, y: number, track: number, view: View): void {
  c.fillRect(Math.round(((at - view.from) / (view.to - view.from)) * track) - 1, y, 2.5, 2.5);
}

/** A span that never came: in outline, as long as its children need it to be. */
function standIn(c: CanvasRenderingContext2D, box: BarBox, palette: Palette): void {
  c.strokeStyle = palette.warn;
  c.lineWidth = 1;
  c.setLineDash([2, 2]);
  c.strokeRect(box.x + 0.5, BAR_TOP + 0.5, Math.max(1, box.width - 1), BAR_PX - 1);
  c.setLineDash([]);
}

function rounded(c: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  c.beginPath();
  c.roundRect(x, y, width, height, Math.min(2, width / 2));
  c.fill();
}

function hatch(c: CanvasRenderingContext2D, box: BarBox, palette: Palette): void {
  c.fillStyle = palette.bg;
  for (let x = box.x + HATCH_PX; x < box.x + box.width - 1; x += HATCH_PX)
    c.fillRect(Math.round(x), BAR_TOP, 1.5, BAR_PX);
}

/** Children of a collapsed row as a faint strip under its bar. */
function strip(c: CanvasRenderingContext2D, scene: Scene, p: number, track: number, palette: Palette): void {
  const { tree, view } = scene;
  const end = Math.min(tree.subtreeEnd[p]!, p + STRIP_SPANS);
  c.globalAlpha = 0.55;
  for (let child = p + 1; child < end; child++) {
    const box = barBox(tree.start[child]!, tree.duration[child]!, view, track);
    if (!box.visible) continue;
    c.fillStyle =
      tree.status[child] === STATUS_ERROR ? palette.error : palette.hue(scene.hues[tree.service[child]!] ?? 0);
    c.fillRect(box.x, BAR_TOP + BAR_PX + 3, box.width, 2);
  }
  c.globalAlpha = 1;
}

function drawCritical(
  c: CanvasRenderingContext2D,
  scene: Scene,
  first: number,
  end: number,
  track: number,
  palette: Palette,
): void {
  const { path, view } = scene;
  if (!path) return;
  const scale = track / (view.to - view.from);
  const last = path.first[end]!;
  c.fillStyle = palette.text;
  for (let i = path.first[first]!; i < last; i++) {
    const x = (path.from[i]! - view.from) * scale;
    c.fillRect(x, BAR_TOP + BAR_PX - 1, Math.max(1, (path.to[i]! - path.from[i]!) * scale), 2);
  }
}
