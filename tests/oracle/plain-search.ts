// What the search language means, as slowly and plainly as can be: an expression asked of one span after the other.
import type { Comparison, Expression, Operator, Value } from '#proto/search/expression.ts';
import { fieldOf, KIND_WORDS, STATUS_WORDS, type FieldName } from '#proto/search/fields.ts';

export interface PlainAttribute {
  readonly key: string;
  readonly value: PlainValue;
}
/** As JavaScript has it: an int is a bigint. */
export type PlainValue = string | bigint | number | boolean | readonly PlainValue[] | readonly PlainAttribute[];

export interface PlainSpan {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly status: number;
  readonly statusMessage: string;
  readonly durationNs: number;
  readonly attributes: readonly PlainAttribute[];
  readonly resource: readonly PlainAttribute[];
  readonly parent: PlainSpan | undefined;
}

export interface PlainTrace {
  readonly spans: readonly PlainSpan[];
  /** By field: what its summary says. */
  readonly summary: Readonly<Partial<Record<FieldName, string | number>>>;
}

/** Spans that meet the expression; the trace matches if there is one. */
export function spansThatMatch(trace: PlainTrace, expression: Expression): readonly PlainSpan[] {
  return trace.spans.filter((span) => meets(span, trace, expression));
}

function meets(span: PlainSpan, trace: PlainTrace, expression: Expression): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.parts.every((part) => meets(span, trace, part));
    case 'or':
      return expression.parts.some((part) => meets(span, trace, part));
    case 'not':
      return !meets(span, trace, expression.part);
    case 'any':
      return trace.spans.some((other) => meets(other, trace, expression.part));
    case 'all':
      return trace.spans.every((other) => meets(other, trace, expression.part));
    case 'exists':
      return valuesOf(span, expression.key).length > 0;
    case 'word': {
      const texts = [
        span.name,
        span.service,
        span.statusMessage,
        ...[...span.attributes, ...span.resource].map(({ value }) => textOf(value)),
      ];
      return texts.some((text) => text.toLowerCase().includes(expression.text.toLowerCase()));
    }
    case 'comparison':
      return compares(span, trace, expression);
  }
}

function compares(span: PlainSpan, trace: PlainTrace, { subject, operator, values }: Comparison): boolean {
  if (subject.of === 'field') {
    const has = fieldValue(span, trace, subject.field);
    return has !== undefined && fieldTest(has, operator, values, subject.field);
  }
  const found = valuesOf(span, subject.key);
  const positive = operator === '!=' ? '=' : operator === '!~' ? '~' : operator === 'not in' ? 'in' : operator;
  const some = found.flat().some((one) => values.some((value) => attributeTest(one, positive, value)));
  return positive === operator ? some : found.length > 0 && !some;
}

/** Each with its elements, of the span or else of its resource. */
function valuesOf(span: PlainSpan, key: string): readonly (readonly PlainValue[])[] {
  const own = lookUp(span.attributes, key);
  return own.length > 0 ? own : lookUp(span.resource, key);
}

function lookUp(attributes: readonly PlainAttribute[], key: string): readonly (readonly PlainValue[])[] {
  return attributes.flatMap(({ key: name, value }) => {
    if (name === key) return [withElements(value)];
    if (!isMap(value) || !key.startsWith(`${name}.`)) return [];
    return value.filter((member) => `${name}.${member.key}` === key).map((member) => withElements(member.value));
  });
}

function withElements(value: PlainValue): readonly PlainValue[] {
  return Array.isArray(value) && !isMap(value) ? value : [value];
}

function isMap(value: PlainValue): value is readonly PlainAttribute[] {
  return Array.isArray(value) && value.length > 0 && typeof value[0] === 'object' && 'key' in value[0];
}

function attributeTest(has: PlainValue, operator: Operator, value: Value): boolean {
  switch (operator) {
    case '~':
      return typeof has === 'string' && value.type === 'string' && whole(value.text).test(has);
    case '=':
    case 'in':
      if (value.type === 'string') return has === value.text;
      if (value.type === 'bool') return has === value.bool;
      if (value.type === 'int') return typeof has === 'bigint' && has === BigInt(value.text);
      return value.type === 'double' && typeof has === 'number' && has === value.number;
    default: {
      if (typeof has !== 'bigint' && typeof has !== 'number') return false;
      const bound = value.type === 'int' ? BigInt(value.text) : value.type === 'double' ? value.number : NaN;
      return ordered(has, operator, bound);
    }
  }
}

function ordered(has: bigint | number, operator: Operator, bound: bigint | number): boolean {
  if (operator === '<') return has < bound;
  if (operator === '<=') return has <= bound;
  return operator === '>' ? has > bound : has >= bound;
}

function fieldValue(span: PlainSpan, trace: PlainTrace, field: FieldName): string | number | undefined {
  switch (field) {
    case 'service':
    case 'name':
      return span[field];
    case 'kind':
      return KIND_WORDS[span.kind];
    case 'status':
      return STATUS_WORDS[span.status];
    case 'status.message':
      return span.statusMessage;
    case 'duration':
      return span.durationNs;
    case 'parent.service':
      return span.parent?.service;
    case 'parent.name':
      return span.parent?.name;
    case 'parent.kind':
      return span.parent && KIND_WORDS[span.parent.kind];
    case 'root.kind':
      return KIND_WORDS[Number(trace.summary[field])];
    default:
      return trace.summary[field];
  }
}

function fieldTest(has: string | number, operator: Operator, values: readonly Value[], field: FieldName): boolean {
  const texts = values.map((value) => (value.type === 'string' ? value.text : ''));
  const { type } = fieldOf(field);
  if (type === 'duration' || type === 'count') {
    const [value] = values;
    const bound = value?.type === 'duration' ? value.ns : value?.type === 'int' ? Number(value.text) : NaN;
    if (operator === '=') return has === bound;
    return operator === '!=' ? has !== bound : ordered(Number(has), operator, bound);
  }
  const [first = ''] = texts;
  switch (operator) {
    case '~':
      return whole(first).test(String(has));
    case '!~':
      return !whole(first).test(String(has));
    case '!=':
    case 'not in':
      return !texts.includes(String(has));
    default:
      return texts.includes(String(has));
  }
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 's');
}

/** As it is stored. */
export function textOf(value: PlainValue): string {
  return typeof value === 'object' ? JSON.stringify(anyValue(value)) : Object.is(value, -0) ? '-0' : String(value);
}

/** OTLP/JSON. */
function anyValue(value: PlainValue): unknown {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return { doubleValue: Object.is(value, -0) || !Number.isFinite(value) ? textOf(value) : value };
  if (isMap(value))
    return { kvlistValue: { values: value.map((one) => ({ key: one.key, value: anyValue(one.value) })) } };
  return { arrayValue: value.length === 0 ? {} : { values: value.map((one) => anyValue(one)) } };
}
