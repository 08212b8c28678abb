// The width of the column of names: a share of the page that the reader may change by dragging or by keys, remembered in this browser.
import { useCallback, useState } from 'react';
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react';
import s from './waterfall.module.css';

const KEY = 'winnow.names';
const LEAST = 0.15;
const MOST = 0.8;
const STEP = 0.02;
const NARROW_PX = 600;

function stored(): number | null {
  try {
    const share = Number(window.localStorage.getItem(KEY) ?? Number.NaN);
    return share >= LEAST && share <= MOST ? share : null;
  } catch {
    return null;
  }
}

function usual(width: number): number {
  return width < NARROW_PX ? width * 0.5 : Math.min(400, Math.max(260, width * 0.39));
}

/** Width in px, and a way to set its share; null: as usual again. */
export function useNameWidth(width: number): [number, (share: number | null) => void] {
  const [share, setShare] = useState(stored);
  const set = useCallback((next: number | null) => {
    const kept = next === null ? null : Math.min(MOST, Math.max(LEAST, next));
    setShare(kept);
    try {
      if (kept === null) window.localStorage.removeItem(KEY);
      else window.localStorage.setItem(KEY, kept.toFixed(3));
    } catch {
      // A browser without storage keeps the width for this page only.
    }
  }, []);
  return [Math.round(share === null ? usual(width) : width * share), set];
}

interface Props {
  readonly width: number;
  readonly nameWidth: number;
  readonly onShare: (share: number | null) => void;
}

export function NameResizer({ width, nameWidth, onShare }: Props): ReactNode {
  const share = nameWidth / Math.max(1, width);
  const onPointerMove = (event: PointerEvent): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const left = event.currentTarget.parentElement?.getBoundingClientRect().left ?? 0;
    onShare((event.clientX - left) / Math.max(1, width));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onShare(share + by);
  };
  return (
    <div
      className={s.resizer}
      style={{ left: nameWidth }}
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the names"
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={LEAST * 100}
      aria-valuemax={MOST * 100}
      tabIndex={0}
      title="Drag to change the width, double click for the usual one"
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      onKeyDown={onKeyDown}
      onDoubleClick={() => onShare(null)}
    />
  );
}
