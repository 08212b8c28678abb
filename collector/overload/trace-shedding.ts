// Turns away traces below T_min when their first span arrives, and remembers them as dropped, so that the rest of their spans follow.
import type { ArrivalControl } from '#collector/assemble/arrival-control.ts';
import { UNDECIDED } from '#collector/assemble/decision-lookup.ts';
import type { SpanColumns } from '#collector/assemble/span-columns.ts';
import type { DecisionMemory } from '#collector/decide/memory/decision-memory.ts';
import { randomnessHi } from '#proto/model/threshold.ts';
import { TraceStateReader } from '#collector/decide/randomness/trace-state.ts';
import { MARK_TRACE_STATE } from '#collector/model/span-table.ts';
import { counter, type Metric } from '#collector/model/metric-table.ts';

/** Spans of traces that were turned away are sampled out by the rule of this name. */
export const OVERLOAD_RULE = 'overload';

export class TraceShedding implements ArrivalControl {
  /** Traces turned away since the start. */
  traces = 0;
  /** Number of {@link OVERLOAD_RULE}; changes with a reload. */
  rule: number;
  readonly #control: { readonly leastHi: number };
  readonly #decisions: DecisionMemory;
  readonly #state = new TraceStateReader();

  constructor(control: { readonly leastHi: number }, decisions: DecisionMemory, rule: number) {
    this.#control = control;
    this.#decisions = decisions;
    this.rule = rule;
  }

  get leastHi(): number {
    return this.#control.leastHi;
  }

  /** HOT: per trace, under overload. */
  sheds(columns: SpanColumns, span: number, body: Buffer, leastHi: number, nowMs: number): boolean {
    if (!this.turnsAway(columns, span, body, leastHi)) return false;
    this.#decisions.drop(
      columns.id0[span]!,
      columns.id1[span]!,
      columns.id2[span]!,
      columns.id3[span]!,
      this.rule,
      nowMs,
    );
    this.traces++;
    return true;
  }

  /** HOT: per trace, under overload. A trace is accepted where R >= T_min. T_min has no bits in its low half, so the high halves are compared. */
  turnsAway(columns: SpanColumns, span: number, body: Buffer, leastHi: number): boolean {
    if (leastHi === 0) return false;
    let random = randomnessHi(columns.id2[span]!, columns.id3[span]!);
    if ((columns.marks[span]! & MARK_TRACE_STATE) !== 0) {
      const from = columns.offset[span]!;
      const state = this.#state;
      if (state.find(body, from, from + columns.length[span]!)) {
        state.readOt(body, state.start, state.end);
        if (state.randomnessHi >= 0) random = state.randomnessHi;
      }
    }
    return random < leastHi;
  }

  /** Remembers a trace that was turned away before a restart as dropped, so that its later spans, read from the log, are dropped too. */
  recall(columns: SpanColumns, span: number, nowMs: number): void {
    const [id0, id1, id2, id3] = [columns.id0[span]!, columns.id1[span]!, columns.id2[span]!, columns.id3[span]!];
    if (this.#decisions.lookup(id0, id1, id2, id3) === UNDECIDED)
      this.#decisions.drop(id0, id1, id2, id3, this.rule, nowMs);
  }
}

export const SHEDDING_METRICS: readonly Metric<{ readonly traces: number }>[] = [
  counter(
    'winnow_overload_traces_shed_total',
    'traces turned away at their first span; their service edges are estimated from those taken in',
    ({ traces }) => traces,
  ),
];
