// The typed syntax tree of a PromQL expression. Offsets are positions in the query text in bytes of UTF-8.
import type { Matcher } from './matcher.ts';

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

interface Located {
  readonly start: number;
  readonly end: number;
}

interface NumberLiteral extends Located {
  readonly kind: 'number';
  readonly value: number;
  /** Written as a duration (`5m` is 300): the printer keeps that form. */
  readonly duration: boolean;
}

interface StringLiteral extends Located {
  readonly kind: 'string';
  readonly value: string;
  /** The literal in Go's quotes, where its bytes are no UTF-8 and the value has U+FFFD in their place. */
  readonly quoted?: string;
}

interface Paren extends Located {
  readonly kind: 'paren';
  readonly expr: Expr;
}

export interface Unary extends Located {
  readonly kind: 'unary';
  readonly op: '+' | '-';
  readonly expr: Expr;
}

type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOp = '==' | '!=' | '<' | '<=' | '>' | '>=';
type TrimOp = '</' | '>/';
export type SetOp = 'and' | 'or' | 'unless';
export type BinaryOp = ArithmeticOp | ComparisonOp | TrimOp | SetOp;

export interface VectorMatching {
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  /** `on(…)` when true, `ignoring(…)` otherwise. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels that group_left and group_right copy from the "one" side. */
  readonly include: readonly string[];
  /** Values of `fill`, `fill_left` and `fill_right`: what stands in for a series that has no partner on that side. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface Binary extends Located {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  /** Where the operator stands: messages about it point there. */
  readonly opStart: number;
  readonly left: Expr;
  readonly right: Expr;
  readonly bool: boolean;
  /** `scalar` between two scalars, else `vector`. Kept here because chains of operators may be very long. */
  readonly type: 'scalar' | 'vector';
  /** Absent where an operand is a scalar. */
  readonly matching: VectorMatching | undefined;
}

export type AggregateOp =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values'
  | 'limitk'
  | 'limit_ratio';

export interface Aggregate extends Located {
  readonly kind: 'aggregate';
  readonly op: AggregateOp;
  readonly expr: Expr;
  readonly param: Expr | undefined;
  readonly grouping: readonly string[];
  readonly without: boolean;
}

export interface Call extends Located {
  readonly kind: 'call';
  readonly func: string;
  readonly args: readonly Expr[];
  /** What the function gives. */
  readonly type: ValueType;
}

/**
 * A duration: a number of seconds, or an expression over such numbers, step() and range(). A sign before a number is part of the number.
 * Messages about a duration at run time show the positions of its first and last operand.
 */
export type Duration =
  | (Located & { readonly kind: 'number'; readonly seconds: number; readonly duration: boolean })
  | (Located & { readonly kind: 'step' | 'range' })
  | (Located & { readonly kind: 'paren' | 'negate'; readonly expr: Duration })
  | (Located & {
      readonly kind: 'binary';
      readonly op: '+' | '-' | '*' | '/' | '%' | '^';
      readonly left: Duration;
      readonly right: Duration;
    })
  | (Located & { readonly kind: 'min_of' | 'max_of'; readonly left: Duration; readonly right: Duration });

/** `@ 1609746000`, `@ start()` or `@ end()`. */
export type At = { readonly kind: 'time'; readonly timeMs: number } | { readonly kind: 'start' | 'end' };

/** What may follow a selector or a sub-query, each once. */
export interface Modifiers {
  readonly offset: Duration | undefined;
  readonly at: At | undefined;
}

export interface VectorSelector extends Located, Modifiers {
  readonly kind: 'vector';
  /** The name written before the braces; '' when there is none. */
  readonly name: string;
  readonly matchers: readonly Matcher[];
  /** Written behind the selector, or behind the range of a range selector. */
  readonly extended: 'anchored' | 'smoothed' | undefined;
}

export interface MatrixSelector extends Located {
  readonly kind: 'matrix';
  readonly selector: VectorSelector;
  readonly range: Duration;
}

export interface Subquery extends Located, Modifiers {
  readonly kind: 'subquery';
  readonly expr: Expr;
  readonly range: Duration;
  readonly step: Duration | undefined;
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | Paren
  | Unary
  | Binary
  | Aggregate
  | Call
  | VectorSelector
  | MatrixSelector
  | Subquery;

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const SETS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return COMPARISONS.has(op);
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return SETS.has(op);
}

/** Removes parentheses around an expression. */
export function unwrap(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === 'paren') inner = inner.expr;
  return inner;
}
