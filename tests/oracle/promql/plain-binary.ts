// Operators of the plain evaluator: pairs are found anew at every step, by comparing the labels that count.
import {
  collidingResets,
  incompatibleLayout,
  incompatibleTypes,
  reconciledBounds,
} from '#query/promql/annotation-texts.ts';
import { isComparison, isSetOp, type Binary, type Expr, type VectorMatching } from '#query/promql/ast.ts';
import { add, divide, multiply, subtract } from '#query/promql/histogram/arithmetic.ts';
import { compact, equalHistograms, withHint, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { trim } from '#query/promql/histogram/trim.ts';
import { METRIC_NAME, type LabelSet } from '#query/promql/labels.ts';
import {
  failure,
  isHistogram,
  renamed,
  rowsOf,
  vectorAt,
  type Place,
  type PlainValue,
  type Point,
  type Row,
  type Sample,
} from './plain-value.ts';

type Evaluate = (place: Place, expr: Expr) => PlainValue;

/** As Go raises to a power: 1 stays 1, and so does the size of -1. */
function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && Math.abs(exponent) === Infinity) return 1;
  return base ** exponent;
}

function ofFloats(op: Binary['op'], a: number, b: number): number | boolean {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      return power(a, b);
    case 'atan2':
      return Math.atan2(a, b);
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      throw failure(`operator "${op}" not allowed for Scalar operations`);
  }
}

const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2'];

interface Result {
  readonly point: Point;
  readonly keep: boolean;
}

/** What one operator does with pairs of points, and says about them. */
class Operator {
  readonly #place: Place;
  readonly #expr: Binary;
  #last: (() => void) | undefined;

  constructor(place: Place, expr: Binary) {
    this.#place = place;
    this.#expr = expr;
  }

  #warn(text: string): void {
    this.#last = () => this.#place.world.annotations.warn(this.#expr, text);
  }

  #info(text: string): void {
    this.#last = () => this.#place.world.annotations.info(this.#expr, text);
  }

  /** Of several remarks about one vector Prometheus shows the last one. */
  endOfVector(): void {
    this.#last?.();
    this.#last = undefined;
  }

  #incompatible(a: Point, b: Point): undefined {
    const typeName = (point: Point): string => (isHistogram(point) ? 'histogram' : 'float');
    this.#info(incompatibleTypes(this.#expr.op, typeName(a), typeName(b)));
  }

  apply(a: Point, b: Point): Result | undefined {
    const { op } = this.#expr;
    if (isHistogram(a)) return isHistogram(b) ? this.#ofHistograms(a, b) : this.#withFloat(a, b);
    if (isHistogram(b)) return op === '*' ? { point: compact(multiply(b, a)), keep: true } : this.#incompatible(a, b);
    if (op === '</' || op === '>/') return this.#incompatible(a, b);
    const result = ofFloats(op, a, b);
    return typeof result === 'boolean' ? { point: a, keep: result } : { point: result, keep: true };
  }

  #withFloat(a: FloatHistogram, b: number): Result | undefined {
    switch (this.#expr.op) {
      case '*':
        return { point: compact(multiply(a, b)), keep: true };
      case '/':
        return { point: compact(divide(a, b)), keep: true };
      case '</':
        return { point: trim(a, b, true), keep: true };
      case '>/':
        return { point: trim(a, b, false), keep: true };
      default:
        return this.#incompatible(a, b);
    }
  }

  #ofHistograms(a: FloatHistogram, b: FloatHistogram): Result | undefined {
    const { op } = this.#expr;
    if (op === '==' || op === '!=') return { point: a, keep: equalHistograms(a, b) === (op === '==') };
    if (op !== '+' && op !== '-') return this.#incompatible(a, b);
    const combined = op === '+' ? add(a, b) : subtract(a, b);
    if (combined === undefined) {
      this.#warn(incompatibleLayout(op));
      return undefined;
    }
    const combining = op === '+' ? 'addition' : 'subtraction';
    if (combined.hintsCollide) {
      // Prometheus takes this warning for an error: there is no result.
      this.#warn(collidingResets(combining));
      return undefined;
    }
    if (combined.boundsReconciled) this.#info(reconciledBounds(combining));
    const { histogram } = combined;
    return { point: compact(op === '+' ? histogram : withHint(histogram, 'gauge')), keep: true };
  }
}

export function binary(outer: Place, expr: Binary, evaluate: Evaluate): PlainValue {
  const trims = expr.op === '</' || expr.op === '>/';
  const place: Place = trims ? { ...outer, needs: 'buckets' } : outer;
  const left = evaluate(place, expr.left);
  const right = evaluate(place, expr.right);
  if (left.type === 'scalar' && right.type === 'scalar')
    return {
      type: 'scalar',
      numbers: left.numbers.map((one, step) => Number(ofFloats(expr.op, one, right.numbers[step]!))),
    };
  const operator = new Operator(place, expr);
  if (left.type === 'vector' && right.type === 'scalar')
    return {
      type: 'vector',
      rows: withScalar(place, expr, operator, left.rows, (point, step) => operator.apply(point, right.numbers[step]!)),
    };
  if (left.type === 'scalar' && right.type === 'vector')
    return {
      type: 'vector',
      rows: withScalar(place, expr, operator, right.rows, (point, step) => operator.apply(left.numbers[step]!, point)),
    };
  if (left.type !== 'vector' || right.type !== 'vector') throw failure('operands of the wrong type');
  const matching = expr.matching ?? ONE_TO_ONE;
  const pairs = isSetOp(expr.op) ? sets : pair;
  const rows = rowsOf(place, (step) => {
    const vector = pairs(place, expr, matching, operator, vectorAt(left.rows, step), vectorAt(right.rows, step));
    operator.endOfVector();
    return vector;
  });
  if (!isSetOp(expr.op)) return { type: 'vector', rows };
  // Any order is right; this is the engine's, so that sums come out the same.
  const order = [...left.rows, ...right.rows].map(({ labels }) => labels.key);
  return { type: 'vector', rows: rows.sort((a, b) => order.indexOf(a.labels.key) - order.indexOf(b.labels.key)) };
}

const ONE_TO_ONE: VectorMatching = {
  card: 'one-to-one',
  on: false,
  labels: [],
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
};

function withScalar(
  place: Place,
  expr: Binary,
  operator: Operator,
  rows: readonly Row[],
  apply: (point: Point, step: number) => Result | undefined,
): Row[] {
  const { world } = place;
  return rowsOf(place, (step) => {
    const vector = vectorAt(rows, step).flatMap((sample): Sample[] => {
      const result = apply(sample.point, step);
      if (result === undefined || (!result.keep && !expr.bool)) return [];
      const renames = ARITHMETIC.includes(expr.op) || expr.bool;
      return [
        {
          labels: renames ? renamed(world, sample.labels) : sample.labels,
          dropName: renames || sample.dropName,
          // A comparison filters the vector, on whichever side it stands.
          point: expr.bool ? Number(result.keep) : isComparison(expr.op) ? sample.point : result.point,
        },
      ];
    });
    operator.endOfVector();
    return vector;
  });
}

/** Labels that pairs have to share. */
function shared(labels: LabelSet, { on, labels: names }: VectorMatching): LabelSet {
  return labels.where((name) => (on ? names.includes(name) : name !== METRIC_NAME && !names.includes(name)));
}

function sets(
  _place: Place,
  { op }: Binary,
  matching: VectorMatching,
  _operator: Operator,
  left: readonly Sample[],
  right: readonly Sample[],
): Sample[] {
  const among = (sample: Sample, others: readonly Sample[]): boolean =>
    others.some((other) => shared(other.labels, matching).key === shared(sample.labels, matching).key);
  if (op === 'and') return left.filter((sample) => among(sample, right));
  if (op === 'unless') return left.filter((sample) => !among(sample, right));
  return [...left, ...right.filter((sample) => !among(sample, left))];
}

/** Elements of the "many" side each with the one element of the "one" side that has the same labels. */
function pair(
  place: Place,
  expr: Binary,
  matching: VectorMatching,
  operator: Operator,
  left: readonly Sample[],
  right: readonly Sample[],
): Sample[] {
  const { card, fillLeft, fillRight } = matching;
  if (left.length === 0 && right.length === 0) return [];
  if ((left.length === 0 || right.length === 0) && fillLeft === undefined && fillRight === undefined) return [];
  const swapped = card === 'one-to-many';
  const [many, ones] = swapped ? [right, left] : [left, right];
  // After a swap Prometheus goes on to fill the sides as they are then.
  const byKey = uniqueOnes(ones, matching, swapped ? 'left' : 'right');
  const results: Sample[] = [];
  const matched = new Map<string, Set<string>>();
  const combine = (a: Sample, b: Sample, key: string): void => {
    const result = swapped ? operator.apply(b.point, a.point) : operator.apply(a.point, b.point);
    if (result === undefined) return;
    const labels = resultLabels(place, expr, matching, a.labels, b.labels);
    const before = matched.get(key) ?? new Set();
    if (card === 'one-to-one' && before.size > 0)
      throw failure('multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)');
    if (before.has(labels.key))
      throw failure('multiple matches for labels: grouping labels must ensure unique matches');
    matched.set(key, before.add(labels.key));
    if (!result.keep && !expr.bool) return;
    results.push({ labels, dropName: expr.bool, point: expr.bool ? Number(result.keep) : result.point });
  };
  for (const one of many) {
    const group = shared(one.labels, matching);
    const partner = byKey.get(group.key);
    if (partner !== undefined) combine(one, partner, group.key);
    else if (fillRight !== undefined) combine(one, { labels: group, dropName: false, point: fillRight }, group.key);
  }
  if (fillLeft !== undefined)
    for (const one of ones) {
      const group = shared(one.labels, matching);
      if ((matched.get(group.key)?.size ?? 0) === 0)
        combine({ labels: group, dropName: false, point: fillLeft }, one, group.key);
    }
  return results;
}

function uniqueOnes(ones: readonly Sample[], matching: VectorMatching, side: string): Map<string, Sample> {
  const byKey = new Map<string, Sample>();
  for (const one of ones) {
    const group = shared(one.labels, matching);
    const known = byKey.get(group.key);
    if (known !== undefined) {
      const both = [known.labels.toString(), one.labels.toString()].sort();
      throw failure(
        `found duplicate series for the match group ${group.toString()} on the ${side} hand-side of the operation: ` +
          `[${both.join(', ')}];many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
    byKey.set(group.key, one);
  }
  return byKey;
}

function resultLabels(
  { world }: Place,
  expr: Binary,
  matching: VectorMatching,
  many: LabelSet,
  one: LabelSet,
): LabelSet {
  const forgets = ARITHMETIC.includes(expr.op) || (expr.bool && !world.delayedNameRemoval);
  let labels = forgets ? many.withoutMetadata() : many;
  if (matching.card === 'one-to-one') labels = labels.where((name) => matching.labels.includes(name) === matching.on);
  for (const name of matching.include) labels = labels.with(name, one.get(name));
  return labels;
}
