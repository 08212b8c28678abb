// eq, ne, lt, le, gt, ge, not.
import { compareText } from '#query/promql/compare-text.ts';
import { TemplateError } from '../template-error.ts';
import { isTrue, typeName, type Value } from '../value.ts';
import { valueText } from '../value-text.ts';
import type { FunctionTable, TemplateFunction } from './function.ts';

type Basic =
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int' | 'uint'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string };

function basicOf(value: Value): Basic | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'boolean':
      return { kind: 'bool', value };
    case 'bigint':
      return { kind: 'int', value };
    case 'number':
      return { kind: 'float', value };
    case 'string':
      return { kind: 'string', value };
    default:
      if (value.kind === 'byte') return { kind: 'uint', value: BigInt(value.value) };
      if (value.kind === 'html') return { kind: 'string', value: value.text };
      return undefined;
  }
}

function isInteger({ kind }: Basic): boolean {
  return kind === 'int' || kind === 'uint';
}

function incompatible(a: Value, b: Value): TemplateError {
  return new TemplateError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}

function isEqual(a: Value, b: Value): boolean {
  const left = basicOf(a);
  const right = basicOf(b);
  if (left !== undefined && right !== undefined && (left.kind === right.kind || (isInteger(left) && isInteger(right))))
    return left.value === right.value;
  if (left !== undefined || right !== undefined) {
    if (a !== undefined && b !== undefined) throw incompatible(a, b);
    return false;
  }
  if (a === undefined || b === undefined) return a === b;
  if (typeName(a) !== typeName(b) && typeof a === 'object' && typeof b === 'object' && a.kind !== b.kind)
    throw new TemplateError(`non-comparable types ${valueText(a)}: ${typeName(a)}, ${typeName(b)}: ${valueText(b)}`);
  if (typeof b === 'object' && (b.kind === 'map' || b.kind === 'list' || b.kind === 'struct'))
    throw new TemplateError(`non-comparable type ${valueText(b)}: ${typeName(b)}`);
  return a === b;
}

function isLess(a: Value, b: Value): boolean {
  const left = basicOf(a);
  const right = basicOf(b);
  if (left === undefined || right === undefined) throw new TemplateError('invalid type for comparison');
  if (left.kind !== right.kind && !(isInteger(left) && isInteger(right))) throw incompatible(a, b);
  if (left.kind === 'bool') throw new TemplateError('invalid type for comparison');
  if (left.kind === 'string' && right.kind === 'string') return compareText(left.value, right.value) < 0;
  return left.value < right.value;
}

function ordering(holds: (a: Value, b: Value) => boolean): TemplateFunction {
  return { parameters: ['any', 'any'], run: ([a, b]) => holds(a, b) };
}

export const COMPARISONS: FunctionTable = {
  eq: {
    parameters: ['any'],
    rest: 'any',
    run: ([first, ...others]) => {
      if (others.length === 0) throw new TemplateError('missing argument for comparison');
      return others.some((other) => isEqual(first, other));
    },
  },
  ne: ordering((a, b) => !isEqual(a, b)),
  lt: ordering(isLess),
  le: ordering((a, b) => isLess(a, b) || isEqual(a, b)),
  gt: ordering((a, b) => !isLess(a, b) && !isEqual(a, b)),
  ge: ordering((a, b) => !isLess(a, b)),
  not: { parameters: ['any'], run: ([value]) => !isTrue(value) },
};
