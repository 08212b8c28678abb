// Ranges that the page was narrowed from, so that a zoom leads back. In memory: the address says where one is, this says how one came.
import { useEffect, useRef } from 'react';
import { useNow, useRange } from './now.tsx';
import { widened } from './time-range.ts';
import { useUrlState } from './url-state.ts';
import type { Patch } from './url-state.ts';

/** Older ones are forgotten. */
const MOST_REMEMBERED = 50;
const KEYS = ['range', 'start', 'end'] as const;

function rangePatch(params: URLSearchParams): Patch {
  return Object.fromEntries(KEYS.map((key) => [key, params.get(key)]));
}

/** Steps out of a fixed range: to the one before it, else to one twice as long. */
export function useZoomBack(): () => void {
  const { params, change } = useUrlState();
  const { nowMs } = useNow();
  const range = useRange();
  const past = useRef<Patch[]>([]);
  const last = useRef<{ readonly key: string; readonly patch: Patch } | null>(null);
  const steppingBack = useRef(false);
  const patch = rangePatch(params);
  const key = JSON.stringify(patch);
  useEffect(() => {
    if (last.current?.key === key) return;
    if (last.current !== null && !steppingBack.current)
      past.current = [...past.current, last.current.patch].slice(-MOST_REMEMBERED);
    steppingBack.current = false;
    last.current = { key, patch };
  });
  return () => {
    const before = past.current.pop();
    steppingBack.current = before !== undefined;
    change({ sel: null, ...(before ?? { range: null, ...widened(range, nowMs) }) });
  };
}
