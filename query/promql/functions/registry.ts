// Every PromQL function by its name: signature and implementation, as the files of the families have them.
import type { FunctionImplementation, PromqlFunction } from './function.ts';
import { histogramFunctions } from './histogram.ts';
import { labelFunctions } from './label.ts';
import { mathFunctions } from './math.ts';
import { overTimeFunctions } from './over-time.ts';
import { rateFunctions } from './rate.ts';
import { regressionFunctions } from './regression.ts';
import { shapeFunctions } from './shape.ts';
import type { FunctionSignature } from './signature.ts';
import { timeFunctions } from './time.ts';

const FUNCTIONS: readonly PromqlFunction[] = [
  ...mathFunctions,
  ...rateFunctions,
  ...overTimeFunctions,
  ...regressionFunctions,
  ...timeFunctions,
  ...labelFunctions,
  ...shapeFunctions,
  ...histogramFunctions,
];

export const SIGNATURES: ReadonlyMap<string, FunctionSignature> = new Map(
  FUNCTIONS.map(([name, signature]) => [name, signature]),
);

export const IMPLEMENTATIONS: ReadonlyMap<string, FunctionImplementation> = new Map(
  FUNCTIONS.flatMap(([name, , run]) => (run === undefined ? [] : [[name, run] as const])),
);
