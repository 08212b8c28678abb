// Paints the row of a group of linked traces: solid when some are stored, hollow when all were dropped, a word at the edge when they lie outside the view.
import { barBox, labelSide, labelWidth } from '../layout/bar-box.ts';
import type { View } from '../layout/viewport.ts';
import { duration } from '../shape/format.ts';
import { outcome } from '../shape/linked-traces.ts';
import type { LinkedGroup } from '../shape/linked-traces.ts';
import type { Palette } from './palette.ts';

const LABEL_GAP = 6;
const EDGE_PX = 8;

/** `66 ms · sampled out: the rest`; several have no one duration. */
export function linkedLabel(group: LinkedGroup): string {
  const only = group.traces.length === 1 ? group.traces[0] : undefined;
  return only !== undefined && group.time !== null
    ? `${duration(only.duration_ns)} · ${outcome(group)}`
    : outcome(group);
}

/** Where the group is when the view does not show it. */
function elsewhere(
  group: LinkedGroup,
  view: View,
  spanStart: number,
  spanEnd: number,
): { readonly text: string; readonly side: 'left' | 'right' } | null {
  if (group.time === null) return { text: outcome(group), side: 'left' };
  if (group.time.to < view.from)
    return { text: `◂ ${duration(spanStart - group.time.from)} earlier · ${linkedLabel(group)}`, side: 'left' };
  if (group.time.from > view.to)
    return { text: `${linkedLabel(group)} · ${duration(group.time.from - spanEnd)} later ▸`, side: 'right' };
  return null;
}

/** Its measures in px; `track` is its width. */
interface LinkedRow {
  readonly px: number;
  readonly barTop: number;
  readonly barPx: number;
  readonly track: number;
}

interface LinkedScene {
  readonly view: View;
  readonly spanStart: number;
  readonly spanEnd: number;
}

export function drawLinked(
  c: CanvasRenderingContext2D,
  group: LinkedGroup,
  hue: number,
  scene: LinkedScene,
  row: LinkedRow,
  palette: Palette,
): void {
  const { view } = scene;
  const { track } = row;
  const middle = row.px / 2 + 0.5;
  c.fillStyle = palette.dim;
  const away = elsewhere(group, view, scene.spanStart, scene.spanEnd);
  if (away !== null || group.time === null) {
    const text = away?.text ?? '';
    c.fillText(
      text,
      away?.side === 'right' ? Math.max(EDGE_PX, track - EDGE_PX - c.measureText(text).width) : EDGE_PX,
      middle,
    );
    return;
  }
  const box = barBox(group.time.from, group.time.to - group.time.from, view, track);
  c.fillStyle = palette.hue(hue);
  c.strokeStyle = palette.hue(hue);
  c.lineWidth = 1;
  c.beginPath();
  if (group.kept > 0) {
    c.roundRect(box.x, row.barTop, box.width, row.barPx, Math.min(2, box.width / 2));
    c.fill();
  } else {
    c.roundRect(box.x + 0.5, row.barTop + 0.5, Math.max(1, box.width - 1), row.barPx - 1, Math.min(2, box.width / 2));
    c.stroke();
  }
  const text = linkedLabel(group);
  const side = labelSide(box, labelWidth(text), track);
  c.fillStyle = palette.dim;
  if (side === 'right') c.fillText(text, box.x + box.width + LABEL_GAP, middle);
  else if (side === 'left') c.fillText(text, box.x - LABEL_GAP - c.measureText(text).width, middle);
}
