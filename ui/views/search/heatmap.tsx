// Start time × duration of the matching traces. Drag a rectangle to look at those alone and against the rest.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react';
import { drawHeatmap } from '#ui/draw/draw-heatmap.ts';
import { readPalette } from '#ui/draw/palette.ts';
import type { Answer } from '#ui/load/api.ts';
import { count, milliseconds, plural } from '#ui/shape/format.ts';
import { cursorCells, moveCursor } from '#ui/shape/heat-cursor.ts';
import type { HeatCursor } from '#ui/shape/heat-cursor.ts';
import { columnsNs, decadesMs, heatGrid, rowMs, rowsNs, timeOfX, xOfTime, yOfMs } from '#ui/shape/heatmap-grid.ts';
import { useTimeWords } from '#ui/state/time-reader.ts';
import { useTheme } from '#ui/state/theme.ts';
import type { Selection } from '#ui/state/trace-filter.ts';
import s from './heatmap.module.css';
import { useSize } from '../widgets/use-size.ts';

/** A smaller drag is a click that slipped. */
const LEAST_DRAG_PX = 4;

interface Props {
  readonly answer: Answer<'heatmap'> | undefined;
  readonly selection: Selection | null;
  readonly onSelect: (selection: Selection | null) => void;
}
interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export function Heatmap({ answer, selection, onSelect }: Props): ReactNode {
  const [ref, size] = useSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<Box | null>(null);
  const [cursor, setCursor] = useState<HeatCursor | null>(null);
  const [hover, setHover] = useState<string>('');
  const { dark } = useTheme();
  const { when } = useTimeWords();
  const grid = useMemo(() => (answer ? heatGrid(answer) : null), [answer]);
  const byPlace = useMemo(() => new Map(grid?.cells.map((c) => [c.column * 1000 + c.row, c])), [grid]);

  useEffect(() => {
    if (canvas.current && grid && size.width > 0)
      drawHeatmap(canvas.current, size.width, size.height, grid, readPalette(dark));
  }, [grid, size, dark]);

  const at = (event: PointerEvent): { x: number; y: number } => {
    const box = event.currentTarget.getBoundingClientRect();
    return {
      x: Math.min(Math.max(event.clientX - box.left, 0), size.width),
      y: Math.min(Math.max(event.clientY - box.top, 0), size.height),
    };
  };
  const columnAt = (x: number): number =>
    grid === null ? 0 : Math.min(grid.columns - 1, Math.max(0, Math.floor((x / size.width) * grid.columns)));
  const rowAt = (y: number): number =>
    grid === null
      ? 0
      : grid.lowRow + Math.min(grid.rows - 1, Math.max(0, Math.floor((1 - y / size.height) * grid.rows)));
  const words = (column: number, row: number): string => {
    if (!grid) return '';
    const cell = byPlace.get(column * 1000 + row);
    const place = `${when(String(timeOfX(grid, { width: grid.columns, height: 1 }, column)), 0)} · ${milliseconds(rowMs(row))} to ${milliseconds(rowMs(row + 1))}`;
    return cell
      ? `${place} · ${plural(cell.kept, 'kept trace')}, stands for ${count(cell.standsFor)}${cell.errors > 0 ? ` · ${count(cell.errors)} with errors` : ''}`
      : `${place} · no kept trace`;
  };
  const move = (event: PointerEvent): void => {
    if (!grid) return;
    const { x, y } = at(event);
    if (drag) setDrag({ ...drag, x1: x, y1: y });
    const [column, row] = [columnAt(x), rowAt(y)];
    setHover(byPlace.has(column * 1000 + row) ? words(column, row) : '');
  };
  const finish = (): void => {
    if (!drag || !grid) return;
    const [x0, x1] = drag.x0 < drag.x1 ? [drag.x0, drag.x1] : [drag.x1, drag.x0];
    const [y0, y1] = drag.y0 < drag.y1 ? [drag.y0, drag.y1] : [drag.y1, drag.y0];
    setDrag(null);
    const isClick = x1 - x0 < LEAST_DRAG_PX && y1 - y0 < LEAST_DRAG_PX;
    const [left, bottom] = [columnAt(x0), rowAt(y1)];
    // A click on an empty place chooses nothing; whole cells are chosen, so that the list has what they count.
    if (isClick && !byPlace.has(left * 1000 + bottom)) return onSelect(null);
    const [right, top] = isClick ? [left, bottom] : [columnAt(x1), rowAt(y0)];
    onSelect({ ...columnsNs(grid, left, right + 1), ...rowsNs(bottom, top + 1) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = moveCursor(grid, cursor, event.key, event.shiftKey);
    if (next) setCursor(next);
    else if (event.key === 'Enter' && cursor) {
      const { columns, rows } = cursorCells(cursor);
      onSelect({ ...columnsNs(grid, columns[0], columns[1]), ...rowsNs(grid.lowRow + rows[0], grid.lowRow + rows[1]) });
    } else if (event.key === 'Escape') {
      setCursor(null);
      if (selection) onSelect(null);
    } else return;
    event.preventDefault();
  };
  const cells = cursor ? cursorCells(cursor) : null;
  const shown: Box | null =
    drag ??
    (selection && grid
      ? {
          x0: xOfTime(grid, size, BigInt(selection.startNs)),
          x1: xOfTime(grid, size, BigInt(selection.endNs)),
          y0: yOfMs(grid, size, selection.maxNs / 1e6),
          y1: yOfMs(grid, size, selection.minNs / 1e6),
        }
      : null);

  return (
    <div className={s.frame}>
      <div
        ref={ref}
        className={s.field}
        role="application"
        aria-roledescription="heatmap"
        aria-label="Traces by start time and duration. Arrows move, Shift and arrows stretch a rectangle, Enter chooses it, Escape leaves it."
        tabIndex={0}
        title={hover}
        onKeyDown={onKeyDown}
        onBlur={() => setCursor(null)}
        data-testid="heatmap"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const { x, y } = at(event);
          setDrag({ x0: x, y0: y, x1: x, y1: y });
        }}
        onPointerMove={move}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(null)}
      >
        <canvas ref={canvas} className={s.canvas} />
        {grid &&
          decadesMs(grid).map((ms) => (
            <span key={ms} className={s.decade} style={{ top: yOfMs(grid, size, ms) }}>
              {milliseconds(ms)}
            </span>
          ))}
        {grid && cursor && cells && (
          <>
            <div
              className={s.cursor}
              style={{
                left: (cells.columns[0] / grid.columns) * size.width,
                width: ((cells.columns[1] - cells.columns[0]) / grid.columns) * size.width,
                top: (1 - cells.rows[1] / grid.rows) * size.height,
                height: ((cells.rows[1] - cells.rows[0]) / grid.rows) * size.height,
              }}
            />
            <span className={s.words} role="status">
              {words(cursor.column, grid.lowRow + cursor.row)}
            </span>
          </>
        )}
        {shown && (
          <div
            className={s.brush}
            style={{
              left: Math.min(shown.x0, shown.x1),
              top: Math.min(shown.y0, shown.y1),
              width: Math.abs(shown.x1 - shown.x0),
              height: Math.abs(shown.y1 - shown.y0),
            }}
          />
        )}
      </div>
    </div>
  );
}
