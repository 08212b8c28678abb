// The question of the trace list as it stands in the address: read, and changed by a condition at a time.
import { attributeIs, combined, conjuncts, fieldIs, stringValue } from '#proto/search/expression.ts';
import type { Comparison, Expression, Subject, Value } from '#proto/search/expression.ts';
import type { FieldName } from '#proto/search/fields.ts';
import { parseSearch } from '#proto/search/parse.ts';
import { printSearch } from '#proto/search/print.ts';
import { readBareValue } from '#proto/search/values.ts';

/** What is written as `field=value` in addresses from before there was a language. */
const FORMER: readonly (readonly [string, FieldName])[] = [
  ['service', 'service'],
  ['operation', 'name'],
  ['root_service', 'root.service'],
  ['root_name', 'root.name'],
  ['rule', 'rule'],
];
const FORMER_BOUNDS = [
  ['min_duration_ms', '>='],
  ['max_duration_ms', '<='],
] as const;

/** Undefined where the text says nothing, and where it is a mistake. */
function understood(question: string): Expression | undefined {
  try {
    return parseSearch(question);
  } catch {
    return undefined;
  }
}

/** `q`, and what an older address says in parameters of its own. */
export function questionOf(params: URLSearchParams): string {
  let question = params.get('q') ?? '';
  for (const condition of formerConditions(params)) question = withCondition(question, condition);
  return question;
}

function formerConditions(params: URLSearchParams): readonly string[] {
  const found: Expression[] = [];
  for (const [key, field] of FORMER) {
    const value = params.get(key);
    if (value !== null && value !== '') found.push(fieldIs(field, '=', stringValue(value)));
  }
  for (const [key, operator] of FORMER_BOUNDS) {
    const ns = Math.round(Number(params.get(key) ?? '') * 1e6);
    if (params.get(key) !== null && Number.isSafeInteger(ns))
      found.push(fieldIs('trace.duration', operator, { type: 'duration', ns }));
  }
  const status = params.get('status');
  if (status === 'error') found.push(fieldIs('status', '=', stringValue('error')));
  if (status === 'ok') found.push(fieldIs('trace.errors', '=', { type: 'int', text: '0' }));
  for (const item of params.getAll('attr')) {
    const at = item.indexOf('=');
    if (at > 0) found.push(attributeIs(item.slice(0, at), '=', readBareValue(item.slice(at + 1))));
  }
  return found.map(printSearch);
}

/** Parameters that {@link questionOf} reads besides `q`, to be taken away when the question is written. */
export const NO_FORMER: Readonly<Record<string, null>> = Object.fromEntries(
  [...FORMER.map(([key]) => key), ...FORMER_BOUNDS.map(([key]) => key), 'status', 'attr'].map((key) => [key, null]),
);

/** A question of these conditions; texts are put into quotes where they need them. */
export function questionWhere(
  fields: Readonly<Partial<Record<FieldName, string>>>,
  ...more: readonly string[]
): string {
  const parts = Object.entries(fields).map(([field, value]) => `${field}=${valueText(value)}`);
  return [...parts, ...more].join(' ');
}

/** A text as it is written behind an operator. */
function valueText(text: string): string {
  return printSearch(fieldIs('name', '=', stringValue(text))).slice('name='.length);
}

export function attributeCondition(key: string, value: Value): string {
  return printSearch(attributeIs(key, '=', value));
}

/** The question, and the condition holds too. */
export function withCondition(question: string, condition: string): string {
  const text = question.trim();
  if (text === '') return condition;
  const isOr = understood(text)?.kind === 'or';
  return `${isOr ? `(${text})` : text} ${condition}`;
}

export interface QuestionPart {
  readonly text: string;
  readonly without: string;
}

/** What has to hold together, each as it is written, with the question that is left without it. */
export function partsOf(question: string): readonly QuestionPart[] {
  const parts = conjuncts(understood(question));
  return parts.map((part, at) => ({
    text: printSearch(part),
    without: printSearch(
      combined(
        'and',
        parts.filter((_, i) => i !== at),
      ),
    ),
  }));
}

/** Whether the condition's value is one that the question asks for. */
export function asksFor(question: string, condition: string): boolean {
  const wanted = understood(condition);
  if (wanted === undefined) return false;
  const text = printSearch(wanted);
  return conjuncts(understood(question)).some(
    (part) =>
      printSearch(part) === text || (isValueOf(part, wanted) && part.values.some((value) => sameValue(value, wanted))),
  );
}

/** The condition is added, or taken away; a further value of the same key joins the others in a list. */
export function toggled(question: string, condition: string): string {
  const wanted = understood(condition);
  if (wanted === undefined) return question;
  const parts = conjuncts(understood(question));
  const text = printSearch(wanted);
  if (parts.some((part) => printSearch(part) === text))
    return printSearch(
      combined(
        'and',
        parts.filter((part) => printSearch(part) !== text),
      ),
    );
  const listed = parts.find((part) => isValueOf(part, wanted));
  if (listed === undefined || !isValueOf(listed, wanted) || wanted.kind !== 'comparison')
    return withCondition(question, condition);
  const others = listed.values.filter((value) => !sameValue(value, wanted));
  const values = others.length < listed.values.length ? others : [...listed.values, ...wanted.values];
  const next: Comparison = { ...listed, operator: values.length === 1 ? '=' : 'in', values };
  return printSearch(
    combined(
      'and',
      parts.map((part) => (part === listed ? next : part)),
    ),
  );
}

/** No span of the trace meets the condition. */
export function excluded(question: string, condition: string): string {
  const kept = asksFor(question, condition) ? toggled(question, condition) : question;
  return withCondition(kept, `not any(${condition})`);
}

function isValueOf(part: Expression, wanted: Expression): part is Comparison {
  return (
    part.kind === 'comparison' &&
    wanted.kind === 'comparison' &&
    wanted.operator === '=' &&
    (part.operator === '=' || part.operator === 'in') &&
    sameSubject(part.subject, wanted.subject)
  );
}

function sameSubject(one: Subject, other: Subject): boolean {
  if (one.of === 'field') return other.of === 'field' && one.field === other.field;
  return other.of === 'attribute' && one.key === other.key;
}

function sameValue(value: Value, wanted: Expression): boolean {
  return wanted.kind === 'comparison' && JSON.stringify(value) === JSON.stringify(wanted.values[0]);
}
