// Pairs the series of two vectors by their labels, step by step: one to one and many to one, with values filled in for missing partners.
import { isComparison, type Binary, type VectorMatching } from '../ast.ts';
import type { LabelSet } from '../labels.ts';
import { PromqlError } from '../promql-error.ts';
import { dropName, type EvalContext } from './context.ts';
import { bySignature, groupLabels, ONE_TO_ONE, signatureOf } from './match-groups.ts';
import { LastNotes, noLoss } from './operator-notes.ts';
import { floatOperator, operate, type FloatOperator, type Operand } from './operators.ts';
import { mergeSameLabels } from './same-labels.ts';
import { emptySeries, FLOAT, put, valueAt, type OpenSeries, type VectorSeries, type VectorValue } from './value.ts';

/** The series of one match group on the side where there is one at each step at most. */
interface Partners {
  readonly series: readonly VectorSeries[];
  /** Which of them has a value at each step; -1: none. */
  readonly picked: Int32Array;
  /** Steps at which a series of the other side was matched with it. */
  readonly matched: Uint8Array;
  /** What labels of results have a value at which step: twice is an error. */
  readonly results: Map<string, Uint8Array>;
}

function duplicates(side: 'left' | 'right', matching: VectorMatching, a: VectorSeries, b: VectorSeries): PromqlError {
  const group = groupLabels(matching, a.labels);
  const both = [a.labels.toString(), b.labels.toString()].sort();
  return new PromqlError(
    'execution',
    `found duplicate series for the match group ${group.toString()} on the ${side} hand-side of the operation: ` +
      `[${both.join(', ')}];many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}

/** Steps at which any of the series has a value. */
function presence(series: readonly VectorSeries[], steps: number): Uint8Array {
  const any = new Uint8Array(steps);
  for (const { present } of series) for (let step = 0; step < steps; step++) if (present[step] !== 0) any[step] = 1;
  return any;
}

/** One operator between two vectors. */
class Pairing {
  readonly #context: EvalContext;
  readonly #expr: Binary;
  readonly #matching: VectorMatching;
  /** The left vector is the one with a single series per group. */
  readonly #swapped: boolean;
  readonly #filters: boolean;
  /** Arithmetic: the result is no longer the metric it comes from. */
  readonly #dropsName: boolean;
  readonly #operator: FloatOperator | undefined;
  readonly #notes = new LastNotes();
  readonly #results: OpenSeries[] = [];
  /** The first step with two series in a group. */
  #duplicateAt = Infinity;

  constructor(context: EvalContext, expr: Binary) {
    this.#context = context;
    this.#expr = expr;
    this.#matching = expr.matching ?? ONE_TO_ONE;
    this.#swapped = this.#matching.card === 'one-to-many';
    this.#filters = isComparison(expr.op) && !expr.bool;
    const trims = expr.op === '</' || expr.op === '>/';
    this.#dropsName = !isComparison(expr.op) && !trims;
    this.#operator = trims ? undefined : floatOperator(expr.op);
  }

  run(left: readonly VectorSeries[], right: readonly VectorSeries[]): VectorValue {
    const { grid, scope } = this.#context;
    const [many, one] = this.#swapped ? [right, left] : [left, right];
    const { fillLeft, fillRight } = this.#matching;
    // With group_right Prometheus swaps the two vectors but not the fill values: fill_left still fills the side with many series.
    const [fillMany, fillOne] = [fillLeft, fillRight];
    const fills = fillLeft !== undefined || fillRight !== undefined;
    const manyPresence = presence(many, grid.steps);
    const active = presence(one, grid.steps).map((flag, step) => (fills ? 1 : flag & manyPresence[step]!));
    const signature = signatureOf(this.#matching);
    const groups = new Map<string, Partners>();
    for (const [key, series] of bySignature(one, signature)) groups.set(key, this.#partners(series, active));
    this.#refuseDuplicates(one, signature);
    for (const series of many) {
      const key = signature(series.labels);
      let partners = groups.get(key);
      if (partners === undefined) {
        if (fillOne === undefined) continue;
        partners = this.#partners([], active);
        groups.set(key, partners);
      }
      this.#pair(series, partners, fillOne);
      scope.budget.spend(grid.steps);
    }
    if (fillMany !== undefined) for (const partners of groups.values()) this.#pairUnmatched(partners, fillMany);
    this.#notes.report(this.#context, this.#expr);
    return { type: 'vector', series: mergeSameLabels(this.#results) };
  }

  #partners(series: readonly VectorSeries[], active: Uint8Array): Partners {
    const steps = active.length;
    const picked = new Int32Array(steps).fill(-1);
    for (const [at, one] of series.entries()) {
      for (let step = 0; step < steps; step++) {
        if (one.present[step] === 0 || active[step] !== 1) continue;
        if (picked[step]! >= 0) {
          this.#duplicateAt = Math.min(this.#duplicateAt, step);
          break;
        }
        picked[step] = at;
      }
    }
    return { series, picked, matched: new Uint8Array(steps), results: new Map() };
  }

  /** Throws where two series of a group have a value at one step: of the first such step. */
  #refuseDuplicates(one: readonly VectorSeries[], signature: (labels: LabelSet) => string): void {
    if (this.#duplicateAt === Infinity) return;
    const seen = new Map<string, VectorSeries>();
    for (const series of one) {
      if (series.present[this.#duplicateAt] === 0) continue;
      const key = signature(series.labels);
      const before = seen.get(key);
      if (before !== undefined) throw duplicates(this.#swapped ? 'left' : 'right', this.#matching, before, series);
      seen.set(key, series);
    }
  }

  #labels(many: LabelSet, one: LabelSet): LabelSet {
    const { matching, delayed } = { matching: this.#matching, delayed: this.#context.scope.delayedNameRemoval };
    const named = new Set(matching.labels);
    let labels = this.#dropsName || (this.#expr.bool && !delayed) ? many.withoutMetadata() : many;
    if (matching.card === 'one-to-one')
      labels = labels.where((name) => (matching.on ? named.has(name) : !named.has(name)));
    for (const name of matching.include) labels = labels.with(name, one.get(name));
    return labels;
  }

  #output(many: VectorSeries, one: LabelSet): OpenSeries {
    const { grid, scope } = this.#context;
    scope.budget.reserve(grid.steps);
    const named = { labels: this.#labels(many.labels, one), dropName: false };
    const final = this.#expr.bool ? dropName(this.#context, named) : named;
    const output = emptySeries(final.labels, grid.steps, final.dropName);
    this.#results.push(output);
    return output;
  }

  /** HOT: all steps of a series of the many side. */
  #pair(many: VectorSeries, partners: Partners, fillOne: number | undefined): void {
    const outputs = new Map<number, { readonly series: OpenSeries; readonly seen: Uint8Array }>();
    const { steps } = this.#context.grid;
    for (let step = 0; step < steps; step++) {
      if (many.present[step] === 0) continue;
      const at = partners.picked[step]!;
      if (at < 0 && fillOne === undefined) continue;
      const one = at < 0 ? undefined : partners.series[at]!;
      let output = outputs.get(at);
      if (output === undefined) {
        const series = this.#output(many, one?.labels ?? groupLabels(this.#matching, many.labels));
        output = { series, seen: this.#seen(partners, series.labels) };
        outputs.set(at, output);
      }
      const left = valueAt(many, step);
      const right = one === undefined ? fillOne! : valueAt(one, step);
      this.#operate(step, left, right, output, partners);
    }
  }

  /** Series of the one side that nothing was matched with, where a value stands in for their partner. */
  #pairUnmatched(partners: Partners, fillMany: number): void {
    for (const [at, one] of partners.series.entries()) {
      let output: { readonly series: OpenSeries; readonly seen: Uint8Array } | undefined;
      for (let step = 0; step < one.present.length; step++) {
        if (partners.picked[step] !== at || partners.matched[step] === 1) continue;
        if (output === undefined) {
          const labels = groupLabels(this.#matching, one.labels);
          const series = this.#output({ ...one, labels, dropName: false }, one.labels);
          output = { series, seen: this.#seen(partners, series.labels) };
        }
        this.#operate(step, fillMany, valueAt(one, step), output, partners);
      }
    }
  }

  #seen({ results }: Partners, labels: LabelSet): Uint8Array {
    const slot = this.#matching.card === 'one-to-one' ? '' : labels.key;
    let seen = results.get(slot);
    if (seen === undefined) {
      seen = new Uint8Array(this.#context.grid.steps);
      results.set(slot, seen);
    }
    return seen;
  }

  /** @param many the value of the many side, @param one that of the other */
  #operate(
    step: number,
    many: Operand,
    one: Operand,
    { series, seen }: { readonly series: OpenSeries; readonly seen: Uint8Array },
    partners: Partners,
  ): void {
    const left = this.#swapped ? one : many;
    const right = this.#swapped ? many : one;
    if (typeof left === 'number' && typeof right === 'number' && this.#operator !== undefined) {
      const result = this.#operator(left, right);
      this.#check(step, seen, partners);
      if (this.#filters && result === 0) return;
      series.values[step] = this.#filters ? left : result;
      series.present[step] = FLOAT;
      return;
    }
    const outcome = operate(this.#expr.op, left, right);
    if (outcome.note !== undefined) this.#notes.add(step, outcome.note);
    if (!noLoss(outcome)) return;
    this.#check(step, seen, partners);
    if (this.#expr.bool) put(series, step, outcome.holds ? 1 : 0);
    else if (outcome.holds) put(series, step, outcome.value);
  }

  /** Whether values hold or not does not matter: the error must not depend on them. */
  #check(step: number, seen: Uint8Array, { matched }: Partners): void {
    if (seen[step] === 1) {
      throw new PromqlError(
        'execution',
        this.#matching.card === 'one-to-one'
          ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
          : 'multiple matches for labels: grouping labels must ensure unique matches',
      );
    }
    seen[step] = 1;
    matched[step] = 1;
  }
}

/** Arithmetic, comparison and trimming between two vectors. Throws PromqlError `execution` on ambiguous matches. */
export function pairVectors(context: EvalContext, expr: Binary, left: VectorValue, right: VectorValue): VectorValue {
  return new Pairing(context, expr).run(left.series, right.series);
}
