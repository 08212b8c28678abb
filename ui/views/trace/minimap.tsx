// The whole trace above the waterfall; drag to choose the time that is shown, double click for all of it.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { PointerEvent, ReactNode } from 'react';
import { MINIMAP_PX, drawMinimap } from '#ui/draw/draw-minimap.ts';
import type { Palette } from '#ui/draw/palette.ts';
import { minimapLines } from '#ui/layout/minimap-lanes.ts';
import type { View } from '#ui/layout/viewport.ts';
import type { Runs } from '#ui/shape/repeats.ts';
import type { TraceTree } from '#ui/shape/trace-tree.ts';
import s from './waterfall.module.css';

const LANES = 38;
const LEAST_DRAG_PX = 4;

interface Props {
  readonly tree: TraceTree;
  readonly runs: Runs;
  readonly hues: readonly number[];
  readonly matches: Uint8Array;
  readonly palette: Palette;
  readonly width: number;
  readonly whole: View;
  readonly view: View;
  readonly onView: (view: View) => void;
}

export function Minimap({ tree, runs, hues, matches, palette, width, whole, view, onView }: Props): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const lines = useMemo(() => minimapLines(tree, runs, LANES), [tree, runs]);
  useEffect(() => {
    if (canvas.current && width > 0)
      drawMinimap(canvas.current, width, { tree, lines, lanes: LANES, whole, hues, matches }, palette);
  }, [tree, lines, hues, matches, palette, width, whole]);
  const x = (event: PointerEvent): number =>
    Math.min(width, Math.max(0, event.clientX - event.currentTarget.getBoundingClientRect().left));
  const perPx = (whole.to - whole.from) / Math.max(1, width);
  const left = drag ? Math.min(drag.from, drag.to) : (view.from - whole.from) / perPx;
  const right = drag ? Math.max(drag.from, drag.to) : (view.to - whole.from) / perPx;
  const partial = drag !== null || view.from > whole.from || view.to < whole.to;
  return (
    <div
      className={s.minimap}
      data-testid="minimap"
      title="Drag to zoom, double click for all"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: x(event), to: x(event) });
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: x(event) })}
      onPointerUp={() => {
        if (drag && right - left >= LEAST_DRAG_PX)
          onView({ from: whole.from + left * perPx, to: whole.from + right * perPx });
        setDrag(null);
      }}
      onPointerCancel={() => setDrag(null)}
      onDoubleClick={() => onView(whole)}
    >
      <canvas ref={canvas} style={{ width, height: MINIMAP_PX }} />
      {partial && <div className={s.window} style={{ left, width: Math.max(1, right - left) }} />}
    </div>
  );
}
