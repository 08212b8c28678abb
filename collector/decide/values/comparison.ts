// Comparisons as they are written in rules (`'> 800ms'`, `[a, b]`, `{ '>=': 0, '<': 500 }`, `{ matches: '/api/.*' }`), read into one form.
import { isList } from '#proto/model/untyped.ts';
import { configError, type ConfigError } from '#proto/config/config-error.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'exists' | 'matches';

/** An operand with the type it was written in: `500` is an int, `500.0` a double, `'500'` a string. */
export type Operand =
  | { readonly type: 'int'; readonly value: bigint; readonly text: string }
  | { readonly type: 'double'; readonly value: number; readonly text: string }
  | { readonly type: 'bool'; readonly value: boolean; readonly text: string }
  | { readonly type: 'string'; readonly value: string; readonly text: string };

/** `in` has any number of operands, the others one (`exists`: a bool). */
export interface Comparison {
  readonly operator: Operator;
  readonly operands: readonly Operand[];
}

const OPERATORS: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>=', 'in', 'exists', 'matches'];
const REMEDY =
  "write a value, a list of values, '> 500', or { '>=': 1, '<': 9 }; operators are = != < <= > >= in exists matches";

/** All comparisons must hold. Errors go to `errors`; then the result is undefined. */
export function parseComparisons(
  written: unknown,
  path: string,
  errors: ConfigError[],
): readonly Comparison[] | undefined {
  if (Array.isArray(written)) return one('in', written, path, errors);
  if (typeof written === 'string') {
    const symbol = /^(!=|<=|>=|=|<|>)\s*(\S[\s\S]*)$/.exec(written);
    const operator = OPERATORS.find((known) => known === symbol?.[1]);
    if (symbol !== null && operator !== undefined) return [{ operator, operands: [readOperand(symbol[2]!.trim())] }];
    if (written === 'exists' || written === 'missing') return one('exists', written === 'exists', path, errors);
    const matches = /^matches\s+(\S[\s\S]*)$/.exec(written);
    if (matches !== null) return one('matches', matches[1], path, errors);
    return one('=', written, path, errors);
  }
  if (typeof written !== 'object' || written === null) return one('=', written, path, errors);
  const comparisons: Comparison[] = [];
  let whole = true;
  for (const [name, operand] of Object.entries(written)) {
    const operator = OPERATORS.find((known) => known === name);
    if (operator === undefined) {
      errors.push(configError(`${path}.${name}`, undefined, 'is no operator', didYouMean(name, OPERATORS)));
      whole = false;
      continue;
    }
    const parsed = one(operator, operand, `${path}.${name}`, errors);
    if (parsed === undefined) whole = false;
    else comparisons.push(...parsed);
  }
  if (whole && comparisons.length === 0) {
    errors.push(configError(path, written, 'compares with nothing', REMEDY));
    return undefined;
  }
  return whole ? comparisons : undefined;
}

function one(
  operator: Operator,
  written: unknown,
  path: string,
  errors: ConfigError[],
): readonly Comparison[] | undefined {
  const list = operator === 'in' ? written : [written];
  if (!isList(list) || list.length === 0) {
    errors.push(configError(path, written, 'is no list of values', 'write at least one value, as [a, b]'));
    return undefined;
  }
  const operands: Operand[] = [];
  for (const value of list) {
    const operand = operandOf(value);
    if (operand === undefined) {
      const big = typeof value === 'number' ? "an integer this large must be quoted, as '= 9007199254740993'" : REMEDY;
      errors.push(configError(path, value, 'cannot be compared with', big));
      return undefined;
    }
    operands.push(operand);
  }
  if (operator === 'exists' && operands[0]!.type !== 'bool') {
    errors.push(configError(path, written, 'is neither true nor false', 'write { exists: true } or { exists: false }'));
    return undefined;
  }
  return [{ operator, operands }];
}

function operandOf(value: unknown): Operand | undefined {
  if (typeof value === 'string') return { type: 'string', value, text: value };
  if (typeof value === 'boolean') return { type: 'bool', value, text: String(value) };
  if (typeof value === 'bigint') return { type: 'int', value, text: String(value) };
  if (typeof value !== 'number') return undefined;
  if (!Number.isInteger(value)) return Number.isNaN(value) ? undefined : { type: 'double', value, text: String(value) };
  return Number.isSafeInteger(value) ? { type: 'int', value: BigInt(value), text: String(value) } : undefined;
}

/** What stands behind an operator: `500` int, `5e2` or `500.0` double, `true` bool, `"x"` or anything else a string. */
function readOperand(text: string): Operand {
  if (/^[+-]?\d+$/.test(text)) return { type: 'int', value: BigInt(text.replace(/^\+/, '')), text };
  if (/^[+-]?(\d+\.\d*|\.\d+|\d+(\.\d*)?[eE][+-]?\d+)$/.test(text))
    return { type: 'double', value: Number(text), text };
  if (text === 'true' || text === 'false') return { type: 'bool', value: text === 'true', text };
  const quoted = /^"([\s\S]*)"$|^'([\s\S]*)'$/.exec(text);
  const value = quoted === null ? text : (quoted[1] ?? quoted[2] ?? '');
  return { type: 'string', value, text: value };
}
