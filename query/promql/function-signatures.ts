// Every PromQL function: what it takes, what it gives, whether Prometheus calls it experimental.
import type { ValueType } from './ast.ts';

export interface FunctionSignature {
  readonly args: readonly ValueType[];
  /** 0: all arguments are needed; n > 0: the last n are optional; -1: the last one repeats, or is left out. */
  readonly variadic: number;
  readonly returns: ValueType;
  readonly experimental: boolean;
}

function signature(
  args: readonly ValueType[],
  returns: ValueType = 'vector',
  variadic = 0,
  experimental = false,
): FunctionSignature {
  return { args, returns, variadic, experimental };
}

const VECTOR: readonly ValueType[] = ['vector'];
const MATRIX: readonly ValueType[] = ['matrix'];

function named(names: string, one: FunctionSignature): [string, FunctionSignature][] {
  return names.split(' ').map((name) => [name, one]);
}

export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map([
  ...named(
    'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count histogram_stddev ' +
      'histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp',
    signature(VECTOR),
  ),
  ...named(
    'absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time ' +
      'max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time',
    signature(MATRIX),
  ),
  ...named(
    'mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time',
    signature(MATRIX, 'vector', 0, true),
  ),
  ...named('day_of_month day_of_week day_of_year days_in_month hour minute month year', signature(VECTOR, 'vector', 1)),
  ...named('pi time', signature([], 'scalar')),
  ...named('start end range step', signature([], 'scalar', 0, true)),
  ...named('max_of min_of', signature(['scalar', 'scalar'], 'scalar', 0, true)),
  ['clamp', signature(['vector', 'scalar', 'scalar'])],
  ['clamp_max', signature(['vector', 'scalar'])],
  ['clamp_min', signature(['vector', 'scalar'])],
  ['double_exponential_smoothing', signature(['matrix', 'scalar', 'scalar'], 'vector', 0, true)],
  ['histogram_fraction', signature(['scalar', 'scalar', 'vector'])],
  ['histogram_quantile', signature(['scalar', 'vector'])],
  ['histogram_quantiles', signature(['vector', 'string', 'scalar', 'scalar'], 'vector', 9, true)],
  ['info', signature(['vector', 'vector'], 'vector', 1, true)],
  ['label_join', signature(['vector', 'string', 'string', 'string'], 'vector', -1)],
  ['label_replace', signature(['vector', 'string', 'string', 'string', 'string'])],
  ['predict_linear', signature(['matrix', 'scalar'])],
  ['quantile_over_time', signature(['scalar', 'matrix'])],
  ['round', signature(['vector', 'scalar'], 'vector', 1)],
  ['scalar', signature(VECTOR, 'scalar')],
  ['sort_by_label', signature(['vector', 'string'], 'vector', -1, true)],
  ['sort_by_label_desc', signature(['vector', 'string'], 'vector', -1, true)],
  ['start_timestamp', signature(VECTOR, 'vector', 0, true)],
  ['vector', signature(['scalar'])],
]);
