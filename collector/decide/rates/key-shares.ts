// How a goal is shared among keys: in proportion to the logarithm of what each brings, none getting more than it has. Busy keys
// are thinned hard, rare ones hardly, and the whole meets the goal.

/** Halvings until a double cannot be narrowed further. */
const BISECTIONS = 60;

/**
 * @param counts what each key brings (spans per interval), above 0
 * @param goal how much of their sum is to be kept
 * @returns for each key the probability to keep, within (0, 1]
 */
export function keyShares(counts: Float64Array, goal: number): Float64Array {
  const shares = new Float64Array(counts.length);
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  if (goal >= sum) return shares.fill(1);
  // The kept amount grows with the ratio, so the right ratio is found by halving; at `most` every key is kept whole.
  let least = 0;
  let most = 0;
  for (let i = 0; i < counts.length; i++) most = Math.max(most, counts[i]! / Math.log1p(counts[i]!));
  for (let step = 0; step < BISECTIONS; step++) {
    const ratio = (least + most) / 2;
    let kept = 0;
    for (let i = 0; i < counts.length; i++) kept += Math.min(counts[i]!, ratio * Math.log1p(counts[i]!));
    if (kept < goal) least = ratio;
    else most = ratio;
  }
  for (let i = 0; i < counts.length; i++) shares[i] = Math.min(1, (most * Math.log1p(counts[i]!)) / counts[i]!);
  return shares;
}
