// Name → implementation. A function that has a signature but no entry here is answered with a clear error.
import type { FunctionImplementation } from './function.ts';
import { histogramFunctions } from './histogram.ts';
import { labelFunctions } from './label.ts';
import { mathFunctions } from './math.ts';
import { overTimeFunctions } from './over-time.ts';
import { rateFunctions } from './rate.ts';
import { regressionFunctions } from './regression.ts';
import { shapeFunctions } from './shape.ts';
import { timeFunctions } from './time.ts';

export const FUNCTION_IMPLEMENTATIONS: ReadonlyMap<string, FunctionImplementation> = new Map([
  ...mathFunctions,
  ...rateFunctions,
  ...overTimeFunctions,
  ...regressionFunctions,
  ...timeFunctions,
  ...labelFunctions,
  ...shapeFunctions,
  ...histogramFunctions,
]);
