// A point in time: short on the page, in full with its zone on hover.
import type { ReactNode } from 'react';
import { useTimeWords } from '#ui/state/time-reader.ts';
import type { Fraction } from '#ui/shape/time-words.ts';

export function Time({ ns, fraction = 3 }: { readonly ns: string; readonly fraction?: Fraction }): ReactNode {
  const { when, full } = useTimeWords();
  return <time title={full(ns)}>{when(ns, fraction)}</time>;
}
