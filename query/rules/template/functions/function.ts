// What a function of templates is: types of its arguments, and code on values.
import type { Budget } from '../budget.ts';
import type { Value } from '../value.ts';

/** `any` takes every value; the others are named as in messages. */
export type ParameterType = 'any' | 'string' | 'sample' | 'list';

/** What functions may know beside their arguments. */
export interface FunctionScope {
  /** The instant of the evaluation. */
  readonly atMs: number;
  readonly externalUrl: string;
  readonly budget: Budget;
  /** The result of a query at that instant; it throws where that is not known yet, and is called again when it is. */
  readonly query: (text: string) => Value;
}

export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** The type of any number of further arguments. */
  readonly rest?: ParameterType;
  /** The types match the parameters. Throws TemplateError. */
  readonly run: (args: readonly Value[], scope: FunctionScope) => Value;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

export const PARAMETER_TYPE_NAMES: Readonly<Record<ParameterType, string>> = {
  any: 'interface {}',
  string: 'string',
  sample: '*template.sample',
  list: 'template.queryResult',
};

/** An argument whose type is checked already. */
export function textOf(value: Value): string {
  return typeof value === 'string' ? value : '';
}
