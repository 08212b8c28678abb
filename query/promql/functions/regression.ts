// Functions that fit a curve: deriv, predict_linear and double_exponential_smoothing.
import { KahanSum } from '../kahan.ts';
import { PromqlError } from '../promql-error.ts';
import type { PromqlFunction } from './function.ts';
import { rangeFunction, type Window } from './range-function.ts';
import { experimental, takes } from './signature.ts';

/** Least squares over the window, times in seconds from `interceptMs`. */
function fitLine({ timesMs, values, from, to }: Window, interceptMs: number): { slope: number; intercept: number } {
  const first = values[from]!;
  let constant = true;
  const sums = { x: new KahanSum(), y: new KahanSum(), xy: new KahanSum(), xx: new KahanSum() };
  for (let at = from; at < to; at++) {
    const y = values[at]!;
    if (y !== first) constant = false;
    const x = (timesMs[at]! - interceptMs) / 1000;
    sums.x.add(x);
    sums.y.add(y);
    sums.xy.add(x * y);
    sums.xx.add(x * x);
  }
  if (constant) return Math.abs(first) === Infinity ? { slope: NaN, intercept: NaN } : { slope: 0, intercept: first };
  const count = to - from;
  const x = sums.x.value;
  const y = sums.y.value;
  const covariance = sums.xy.value - (x * y) / count;
  const variance = sums.xx.value - (x * x) / count;
  const slope = covariance / variance;
  return { slope, intercept: y / count - (slope * x) / count };
}

function checkFactors([level = NaN, trend = NaN]: readonly number[]): void {
  if (level <= 0 || level >= 1)
    throw new PromqlError('execution', `invalid smoothing factor. Expected: 0 < sf < 1, got: ${level.toFixed(6)}`);
  if (trend <= 0 || trend >= 1)
    throw new PromqlError('execution', `invalid trend factor. Expected: 0 < tf < 1, got: ${trend.toFixed(6)}`);
}

function smooth({ values, from, to }: Window, factors: readonly number[]): number | undefined {
  checkFactors(factors);
  const [level = NaN, trend = NaN] = factors;
  if (to - from < 2) return undefined;
  let before = 0;
  let now = values[from]!;
  let slope = values[from + 1]! - values[from]!;
  for (let at = from + 1; at < to; at++) {
    const x = level * values[at]!;
    if (at > from + 1) slope = trend * (now - before) + (1 - trend) * slope;
    const y = (1 - level) * (now + slope);
    before = now;
    now = x + y;
  }
  return now;
}

export const regressionFunctions: readonly PromqlFunction[] = [
  [
    'deriv',
    takes('matrix'),
    rangeFunction(
      (window) => (window.to - window.from < 2 ? undefined : fitLine(window, window.timesMs[window.from]!).slope),
      { leastFloats: 2 },
    ),
  ],
  [
    'predict_linear',
    takes('matrix', 'scalar'),
    rangeFunction(
      (window, [seconds]) => {
        if (window.to - window.from < 2) return undefined;
        const { slope, intercept } = fitLine(window, window.stepTimeMs);
        return slope * seconds! + intercept;
      },
      { leastFloats: 2 },
    ),
  ],
  [
    'double_exponential_smoothing',
    experimental(takes('matrix', 'scalar', 'scalar')),
    rangeFunction(smooth, { leastFloats: 2, checkArguments: checkFactors }),
  ],
];
