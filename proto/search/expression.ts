// The search language as plain data: what the parser makes of a text, the printer of an expression, and ClickHouse or a page of both.
import type { FieldName } from './fields.ts';

/** Characters of the text, end exclusive. */
export interface TextPart {
  readonly from: number;
  readonly to: number;
}

/** `!=` and `!~` hold where the key is there and the other does not hold; `in` where one value is equal. */
export type Operator = '=' | '!=' | '~' | '!~' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

/** With the type that it is written in: `500` is an int, `500.0` a double, `true` a bool, `500ms` a duration, all else a string. */
export type Value =
  | { readonly type: 'string'; readonly text: string }
  /** In decimal: it may be beyond 2^53. */
  | { readonly type: 'int'; readonly text: string }
  | { readonly type: 'double'; readonly number: number }
  | { readonly type: 'bool'; readonly bool: boolean }
  | { readonly type: 'duration'; readonly ns: number };

/** What is compared: a field that every span or trace has, or an attribute. */
export type Subject =
  | { readonly of: 'field'; readonly field: FieldName }
  | { readonly of: 'attribute'; readonly key: string };

export interface Comparison extends TextPart {
  readonly kind: 'comparison';
  readonly subject: Subject;
  readonly operator: Operator;
  /** One, but for `in` and `not in`. */
  readonly values: readonly Value[];
}

/** The span, or its resource, has the attribute. */
interface Exists extends TextPart {
  readonly kind: 'exists';
  readonly key: string;
}

/** The text is in the name, the service or an attribute value of the span, in any case of letters. */
interface Word extends TextPart {
  readonly kind: 'word';
  readonly text: string;
}

interface Combined extends TextPart {
  readonly kind: 'and' | 'or';
  /** At least two; none is of the same kind. */
  readonly parts: readonly Expression[];
}

interface Not extends TextPart {
  readonly kind: 'not';
  readonly part: Expression;
}

/** Some span of the trace, or every one, meets it: a condition on the whole trace. */
interface OfSpans extends TextPart {
  readonly kind: 'any' | 'all';
  readonly part: Expression;
}

/** A trace matches if one of its spans meets the whole expression; fields of the trace are the same for all of its spans. */
export type Expression = Comparison | Exists | Word | Combined | Not | OfSpans;

/** The parts joined by `kind`, flat; undefined for none. */
export function combined(kind: 'and' | 'or', parts: readonly Expression[]): Expression | undefined {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  const first = flat[0];
  if (flat.length < 2) return first;
  return { kind, parts: flat, from: first?.from ?? 0, to: flat.at(-1)?.to ?? 0 };
}

/** What has to hold together at the top: the parts of an `and`, or the expression itself. */
export function conjuncts(expression: Expression | undefined): readonly Expression[] {
  if (expression === undefined) return [];
  return expression.kind === 'and' ? expression.parts : [expression];
}

/** Expressions that no text was read for have no place in one. */
const NOWHERE: TextPart = { from: 0, to: 0 };

export function fieldIs(field: FieldName, operator: Operator, ...values: readonly Value[]): Comparison {
  return { kind: 'comparison', subject: { of: 'field', field }, operator, values, ...NOWHERE };
}

export function attributeIs(key: string, operator: Operator, ...values: readonly Value[]): Comparison {
  return { kind: 'comparison', subject: { of: 'attribute', key }, operator, values, ...NOWHERE };
}

export function stringValue(text: string): Value {
  return { type: 'string', text };
}
