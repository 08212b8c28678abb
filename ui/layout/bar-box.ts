// Where a span's bar and its duration label stand on the time side of a row, in pixels.
import type { View } from './viewport.ts';

/** Bars never vanish: a span shorter than a pixel is still a mark. */
const LEAST_PX = 2;
const GAP_PX = 6;
/** Width of a digit of the 11 px label; tabular figures make the estimate exact enough for both layers. */
const LABEL_CHARACTER_PX = 6.4;

export interface BarBox {
  readonly x: number;
  readonly width: number;
  readonly visible: boolean;
}

/** Bar of [start, start + duration) in a track of `widthPx`, clipped to it. */
export function barBox(start: number, duration: number, view: View, widthPx: number): BarBox {
  const scale = widthPx / (view.to - view.from);
  const left = (start - view.from) * scale;
  const right = left + duration * scale;
  if (right < 0 || left > widthPx) return { x: left < 0 ? 0 : widthPx, width: 0, visible: false };
  const x = Math.max(left, 0);
  const width = Math.max(Math.min(right, widthPx) - x, LEAST_PX);
  return { x: Math.min(x, widthPx - LEAST_PX), width, visible: true };
}

/** Room that a duration label takes. */
export function labelWidth(text: string): number {
  return text.length * LABEL_CHARACTER_PX;
}

/** Side of the bar on which a label of `labelPx` fits; 'column' = neither, it goes to the end of the name column. */
export function labelSide(box: BarBox, labelPx: number, widthPx: number): 'right' | 'left' | 'column' {
  if (!box.visible) return 'column';
  if (box.x + box.width + GAP_PX + labelPx <= widthPx) return 'right';
  return box.x - GAP_PX - labelPx >= 0 ? 'left' : 'column';
}
