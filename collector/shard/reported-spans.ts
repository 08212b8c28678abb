// Brings the ledger up to date with what a shard has counted: the shard counts by number, the ledger by name, and only what is new is added.
import { DROP_REASONS, type SpanLedger } from '#collector/assemble/span-ledger.ts';
import type { TraceLedger } from './span-counts.ts';

export class ReportedSpans {
  readonly #counts: SpanLedger;
  #sampledOut: number[] = [];
  readonly #dropped = new Float64Array(DROP_REASONS.length);

  constructor(counts: SpanLedger) {
    this.#counts = counts;
  }

  /** The rules of the shard's counts have other numbers now, and all that was counted has been reported. */
  renumbered(): void {
    this.#sampledOut = [...this.#counts.sampledOut];
  }

  /** @param ruleName of a rule's number */
  report(ledger: TraceLedger, ruleName: (rule: number) => string): void {
    for (const [rule, spans] of this.#counts.sampledOut.entries()) {
      const more = (spans ?? 0) - (this.#sampledOut[rule] ?? 0);
      if (more > 0) ledger.sampleOut(more, ruleName(rule));
      this.#sampledOut[rule] = spans ?? 0;
    }
    for (const [i, reason] of DROP_REASONS.entries()) {
      const spans = this.#counts.dropped[i] ?? 0;
      ledger.drop(spans - this.#dropped[i]!, reason);
      this.#dropped[i] = spans;
    }
  }
}
