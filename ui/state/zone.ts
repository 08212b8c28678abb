// The zone that times are shown in: the reader's or UTC, remembered in this browser.
import { useCallback, useSyncExternalStore } from 'react';
import type { Zone } from '../shape/time-words.ts';

const KEY = 'winnow.zone';
const listeners = new Set<() => void>();
let chosen: Zone | null = null;

function zoneNow(): Zone {
  if (chosen !== null) return chosen;
  try {
    chosen = window.localStorage.getItem(KEY) === 'utc' ? 'utc' : 'local';
  } catch {
    chosen = 'local';
  }
  return chosen;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The zone, and a way to choose another. */
export function useZone(): { readonly zone: Zone; readonly choose: (zone: Zone) => void } {
  const zone = useSyncExternalStore(subscribe, zoneNow);
  const choose = useCallback((next: Zone) => {
    chosen = next;
    try {
      window.localStorage.setItem(KEY, next);
    } catch {
      // A browser without storage keeps the zone for this page only.
    }
    for (const listener of listeners) listener();
  }, []);
  return { zone, choose };
}
