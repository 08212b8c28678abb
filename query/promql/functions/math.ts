// Functions of one sample: rounding, logarithms, trigonometry, clamping.
import { goMax, goMin } from '../extremes.ts';
import { FLOAT, type VectorSeries } from '../eval/value.ts';
import { dropName } from '../eval/context.ts';
import { evaluateVector } from '../eval/operands.ts';
import {
  argument,
  namelessVector,
  sampleFunction,
  scalarArguments,
  type FunctionImplementation,
  type PromqlFunction,
} from './function.ts';
import { optional, takes } from './signature.ts';

function sign(value: number): number {
  return value < 0 ? -1 : value > 0 ? 1 : value;
}

function round(value: number, scalars: readonly number[]): number {
  const inverse = 1 / (scalars[0] ?? 1);
  return Math.floor(value * inverse + 0.5) / inverse;
}

/** Steps whose maximum lies below the minimum have no value at all. */
const clamp: FunctionImplementation = async (context, call) => {
  const input = await evaluateVector(context, argument(call, 0));
  const [least, most] = await scalarArguments(context, call, [1, 2]);
  const series = input.series.map((one): VectorSeries => {
    const present = one.present.map((flag, step) => (flag === FLOAT && !(most![step]! < least![step]!) ? FLOAT : 0));
    const values = one.values.map((value, step) => goMax(least![step]!, goMin(most![step]!, value)));
    return { ...dropName(context, one), values, present };
  });
  return namelessVector(context, series);
};

const PLAIN: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  sqrt: Math.sqrt,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sgn: sign,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  deg: (value) => (value * 180) / Math.PI,
  rad: (value) => (value * Math.PI) / 180,
};

export const mathFunctions: readonly PromqlFunction[] = [
  ...Object.entries(PLAIN).map(
    ([name, map]) => [name, takes('vector'), sampleFunction((value) => map(value))] as const,
  ),
  ['round', optional(1, takes('vector', 'scalar')), sampleFunction(round)],
  ['clamp', takes('vector', 'scalar', 'scalar'), clamp],
  ['clamp_min', takes('vector', 'scalar'), sampleFunction((value, [least]) => goMax(least!, value))],
  ['clamp_max', takes('vector', 'scalar'), sampleFunction((value, [most]) => goMin(most!, value))],
];
