// What "now" is for relative ranges: fixed between refreshes so that all parts of a page ask for the same time, moving when Live is on.
import { createContext, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { readRange } from './time-range.ts';
import type { TimeRange } from './time-range.ts';
import { useUrlState } from './url-state.ts';
import { useZone } from './zone.ts';

/** How often Live asks again: below this a page reads slower than it changes. */
const LIVE_EVERY_MS = 5_000;

interface Now {
  readonly nowMs: number;
  readonly live: boolean;
  readonly refresh: () => void;
  readonly setLive: (live: boolean) => void;
}
const NowContext = createContext<Now>({ nowMs: 0, live: false, refresh: () => undefined, setLive: () => undefined });

export function NowProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [nowMs, setNowMs] = useState(() => Date.now());
  const [live, setLiveState] = useState(false);
  const refresh = useCallback(() => setNowMs(Date.now()), []);
  const setLive = useCallback((on: boolean) => {
    if (on) setNowMs(Date.now());
    setLiveState(on);
  }, []);
  useEffect(() => {
    if (!live) return undefined;
    const timer = window.setInterval(refresh, LIVE_EVERY_MS);
    return () => window.clearInterval(timer);
  }, [live, refresh]);
  const value = useMemo(() => ({ nowMs, live, refresh, setLive }), [nowMs, live, refresh, setLive]);
  return <NowContext value={value}>{children}</NowContext>;
}

export function useNow(): Now {
  return useContext(NowContext);
}

/** The range of the page, resolved. */
export function useRange(): TimeRange {
  const { nowMs } = useNow();
  const { params } = useUrlState();
  const { zone } = useZone();
  return useMemo(() => readRange(params, { nowMs, zone }), [params, nowMs, zone]);
}
