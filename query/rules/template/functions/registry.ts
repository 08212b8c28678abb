// All functions that templates know. `and`, `or` and `call` look at how their arguments are written, so the evaluator has them itself.
import { COLLECTIONS } from './collections.ts';
import { COMPARISONS } from './compare.ts';
import type { TemplateFunction } from './function.ts';
import { NUMBERS } from './numbers.ts';
import { QUERIES } from './queries.ts';
import { TEXTS } from './texts.ts';

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries({ ...COLLECTIONS, ...COMPARISONS, ...NUMBERS, ...QUERIES, ...TEXTS }),
);

export function isTemplateFunction(name: string): boolean {
  return name === 'and' || name === 'or' || name === 'call' || FUNCTIONS.has(name);
}

export function templateFunction(name: string): TemplateFunction | undefined {
  return FUNCTIONS.get(name);
}
