// Sums, means, variances and quantiles of plain lists of numbers, in the order and with the compensation that Prometheus has.

/** A sum and what rounding has taken from it. */
type Compensated = readonly [sum: number, lost: number];

/** Neumaier's compensated addition. */
function plus([sum, lost]: Compensated, value: number): Compensated {
  const total = sum + value;
  if (Math.abs(total) === Infinity) return [total, 0];
  const larger = Math.abs(sum) >= Math.abs(value) ? sum : value;
  const smaller = larger === sum && Math.abs(sum) >= Math.abs(value) ? value : sum;
  return [total, lost + (larger - total + smaller)];
}

/** The sum of a group: its first value is where it begins. */
export function plainSum(values: readonly number[]): number {
  let state: Compensated = [values[0]!, 0];
  for (const value of values.slice(1)) state = plus(state, value);
  return state[0] + state[1];
}

/** The sum of a window, which begins at 0. */
export function plainSumOverTime(values: readonly number[]): number {
  let state: Compensated = [0, 0];
  for (const value of values) state = plus(state, value);
  return Math.abs(state[0]) === Infinity ? state[0] : state[0] + state[1];
}

/** Sum by count; once the sum would be infinite, a mean that moves with each value. */
export function plainMean(values: readonly number[]): number {
  let state: Compensated = [values[0]!, 0];
  let moving = false;
  for (let at = 1; at < values.length; at++) {
    const count = at + 1;
    if (!moving) {
      const next = plus(state, values[at]!);
      if (Math.abs(next[0]) !== Infinity) {
        state = next;
        continue;
      }
      moving = true;
      state = [state[0] / at, state[1] / at];
    }
    const share = at / count;
    state = plus([share * state[0], share * state[1]], values[at]! / count);
  }
  return moving ? state[0] + state[1] : state[0] / values.length + state[1] / values.length;
}

/** Of a group. */
export function plainVariance(values: readonly number[]): number {
  const first = values[0]!;
  let mean = first;
  let squares = Number.isFinite(first) ? 0 : NaN;
  for (let at = 1; at < values.length; at++) {
    const delta = values[at]! - mean;
    mean += delta / (at + 1);
    squares += delta * (values[at]! - mean);
  }
  return squares / values.length;
}

/** Of a window. */
export function plainVarianceOverTime(values: readonly number[]): number {
  let mean: Compensated = [0, 0];
  let squares: Compensated = [0, 0];
  for (const [at, value] of values.entries()) {
    const delta = value - (mean[0] + mean[1]);
    mean = plus(mean, delta / (at + 1));
    squares = plus(squares, delta * (value - (mean[0] + mean[1])));
  }
  return (squares[0] + squares[1]) / values.length;
}

export function quantileOf(q: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  // NaN counts as the smallest value.
  const sorted = [...values].sort((a, b) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
    return a === b ? 0 : a < b ? -1 : 1;
  });
  const rank = q * (sorted.length - 1);
  const below = Math.max(0, Math.floor(rank));
  const above = Math.min(sorted.length - 1, below + 1);
  const weight = rank - Math.floor(rank);
  return sorted[below]! * (1 - weight) + sorted[above]! * weight;
}

/** Slope and value at a time, of the line that fits points best. */
export function regression(
  points: readonly (readonly [timeMs: number, value: number])[],
  atMs: number,
): readonly [slope: number, intercept: number] {
  const first = points[0]![1];
  if (points.every(([, value], at) => at === 0 || value === first))
    return Math.abs(first) === Infinity ? [NaN, NaN] : [0, first];
  let [x, y, xy, xx]: Compensated[] = [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ];
  for (const [timeMs, value] of points) {
    const seconds = (timeMs - atMs) / 1000;
    x = plus(x!, seconds);
    y = plus(y!, value);
    xy = plus(xy!, seconds * value);
    xx = plus(xx!, seconds * seconds);
  }
  const count = points.length;
  const [sumX, sumY, sumXY, sumXX] = [x!, y!, xy!, xx!].map(([sum, lost]) => sum + lost);
  const slope = (sumXY! - (sumX! * sumY!) / count) / (sumXX! - (sumX! * sumX!) / count);
  return [slope, sumY! / count - (slope * sumX!) / count];
}
