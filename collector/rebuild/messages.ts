// What the thread that puts stored traces together is asked, and what it answers: plain data.
import type { RebuiltHead } from '#collector/store/tables/traces-table.ts';

/** A row of the table `traces`. */
export interface StoredTraceKey {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Its column `start`: Unix ns in decimal. */
  readonly startNs: string;
}

export interface RebuildTask extends StoredTraceKey {
  /** As many spans are enough as are there: it was waited for the others before. */
  readonly isLastTry: boolean;
}

export type RebuildQuestion =
  | { readonly kind: 'rebuild'; readonly tasks: readonly RebuildTask[] }
  /** Traces stored since then whose late spans are not in their heads. */
  | { readonly kind: 'find'; readonly sinceS: number };

/**
 * `incomplete`: spans and summary do not say the same yet. `too_large`: more spans than are put together. `gone`: it is stored no more, or not yet.
 */
export type Rebuilt = StoredTraceKey &
  (
    | { readonly outcome: 'rebuilt'; readonly head: RebuiltHead }
    | { readonly outcome: 'incomplete' | 'too_large' | 'gone' }
  );

export type RebuildAnswer =
  | { readonly kind: 'rebuilt'; readonly traces: readonly Rebuilt[] }
  | { readonly kind: 'found'; readonly keys: readonly StoredTraceKey[] }
  | { readonly kind: 'failed'; readonly message: string };
