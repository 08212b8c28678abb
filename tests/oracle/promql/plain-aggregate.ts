// Aggregations of the plain evaluator: the members of each group are gathered at every step, and looked at one by one.
import {
  collidingResets,
  ignoredInAggregation,
  MIXED_IN_AGGREGATION,
  mixedBucketSchemas,
  reconciledBounds,
} from '#query/promql/annotation-texts.ts';
import { unwrap, type Aggregate, type Expr } from '#query/promql/ast.ts';
import { formatGo, formatPlain } from '#query/promql/format-number.ts';
import { compact } from '#query/promql/histogram/float-histogram.ts';
import { HistogramMean, HistogramSum } from '#query/promql/histogram/histogram-sum.ts';
import { histogramText } from '#query/promql/histogram/text.ts';
import { isLabelName, LabelSet, METRIC_NAME } from '#query/promql/labels.ts';
import { quote } from '#query/promql/quote.ts';
import { limitRatio } from './plain-limit-ratio.ts';
import { plainMean, plainSum, plainVariance, quantileOf } from './plain-numbers.ts';
import {
  failure,
  isHistogram,
  rowsOf,
  vectorAt,
  type Place,
  type PlainValue,
  type Point,
  type Row,
  type Sample,
} from './plain-value.ts';

type Evaluate = (place: Place, expr: Expr) => PlainValue;

/** The labels that a group has. */
function groupLabels(labels: LabelSet, { without, grouping }: Aggregate, more: readonly string[] = []): LabelSet {
  const names = [...grouping, ...more];
  return labels.where((name) => (without ? name !== METRIC_NAME && !grouping.includes(name) : names.includes(name)));
}

interface Group {
  readonly labels: LabelSet;
  readonly members: Sample[];
}

function groupsOf(vector: readonly Sample[], expr: Aggregate): Group[] {
  const groups = new Map<string, Group>();
  for (const sample of vector) {
    const labels = groupLabels(sample.labels, expr);
    const group = groups.get(labels.key) ?? { labels, members: [] };
    group.members.push(sample);
    groups.set(labels.key, group);
  }
  return [...groups.values()];
}

export function aggregate(place: Place, expr: Aggregate, evaluate: Evaluate): readonly Row[] {
  const { world, steps } = place;
  if (expr.op === 'count_values') return countValues(place, expr, evaluate);
  const param = expr.param === undefined ? undefined : evaluate(place, expr.param);
  const params = param?.type === 'scalar' ? param.numbers : [];
  const value = evaluate(place, expr.expr);
  if (value.type !== 'vector') throw failure('an aggregation of what is no vector');
  const { rows } = value;
  if (steps.timesMs.length === 0) return [];
  switch (expr.op) {
    case 'topk':
    case 'bottomk':
    case 'limitk':
      if (greatest(params) < 1) return [];
      if (params.some((k) => Number.isNaN(k))) throw failure('Parameter value is NaN');
      if (Math.min(...params) <= -(2 ** 63))
        throw failure(`Scalar value ${goNumber(Math.min(...params))} underflows int64`);
      if (Math.max(...params) >= 2 ** 63)
        throw failure(`Scalar value ${goNumber(Math.max(...params))} overflows int64`);
      return chosenRows(place, rows, (step) => chosen(place, expr, vectorAt(rows, step), Math.trunc(params[step]!)));
    case 'limit_ratio':
      if (params.every((ratio) => ratio === 0)) return [];
      for (const ratio of params) if (Number.isNaN(ratio)) throw failure('Ratio value is NaN');
      for (const ratio of [Math.max(...params), Math.min(...params)])
        if (Math.abs(ratio) > 1)
          world.annotations.warn(
            expr.param ?? expr,
            `ratio value should be between -1 and 1, got ${formatGo(ratio)}, capping to ${Math.sign(ratio)}`,
          );
      return chosenRows(place, rows, (step) => limitRatio(vectorAt(rows, step), params[step]!));
    case 'quantile':
      warnOfQuantiles(place, expr, params);
      break;
    default:
  }
  return rowsOf(
    // Groups have different labels: what is checked of the results of functions does not apply.
    { ...place, world: { ...world, delayedNameRemoval: true } },
    (step) =>
      groupsOf(vectorAt(rows, step), expr).flatMap(({ labels, members }): Sample[] => {
        const point = total(place, expr, members, params[step] ?? 0);
        return point === undefined ? [] : [{ labels, dropName: members.some((one) => one.dropName), point }];
      }),
  );
}

/** In Go an infinity is greater than what is no number. */
function greatest(numbers: readonly number[]): number {
  return numbers.includes(Infinity) ? Infinity : Math.max(...numbers);
}

function goNumber(value: number): string {
  if (Math.abs(value) === Infinity) return value > 0 ? '+Inf' : '-Inf';
  return value.toExponential().replace(/e\+(\d)$/, 'e+0$1');
}

function warnOfQuantiles({ world }: Place, expr: Aggregate, params: readonly number[]): void {
  const warn = (q: number): void =>
    world.annotations.warn(expr.param ?? expr, `quantile value should be between 0 and 1, got ${formatGo(q)}`);
  if (params.some((q) => Number.isNaN(q))) warn(NaN);
  if (Math.max(...params) > 1) warn(Math.max(...params));
  if (Math.min(...params) < 0) warn(Math.min(...params));
}

function total(place: Place, expr: Aggregate, members: readonly Sample[], param: number): Point | undefined {
  const { annotations } = place.world;
  const { op } = expr;
  if (op === 'count') return members.length;
  if (op === 'group') return 1;
  if (op === 'sum' || op === 'avg') return sumOrMean(place, expr, members);
  const floats: number[] = [];
  for (const { point } of members) {
    if (isHistogram(point)) annotations.info(unwrap(expr.expr), ignoredInAggregation(op));
    else floats.push(point);
  }
  if (floats.length === 0) return undefined;
  switch (op) {
    case 'min':
      return floats.reduce((least, value) => (least > value || Number.isNaN(least) ? value : least));
    case 'max':
      return floats.reduce((most, value) => (most < value || Number.isNaN(most) ? value : most));
    case 'stdvar':
      return plainVariance(floats);
    case 'stddev':
      return Math.sqrt(plainVariance(floats));
    default:
      return quantileOf(param, floats);
  }
}

function sumOrMean({ world }: Place, expr: Aggregate, members: readonly Sample[]): Point | undefined {
  const { annotations } = world;
  const where = unwrap(expr.expr);
  const floats: number[] = [];
  let histograms: HistogramSum | HistogramMean | undefined;
  let anyHistogram = false;
  let resets = false;
  let notResets = false;
  for (const { labels, point } of members) {
    if (!isHistogram(point)) {
      floats.push(point);
      continue;
    }
    anyHistogram = true;
    if (floats.length > 0 && histograms === undefined) continue;
    resets ||= point.hint === 'reset';
    notResets ||= point.hint === 'not_reset';
    if (histograms === undefined) histograms = expr.op === 'sum' ? new HistogramSum(point) : new HistogramMean(point);
    else if (!histograms.add(point)) {
      annotations.warn(where, mixedBucketSchemas(labels.get(METRIC_NAME)));
      if (histograms.boundsReconciled) annotations.info(where, reconciledBounds('aggregation'));
      // Nothing after it is looked at.
      if (floats.length > 0) annotations.warn(where, MIXED_IN_AGGREGATION);
      return undefined;
    }
  }
  if (histograms?.boundsReconciled === true) annotations.info(where, reconciledBounds('aggregation'));
  if (floats.length > 0 && anyHistogram) {
    annotations.warn(where, MIXED_IN_AGGREGATION);
    return undefined;
  }
  if (resets && notResets) annotations.warn(where, collidingResets('aggregation'));
  if (histograms !== undefined) return compact(histograms.value);
  return expr.op === 'sum' ? plainSum(floats) : plainMean(floats);
}

/** Series of which only the chosen elements are left. */
function chosenRows({ steps }: Place, rows: readonly Row[], chosenAt: (step: number) => readonly Sample[]): Row[] {
  const vectors = steps.timesMs.map((_, step) => chosenAt(step));
  if (steps.startMs === steps.endMs)
    return vectors[0]!.map(({ labels, dropName, point }) => ({ labels, dropName, points: [point] }));
  return rows
    .map((row) => {
      const points = vectors.map((vector) => vector.find((sample) => sample.labels.key === row.labels.key)?.point);
      return { ...row, points };
    })
    .filter(({ points }) => points.some((point) => point !== undefined));
}

/** Of equal values the first ones are chosen: any of them are right. */
function chosen({ world }: Place, expr: Aggregate, vector: readonly Sample[], k: number): Sample[] {
  if (k < 1) return [];
  return groupsOf(vector, expr).flatMap(({ members }) => {
    if (expr.op === 'limitk') return members.slice(0, k);
    const floats: (Sample & { readonly value: number })[] = [];
    for (const one of members) {
      if (isHistogram(one.point)) world.annotations.info(expr, ignoredInAggregation(expr.op));
      else floats.push({ ...one, value: one.point });
    }
    const sign = expr.op === 'topk' ? -1 : 1;
    floats.sort((a, b) => {
      if (Number.isNaN(a.value) || Number.isNaN(b.value))
        return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
      return a.value === b.value ? 0 : a.value < b.value ? -sign : sign;
    });
    return floats.slice(0, k);
  });
}

function countValues(place: Place, expr: Aggregate, evaluate: Evaluate): Row[] {
  const written = expr.param === undefined ? undefined : unwrap(expr.param);
  if (written?.kind !== 'string') throw failure('expected a string literal');
  const label = written.value;
  if (!isLabelName(label)) throw failure(`invalid label name ${written.quoted ?? quote(label)}`);
  const value = evaluate(place, expr.expr);
  if (value.type !== 'vector') throw failure('an aggregation of what is no vector');
  return rowsOf(place, (step) => {
    const counts = new Map<string, { readonly labels: LabelSet; count: number }>();
    for (const { labels, point } of vectorAt(value.rows, step)) {
      const text = isHistogram(point) ? histogramText(point) : formatPlain(point);
      const group = groupLabels(labels.with(label, text), expr, [label]);
      const known = counts.get(group.key) ?? { labels: group, count: 0 };
      known.count++;
      counts.set(group.key, known);
    }
    return [...counts.values()].map(({ labels, count }) => ({ labels, dropName: false, point: count }));
  });
}
