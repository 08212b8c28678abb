// Times in words for who reads now, in the zone of their choice.
import { useMemo } from 'react';
import { fullTime, when } from '../shape/time-words.ts';
import type { Fraction, Reader } from '../shape/time-words.ts';
import { useNow } from './now.tsx';
import { useZone } from './zone.ts';

export function useReader(): Reader {
  const { zone } = useZone();
  const { nowMs } = useNow();
  return useMemo(() => ({ zone, nowMs }), [zone, nowMs]);
}

/** Times in words: short, with the date where it is needed, and in full with the zone. */
export function useTimeWords(): {
  readonly when: (ns: string, fraction?: Fraction) => string;
  readonly full: (ns: string) => string;
} {
  const reader = useReader();
  return useMemo(
    () => ({
      when: (ns: string, fraction: Fraction = 3) => when(ns, reader, fraction),
      full: (ns: string) => fullTime(ns, reader.zone),
    }),
    [reader],
  );
}
