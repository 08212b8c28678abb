// Sums of a comparison: per name what came and what was kept, before and after, with the squared standard error of estimates.
import type { Amount, ComparedRow, Side } from '#proto/api/simulate.ts';

interface Sum {
  traces: number;
  spans: number;
  bytes: number;
}
interface SideSum {
  received: Sum;
  kept: Sum;
  variance: Sum;
}

const zero = (): Sum => ({ traces: 0, spans: 0, bytes: 0 });

export class RowSum {
  readonly before: SideSum = { received: zero(), kept: zero(), variance: zero() };
  readonly after: SideSum = { received: zero(), kept: zero(), variance: zero() };
}

/** @param factor how many such amounts it stands for */
export function addTo(sum: Sum, amount: Amount, factor = 1): void {
  sum.traces += amount.traces * factor;
  sum.spans += amount.spans * factor;
  sum.bytes += amount.bytes * factor;
}

export class RowSums {
  readonly total = new RowSum();
  readonly #rows = new Map<string, RowSum>();

  of(name: string): RowSum {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const row = new RowSum();
    this.#rows.set(name, row);
    return row;
  }

  /** Most spans first. @param estimated whether `after` carries a standard error */
  rows(estimated: boolean): ComparedRow[] {
    const most = (row: RowSum): number => Math.max(row.before.received.spans, row.after.received.spans);
    return [...this.#rows]
      .sort(([a, x], [b, y]) => most(y) - most(x) || (a < b ? -1 : 1))
      .map(([name, row]) => rowOf(name, row, estimated));
  }
}

export function rowOf(name: string, row: RowSum, estimated: boolean): ComparedRow {
  return { name, before: sideOf(row.before, false), after: sideOf(row.after, estimated) };
}

function sideOf({ received, kept, variance }: SideSum, estimated: boolean): Side {
  if (!estimated) return { received, kept };
  return {
    received,
    kept,
    kept_error: {
      traces: Math.sqrt(variance.traces),
      spans: Math.sqrt(variance.spans),
      bytes: Math.sqrt(variance.bytes),
    },
  };
}
