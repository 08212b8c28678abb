// Rules as the documentation reads them, on plain spans: slow, without bytes, tables or one pass for all. What compiled rules must answer.
import type { WrittenSpan } from '#tests/support/written-trace.ts';

type Written = Readonly<Record<string, unknown>>;
/** Of an attribute, or of a field: an int is a bigint, a double a number. */
type Value = string | bigint | number | boolean | undefined;

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const CODES = ['unset', 'ok', 'error'];
const NS_PER_MS = 1_000_000;
const SOME_MS = 1_000_000;

const entriesOf = (written: unknown): [string, unknown][] => Object.entries(written as Written);

/** What is written in a rule as a value of its own type. */
function operandOf(written: unknown): Value {
  return typeof written === 'number' && Number.isInteger(written) ? BigInt(written) : (written as Value);
}

/** A map of operators and operands, all of which must hold; an operand alone is equality, a list one of them. */
function compares(value: Value, written: unknown): boolean {
  if (Array.isArray(written)) return value !== undefined && written.some((one) => operandOf(one) === value);
  if (typeof written !== 'object' || written === null) return operandOf(written) === value;
  return entriesOf(written).every(([operator, operand]) => {
    if (operator === 'exists') return (value !== undefined) === operand;
    if (value === undefined) return false;
    const bound = operandOf(operand);
    switch (operator) {
      case '=':
        return value === bound;
      case '!=':
        return value !== bound;
      case 'in':
        return (operand as unknown[]).some((one) => operandOf(one) === value);
      default:
        return isNumber(value) && isNumber(bound) && ordered(value, bound, operator);
    }
  });
}

function isNumber(value: Value): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

function ordered(a: bigint | number, b: bigint | number, operator: string): boolean {
  return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
}

function attributeOf(values: WrittenSpan['attributes'], key: string): Value {
  const written = values?.[key];
  if (written === undefined) return undefined;
  if ('intValue' in written) return BigInt(written['intValue'] as number);
  return (written['stringValue'] ?? written['boolValue'] ?? written['doubleValue']) as Value;
}

/** Bounds of durations are written in ms here. */
function durationMeets(ns: number, written: unknown): boolean {
  return entriesOf(written).every(([operator, operand]) =>
    ordered(ns, Number(/^(\d+)ms$/.exec(String(operand))![1]) * NS_PER_MS, operator),
  );
}

function spanMeets(span: WrittenSpan, when: unknown): boolean {
  return entriesOf(when).every(([key, written]) => {
    switch (key) {
      case 'service':
        return compares(span.service ?? 'unknown_service', written);
      case 'name':
        return compares(span.name ?? 'work', written);
      case 'kind':
        return compares(KINDS[span.kind ?? 1], written);
      case 'status':
        return compares(CODES[span.status ?? 0], written);
      case 'duration':
        return durationMeets(span.duration ?? SOME_MS, written);
      case 'links':
        return (span.links ?? 0) > 0 === written;
      case 'attributes':
        return entriesOf(written).every(([name, one]) =>
          compares(attributeOf(span.attributes, name) ?? attributeOf(span.resource, name), one),
        );
      case 'resource':
        return entriesOf(written).every(([name, one]) => compares(attributeOf(span.resource, name), one));
      default:
        return combines(key, written, (inner) => spanMeets(span, inner));
    }
  });
}

function combines(key: string, written: unknown, meets: (when: unknown) => boolean): boolean {
  if (key === 'not') return !meets(written);
  const parts = written as readonly unknown[];
  return key === 'any_of' ? parts.some(meets) : parts.every(meets);
}

/** The earliest parentless server or consumer span, else the earliest parentless one. */
function rootOf(spans: readonly WrittenSpan[]): WrittenSpan | undefined {
  const parentless = spans.filter(({ parent }) => parent === undefined);
  const entries = parentless.filter(({ kind }) => kind === 2 || kind === 5);
  const candidates = entries.length > 0 ? entries : parentless;
  return candidates.toSorted((a, b) => (a.start ?? 0) - (b.start ?? 0))[0];
}

/** Span ids are 1, 2, 3… in order. */
function orphansOf(spans: readonly WrittenSpan[]): number {
  const parents = spans.flatMap(({ parent }) => (parent === undefined ? [] : [Number.parseInt(parent, 16)]));
  return new Set(parents.filter((id) => id > spans.length)).size;
}

function durationOf(spans: readonly WrittenSpan[]): number {
  const ends = spans.map(({ start = 0, duration = SOME_MS }) => start + duration);
  return Math.max(...ends) - Math.min(...spans.map(({ start = 0 }) => start));
}

/** @param when as it stands in a rule */
export function plainlyMeets(spans: readonly WrittenSpan[], when: unknown): boolean {
  const count = (number: number, written: unknown): boolean => compares(BigInt(number), written);
  return entriesOf(when).every(([key, written]) => {
    switch (key) {
      case 'root': {
        const root = rootOf(spans);
        return root !== undefined && spanMeets(root, written);
      }
      case 'any':
        return spans.some((span) => spanMeets(span, written));
      case 'all':
        return spans.every((span) => spanMeets(span, written));
      case 'duration':
        return durationMeets(durationOf(spans), written);
      case 'spans':
        return count(spans.length, written);
      case 'errors':
        return count(spans.filter(({ status }) => status === 2).length, written);
      case 'services':
        return count(new Set(spans.map(({ service }) => service)).size, written);
      case 'orphans':
        return count(orphansOf(spans), written);
      case 'links':
        return spans.some(({ links }) => (links ?? 0) > 0) === written;
      default:
        return combines(key, written, (inner) => plainlyMeets(spans, inner));
    }
  });
}
