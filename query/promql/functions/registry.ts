// Every PromQL function by its name: signature and implementation, as the files of the families have them.
import type { FunctionImplementation, PromqlFunction } from './function.ts';
import { histogramFunctions } from './histogram.ts';
import { labelFunctions } from './label.ts';
import { mathFunctions } from './math.ts';
import { overTimeFunctions } from './over-time.ts';
import { rateFunctions } from './rate.ts';
import { regressionFunctions } from './regression.ts';
import { shapeFunctions } from './shape.ts';
import { experimental, optional, takes, type FunctionSignature } from './signature.ts';
import { timeFunctions } from './time.ts';

const IMPLEMENTED: readonly PromqlFunction[] = [
  ...mathFunctions,
  ...rateFunctions,
  ...overTimeFunctions,
  ...regressionFunctions,
  ...timeFunctions,
  ...labelFunctions,
  ...shapeFunctions,
  ...histogramFunctions,
];
/** Known to the language, and answered with a clear error. */
const NOT_EVALUATED: readonly (readonly [name: string, signature: FunctionSignature])[] = [
  ['histogram_avg', takes('vector')],
  ['histogram_count', takes('vector')],
  ['histogram_stddev', takes('vector')],
  ['histogram_stdvar', takes('vector')],
  ['histogram_sum', takes('vector')],
  ['histogram_quantiles', experimental(optional(9, takes('vector', 'string', 'scalar', 'scalar')))],
  ['info', experimental(optional(1, takes('vector', 'vector')))],
  ['start_timestamp', experimental(takes('vector'))],
];

export const SIGNATURES: ReadonlyMap<string, FunctionSignature> = new Map([
  ...IMPLEMENTED.map(([name, signature]) => [name, signature] as const),
  ...NOT_EVALUATED,
]);

export const IMPLEMENTATIONS: ReadonlyMap<string, FunctionImplementation> = new Map(
  IMPLEMENTED.map(([name, , run]) => [name, run]),
);
