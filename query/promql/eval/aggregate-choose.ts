// Aggregations that keep some series of a group (topk, bottomk, limitk) or count equal values (count_values).
import { unwrap, type Aggregate } from '../ast.ts';
import { isLabelName, type LabelSet } from '../labels.ts';
import { goMax, goMin } from '../extremes.ts';
import { formatGo, formatPlain } from '../format-number.ts';
import { histogramText } from '../histogram/text.ts';
import { PromqlError } from '../promql-error.ts';
import { quote } from '../quote.ts';
import type { EvalContext } from './context.ts';
import { noteIgnored } from './aggregate-histograms.ts';
import { groupSeries } from './group.ts';
import { Notes } from './notes.ts';
import { mergeSameLabels } from './same-labels.ts';
import { emptySeries, FLOAT, isEmptySeries, valueAt, type VectorSeries, type VectorValue } from './value.ts';

const BEYOND_INT64 = 2 ** 63;

/** False where nothing is chosen at any step; errors come only after that, as in Prometheus. */
function checkParameters(parameters: Float64Array): boolean {
  let most = -Infinity;
  let least = Infinity;
  let nan = false;
  for (const k of parameters) {
    most = goMax(most, k);
    least = goMin(least, k);
    nan ||= Number.isNaN(k);
  }
  if (most < 1) return false;
  if (nan) throw new PromqlError('execution', 'Parameter value is NaN');
  if (least <= -BEYOND_INT64) throw new PromqlError('execution', `Scalar value ${formatGo(least)} underflows int64`);
  if (most >= BEYOND_INT64) throw new PromqlError('execution', `Scalar value ${formatGo(most)} overflows int64`);
  return true;
}

/** Larger first, NaN last; or smaller first, NaN last. */
export function compareValues(a: number, b: number, descending: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return descending ? b - a || 0 : a - b || 0;
}

/** Keeps, per group and step, the k largest, smallest or first series. An instant result is in that order. */
export function chooseSeries(
  context: EvalContext,
  expr: Aggregate,
  op: 'topk' | 'bottomk' | 'limitk',
  parameters: Float64Array,
  input: VectorValue,
): VectorValue {
  const { steps } = context.grid;
  if (!checkParameters(parameters)) return { type: 'vector', series: [] };
  const chosen: VectorSeries[] = [];
  const notes = new Notes(context.scope.annotations, expr);
  // Histograms have no order.
  const isChosen = op === 'limitk' ? (flag: number) => flag !== 0 : (flag: number) => flag === FLOAT;
  for (const group of groupSeries(expr, input.series)) {
    const outputs = group.members.map((one) => ({ ...one, present: new Uint8Array(steps) }));
    if (op !== 'limitk' && parameters.some((k) => k >= 1)) noteIgnored(group.members, op, notes);
    let order: number[] = [];
    for (let step = 0; step < steps; step++) {
      const k = Math.trunc(parameters[step]!);
      order = [];
      for (let at = 0; at < group.members.length; at++) if (isChosen(group.members[at]!.present[step]!)) order.push(at);
      if (op !== 'limitk')
        order.sort((a, b) =>
          compareValues(group.members[a]!.values[step]!, group.members[b]!.values[step]!, op === 'topk'),
        );
      order.length = Math.min(order.length, Math.max(0, k));
      for (const at of order) outputs[at]!.present[step] = group.members[at]!.present[step]!;
      context.scope.budget.spend(group.members.length);
    }
    if (steps === 1) chosen.push(...order.map((at) => outputs[at]!));
    else chosen.push(...outputs.filter((one) => !isEmptySeries(one)));
  }
  return { type: 'vector', series: chosen };
}

function quotedName({ param }: Aggregate, label: string): string {
  const literal = param === undefined ? undefined : unwrap(param);
  return (literal?.kind === 'string' ? literal.quoted : undefined) ?? quote(label);
}

/** One series per group and different value, counting it; the value becomes a label. */
export function countValues(context: EvalContext, expr: Aggregate, label: string, input: VectorValue): VectorValue {
  if (!isLabelName(label)) throw new PromqlError('execution', `invalid label name ${quotedName(expr, label)}`);
  const { steps } = context.grid;
  const byKey = new Map<string, VectorSeries>();
  const removesLabel = expr.without && expr.grouping.includes(label);
  const withoutLabel = expr.without ? { ...expr, grouping: [...expr.grouping, label] } : expr;
  for (const group of groupSeries(withoutLabel, input.series)) {
    const labelled = new Map<string, LabelSet>();
    for (const one of group.members) {
      for (let step = 0; step < steps; step++) {
        if (one.present[step] === 0) continue;
        const value = valueAt(one, step);
        const text = typeof value === 'number' ? formatPlain(value) : histogramText(value);
        let labels = labelled.get(text);
        if (labels === undefined) {
          labels = removesLabel ? group.labels : group.labels.with(label, text);
          labelled.set(text, labels);
        }
        let into = byKey.get(labels.key);
        if (into === undefined) {
          context.scope.budget.reserve(steps);
          into = emptySeries(labels, steps, group.dropName);
          byKey.set(labels.key, into);
        }
        into.values[step]! += 1;
        into.present[step] = FLOAT;
      }
      context.scope.budget.spend(steps);
    }
  }
  return { type: 'vector', series: mergeSameLabels([...byKey.values()]) };
}
