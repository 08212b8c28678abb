// Pairs the series of two vectors by their labels, step by step: one to one, many to one, and the set operators.
import type { SetOp, VectorMatching } from '../ast.ts';
import { METRIC_NAME, type LabelSet } from '../labels.ts';
import { PromqlError } from '../promql-error.ts';
import { dropName, type EvalContext } from './context.ts';
import { mergeSameLabels } from './same-labels.ts';
import { emptySeries, isEmptySeries, type VectorSeries, type VectorValue } from './value.ts';

const ONE_TO_ONE: VectorMatching = {
  card: 'one-to-one',
  on: false,
  labels: [],
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
};

function signatureOf(matching: VectorMatching): (labels: LabelSet) => string {
  const named = new Set(matching.labels);
  if (matching.on) return (labels) => labels.keyWhere((name) => named.has(name));
  return (labels) => labels.keyWhere((name) => name !== METRIC_NAME && !named.has(name));
}

function bySignature(
  series: readonly VectorSeries[],
  signature: (labels: LabelSet) => string,
): Map<string, VectorSeries[]> {
  const groups = new Map<string, VectorSeries[]>();
  for (const one of series) {
    const key = signature(one.labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

function presence(series: readonly VectorSeries[], steps: number): Uint8Array {
  const any = new Uint8Array(steps);
  for (const one of series) for (let step = 0; step < steps; step++) if (one.present[step] === 1) any[step] = 1;
  return any;
}

/** `and`, `or`, `unless`: they look at labels only and keep values and names. */
export function evaluateSetOperator(
  context: EvalContext,
  op: SetOp,
  written: VectorMatching | undefined,
  left: VectorValue,
  right: VectorValue,
): VectorValue {
  const signature = signatureOf(written ?? ONE_TO_ONE);
  const { steps } = context.grid;
  const none = new Uint8Array(steps);
  const [kept, other] = op === 'or' ? [right.series, left.series] : [left.series, right.series];
  const others = new Map([...bySignature(other, signature)].map(([key, group]) => [key, presence(group, steps)]));
  const wanted = op === 'and' ? 1 : 0;
  const filtered = kept
    .map((one): VectorSeries => {
      const seen = others.get(signature(one.labels)) ?? none;
      context.scope.budget.spend(steps);
      return {
        labels: one.labels,
        dropName: one.dropName,
        values: one.values,
        present: one.present.map((flag, step) => (flag === 1 && seen[step] === wanted ? 1 : 0)),
      };
    })
    .filter((one) => !isEmptySeries(one));
  const series =
    op === 'or'
      ? [
          ...left.series.map(({ labels, dropName: drop, values, present }) => ({
            labels,
            dropName: drop,
            values,
            present,
          })),
          ...filtered,
        ]
      : filtered;
  return { type: 'vector', series: mergeSameLabels(series) };
}

/** How two paired values become one. */
export interface PairOperation {
  readonly op: (left: number, right: number) => number;
  /** A comparison without `bool`: keeps the left value where it holds. */
  readonly filter: boolean;
  readonly bool: boolean;
  /** Arithmetic: the result is no longer the metric it came from. */
  readonly dropsName: boolean;
  readonly matching: VectorMatching | undefined;
}

function duplicates(side: 'left' | 'right', matching: VectorMatching, a: VectorSeries, b: VectorSeries): PromqlError {
  const named = new Set(matching.labels);
  const group = a.labels.where((name) => (matching.on ? named.has(name) : name !== METRIC_NAME && !named.has(name)));
  const both = [a.labels.toString(), b.labels.toString()].sort();
  return new PromqlError(
    'execution',
    `found duplicate series for the match group ${group.toString()} on the ${side} hand-side of the operation: ` +
      `[${both.join(', ')}];many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}

/** Which series of a group has a value at each step (-1: none). Throws when two have. */
function pickPerStep(
  group: readonly VectorSeries[],
  active: Uint8Array,
  fail: (a: VectorSeries, b: VectorSeries) => PromqlError,
): Int32Array {
  const picked = new Int32Array(active.length).fill(-1);
  for (const [at, one] of group.entries()) {
    for (let step = 0; step < active.length; step++) {
      if (one.present[step] !== 1 || active[step] !== 1) continue;
      const before = picked[step]!;
      if (before >= 0) throw fail(group[before]!, one);
      picked[step] = at;
    }
  }
  return picked;
}

function resultLabels(
  operation: PairOperation,
  matching: VectorMatching,
  many: LabelSet,
  one: LabelSet,
  delayed: boolean,
): LabelSet {
  const named = new Set(matching.labels);
  let labels = operation.dropsName && !delayed ? many.without(METRIC_NAME) : many;
  if (matching.card === 'one-to-one')
    labels = labels.where((name) => (matching.on ? named.has(name) : !named.has(name)));
  for (const name of matching.include) labels = labels.with(name, one.get(name));
  return operation.bool && !delayed ? labels.without(METRIC_NAME) : labels;
}

/** Arithmetic and comparison between two vectors. Throws PromqlError `execution` on ambiguous matches. */
export function pairVectors(
  context: EvalContext,
  operation: PairOperation,
  left: VectorValue,
  right: VectorValue,
): VectorValue {
  const matching = operation.matching ?? ONE_TO_ONE;
  const swapped = matching.card === 'one-to-many';
  const [many, one] = swapped ? [right.series, left.series] : [left.series, right.series];
  const { steps } = context.grid;
  const manyPresence = presence(many, steps);
  const active = presence(one, steps).map((flag, step) => flag & manyPresence[step]!);
  const signature = signatureOf(matching);
  const oneGroups = new Map<string, { group: VectorSeries[]; picked: Int32Array }>();
  for (const [key, group] of bySignature(one, signature)) {
    oneGroups.set(key, {
      group,
      picked: pickPerStep(group, active, (a, b) => duplicates(swapped ? 'left' : 'right', matching, a, b)),
    });
  }
  const results: VectorSeries[] = [];
  for (const [key, manyGroup] of bySignature(many, signature)) {
    const partner = oneGroups.get(key);
    if (partner === undefined) continue;
    const matched = new Map<string, Uint8Array>();
    for (const series of manyGroup) results.push(...pairSeries(context, operation, matching, series, partner, matched));
  }
  return { type: 'vector', series: mergeSameLabels(results) };
}

function pairSeries(
  context: EvalContext,
  operation: PairOperation,
  matching: VectorMatching,
  many: VectorSeries,
  partner: { group: readonly VectorSeries[]; picked: Int32Array },
  matched: Map<string, Uint8Array>,
): VectorSeries[] {
  const { steps } = context.grid;
  const delayed = context.scope.delayedNameRemoval;
  const swapped = matching.card === 'one-to-many';
  const outputs = new Map<number, { series: VectorSeries; taken: Uint8Array }>();
  context.scope.budget.spend(steps);
  for (let step = 0; step < steps; step++) {
    const at = many.present[step] === 1 ? partner.picked[step]! : -1;
    if (at < 0) continue;
    const one = partner.group[at]!;
    const leftValue = swapped ? one.values[step]! : many.values[step]!;
    const rightValue = swapped ? many.values[step]! : one.values[step]!;
    const result = operation.op(leftValue, rightValue);
    const keeps = !operation.filter || result !== 0;
    // One to one is checked before filtering, so that the error does not depend on the values.
    if (!keeps && matching.card !== 'one-to-one') continue;
    let output = outputs.get(at);
    if (output === undefined) {
      const labels = resultLabels(operation, matching, many.labels, one.labels, delayed);
      const named = { labels, dropName: many.dropName };
      const final = operation.dropsName || operation.bool ? dropName(context, named) : named;
      const slot = matching.card === 'one-to-one' ? '' : final.labels.key;
      const taken = matched.get(slot) ?? new Uint8Array(steps);
      matched.set(slot, taken);
      output = { series: emptySeries(final.labels, steps, final.dropName), taken };
      outputs.set(at, output);
    }
    if (output.taken[step] === 1) {
      throw new PromqlError(
        'execution',
        matching.card === 'one-to-one'
          ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
          : 'multiple matches for labels: grouping labels must ensure unique matches',
      );
    }
    output.taken[step] = 1;
    if (!keeps) continue;
    output.series.values[step] = operation.filter ? leftValue : result;
    output.series.present[step] = 1;
  }
  return [...outputs.values()].map((output) => output.series);
}
