// What operators do to one pair of values, floats or histograms.
import { collidingResets, incompatibleLayout, incompatibleTypes, reconciledBounds } from '../annotation-texts.ts';
import { isComparison, type BinaryOp } from '../ast.ts';
import { add, divide, multiply, subtract, type Combined } from '../histogram/arithmetic.ts';
import { compact, equalHistograms, withHint, type FloatHistogram } from '../histogram/float-histogram.ts';
import { trim } from '../histogram/trim.ts';
import { unsupported } from '../promql-error.ts';

/** Go's math.Pow: 1 to any power is 1, and so is -1 to an infinite one. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return base ** exponent;
}

export type FloatOperator = (left: number, right: number) => number;

const FLOAT_OPERATORS: Readonly<Record<string, FloatOperator>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: Math.atan2,
  '==': (left, right) => (left === right ? 1 : 0),
  '!=': (left, right) => (left === right ? 0 : 1),
  '<': (left, right) => (left < right ? 1 : 0),
  '<=': (left, right) => (left <= right ? 1 : 0),
  '>': (left, right) => (left > right ? 1 : 0),
  '>=': (left, right) => (left >= right ? 1 : 0),
};

/** On floats; comparisons give 1 or 0. */
export function floatOperator(op: BinaryOp): FloatOperator {
  const found = FLOAT_OPERATORS[op];
  if (found === undefined) throw unsupported(`the operator ${op} on floats`);
  return found;
}

export type Operand = number | FloatHistogram;

/** A note about one pair of values. */
export interface OperatorNote {
  readonly kind: 'warning' | 'info';
  readonly text: string;
}

/** What an operator makes of two values. */
export interface Outcome {
  /** The result; of a comparison the left value. Absent: the values do not go together, and there is no result. */
  readonly value?: Operand;
  /** False where a comparison does not hold. */
  readonly holds: boolean;
  readonly note?: OperatorNote | undefined;
  /** The note says that there should be no result where two vectors are paired. */
  readonly refused?: boolean;
}

const typeOf = (value: Operand): string => (typeof value === 'number' ? 'float' : 'histogram');

function incompatible(op: BinaryOp, left: Operand, right: Operand): Outcome {
  return {
    holds: false,
    refused: true,
    note: { kind: 'info', text: incompatibleTypes(op, typeOf(left), typeOf(right)) },
  };
}

function combined(op: BinaryOp, result: Combined | undefined): Outcome {
  const combining = op === '+' ? 'addition' : 'subtraction';
  if (result === undefined)
    return { holds: false, refused: true, note: { kind: 'warning', text: incompatibleLayout(op) } };
  const histogram = compact(op === '+' ? result.histogram : withHint(result.histogram, 'gauge'));
  if (result.hintsCollide)
    return {
      value: histogram,
      holds: true,
      refused: true,
      note: { kind: 'warning', text: collidingResets(combining) },
    };
  const note: OperatorNote | undefined = result.boundsReconciled
    ? { kind: 'info', text: reconciledBounds(combining) }
    : undefined;
  return { value: histogram, holds: true, note };
}

function ofHistograms(op: BinaryOp, left: FloatHistogram, right: FloatHistogram): Outcome {
  switch (op) {
    case '+':
      return combined(op, add(left, right));
    case '-':
      return combined(op, subtract(left, right));
    case '==':
      return { value: left, holds: equalHistograms(left, right) };
    case '!=':
      return { value: left, holds: !equalHistograms(left, right) };
    default:
      return incompatible(op, left, right);
  }
}

function ofHistogramAndFloat(op: BinaryOp, left: FloatHistogram, right: number): Outcome {
  switch (op) {
    case '*':
      return { value: compact(multiply(left, right)), holds: true };
    case '/':
      return { value: compact(divide(left, right)), holds: true };
    case '</':
      return { value: trim(left, right, true), holds: true };
    case '>/':
      return { value: trim(left, right, false), holds: true };
    default:
      return incompatible(op, left, right);
  }
}

/** Any operator but the set operators on any two values. */
export function operate(op: BinaryOp, left: Operand, right: Operand): Outcome {
  if (typeof left !== 'number')
    return typeof right === 'number' ? ofHistogramAndFloat(op, left, right) : ofHistograms(op, left, right);
  if (typeof right !== 'number')
    return op === '*' ? { value: compact(multiply(right, left)), holds: true } : incompatible(op, left, right);
  if (op === '</' || op === '>/') return incompatible(op, left, right);
  const result = floatOperator(op)(left, right);
  return isComparison(op) ? { value: left, holds: result === 1 } : { value: result, holds: true };
}
