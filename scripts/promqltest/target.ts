// Where a script's series go, and where its queries find them.
import type { Series, SeriesStore } from '#query/promql/storage.ts';
import { MemoryStore } from '#tests/support/memory-series-store.ts';

export interface Target {
  readonly store: SeriesStore;
  /** Resolves when queries see the series. */
  add(series: readonly Series[]): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

export function memoryTarget(): Target {
  const store = new MemoryStore();
  return {
    store,
    add: (series) => {
      for (const one of series) store.add(one);
      return Promise.resolve();
    },
    clear: () => {
      store.clear();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
