// Collects over one call what had to be bent in classic histograms that are not monotonic.
import { timeAt, type EvalContext } from '../eval/context.ts';
import type { Fix } from './bucket-quantile.ts';

interface Bent {
  minBucket: number;
  maxBucket: number;
  maxDiff: number;
  /** Number of histograms by step. */
  readonly bySteps: Uint32Array;
}

/** Prometheus counts in 64 bits. */
const COUNT_BITS = 64;

/**
 * The number of samples as Prometheus states it: from the second step on it merges its notes with themselves, step by step, which doubles them.
 * Whoever compares answers compares this number, too.
 */
function statedCount(bySteps: Uint32Array): bigint {
  let count = 0n;
  for (const here of bySteps) {
    const before = count;
    count += BigInt(here);
    if (before !== 0n) count = BigInt.asIntN(COUNT_BITS, 2n * count);
  }
  return count;
}

export class MonotonicityNotes {
  readonly #context: EvalContext;
  readonly #byMetric = new Map<string, Bent>();

  constructor(context: EvalContext) {
    this.#context = context;
  }

  add(metric: string, fix: Fix, step: number): void {
    let bent = this.#byMetric.get(metric);
    if (bent === undefined) {
      bent = {
        minBucket: Infinity,
        maxBucket: -Infinity,
        maxDiff: 0,
        bySteps: new Uint32Array(this.#context.grid.steps),
      };
      this.#byMetric.set(metric, bent);
    }
    bent.minBucket = Math.min(bent.minBucket, fix.minBucket);
    bent.maxBucket = Math.max(bent.maxBucket, fix.maxBucket);
    bent.maxDiff = Math.max(bent.maxDiff, fix.maxDiff);
    bent.bySteps[step]! += 1;
  }

  /** One info per metric. */
  report(where: { readonly start: number }): void {
    const { scope, grid } = this.#context;
    for (const [metric, { bySteps, ...bent }] of this.#byMetric) {
      scope.annotations.monotonicity(where, metric, {
        ...bent,
        count: statedCount(bySteps),
        firstMs: timeAt(
          grid,
          bySteps.findIndex((count) => count > 0),
        ),
        lastMs: timeAt(
          grid,
          bySteps.findLastIndex((count) => count > 0),
        ),
      });
    }
  }
}
