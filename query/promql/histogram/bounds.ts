// Bounds of histogram buckets: powers of two divided into 2^schema steps, or custom bounds.

export const CUSTOM_BUCKETS_SCHEMA = -53;
const FINEST_SCHEMA = 8;

/** Bits behind the point while the roots of two are computed: errors of all steps stay far below half a digit of a float. */
const PRECISION = 256n;

function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/**
 * How many units in the last place the bounds that Prometheus uses lie below the floats nearest to 2^(k/256), plus one, a digit for each k.
 * Bounds of buckets are compared for equality with thresholds and with each other, so they have to be the same ones.
 */
const UNITS_BELOW =
  '1111112111211111112311222222222211211121122211221122102211221122' +
  '1111112222332132112111211112111111121011213311221222112121332222' +
  '2121223322322122222222323233323311221121223321332233212232332232' +
  '2243223233433343333333444455435422322333324422333243223333543344';

/** 2^(k/256) for k from 0 to 255, as Prometheus rounds it. */
function powersOfRoot(): Float64Array {
  let root = 2n << PRECISION;
  for (let schema = 0; schema < FINEST_SCHEMA; schema++) root = squareRoot(root << PRECISION);
  const powers = new Float64Array(2 ** FINEST_SCHEMA);
  const bits = new BigInt64Array(powers.buffer);
  let power = 1n << PRECISION;
  const scale = 2 ** Number(PRECISION);
  for (let at = 0; at < powers.length; at++) {
    powers[at] = Number(power) / scale;
    bits[at]! -= BigInt(UNITS_BELOW[at]!) - 1n;
    power = (power * root) >> PRECISION;
  }
  return powers;
}

const POWERS = powersOfRoot();

/** fraction × 2^exponent with one rounding, also where the result is denormal. */
function scaled(fraction: number, exponent: number): number {
  if (exponent >= -1022) return fraction * 2 ** exponent;
  return exponent < -1100 ? 0 : fraction * 2 ** (exponent + 128) * 2 ** -128;
}

/** The upper bound of a positive bucket of an exponential schema. The last regular bucket ends at the largest float. */
export function exponentialBound(index: number, schema: number): number {
  if (schema < 0) {
    const exponent = index * 2 ** -schema;
    if (exponent === 1024) return Number.MAX_VALUE;
    return exponent > 1024 ? Infinity : scaled(1, exponent);
  }
  const exponent = index >> schema;
  const fraction = POWERS[(index & ((1 << schema) - 1)) << (FINEST_SCHEMA - schema)]!;
  if (exponent >= 1024) return exponent === 1024 && fraction === 1 ? Number.MAX_VALUE : Infinity;
  return scaled(fraction, exponent);
}

/** The upper bound of a bucket; that of the bucket before it is its lower one. */
export function bucketBound(index: number, schema: number, customValues: readonly number[]): number {
  if (schema !== CUSTOM_BUCKETS_SCHEMA) return exponentialBound(index, schema);
  if (index < 0) return -Infinity;
  return customValues[index] ?? Infinity;
}

export function sameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, at) => bound === b[at]));
}

/** Bounds that both lists have, ascending. */
export function commonBounds(a: readonly number[], b: readonly number[]): number[] {
  const common: number[] = [];
  let other = 0;
  for (const bound of a) {
    while (other < b.length && b[other]! < bound) other++;
    if (b[other] === bound) common.push(bound);
  }
  return common;
}
