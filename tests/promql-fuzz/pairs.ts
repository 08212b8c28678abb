// What the fuzz compares: the engine over series in memory, and the plain evaluator over the same ones.
import type { Series } from '#query/promql/storage.ts';
import { MemoryStore } from '#tests/support/memory-series-store.ts';
import { engineOn, plainOn } from './answers.ts';
import type { PairOn } from './fuzz.ts';

/** Both work in the same order; only where sums are put together in another one they may differ in the last digits. */
export const TOLERANCE = 1e-12;

export function memoryOf(series: readonly Series[]): MemoryStore {
  const store = new MemoryStore();
  for (const one of series) store.add(one);
  return store;
}

export const engineAgainstPlain: PairOn = (series) => ({
  a: engineOn(memoryOf(series)),
  b: plainOn([...series]),
  tolerance: TOLERANCE,
});
