// Arrays and maps of OTLP as plain JSON: `{"values":[{"stringValue":"a"}]}` reads `["a"]`.
import type { Attribute } from '#proto/api/common.ts';

/** Deeper ones are shown as they came. */
const MOST_DEPTH = 32;

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Ints come as text; those that a number cannot hold stay so. */
function int(value: unknown): unknown {
  const n = Number(value);
  return Number.isSafeInteger(n) ? n : value;
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return value;
  const [entry] = Object.entries(value);
  if (!entry) return null;
  const [kind, content] = entry;
  switch (kind) {
    case 'stringValue':
    case 'boolValue':
    case 'doubleValue':
    case 'bytesValue':
      return content;
    case 'intValue':
      return int(content);
    case 'arrayValue':
      return list(memberOf(content, 'values'), depth);
    case 'kvlistValue':
      return map(memberOf(content, 'values'), depth);
    case 'values':
      return isMap(content) ? map(content, depth) : list(content, depth);
    default:
      return value;
  }
}

function isMap(values: unknown): boolean {
  return Array.isArray(values) && memberOf(values[0], 'key') !== undefined;
}

function list(values: unknown, depth: number): unknown[] {
  return Array.isArray(values) ? values.map((one) => plain(one, depth + 1)) : [];
}

function map(values: unknown, depth: number): unknown {
  const pairs = Array.isArray(values) ? values : [];
  return Object.fromEntries(
    pairs.map((pair) => [String(memberOf(pair, 'key')), plain(memberOf(pair, 'value'), depth + 1)]),
  );
}

/** A value as text. @param spread arrays and maps over several lines */
export function readableValue(type: Attribute['type'], value: string, spread = false): string {
  if (type === 'unset') return 'unset';
  if (type !== 'array' && type !== 'kvlist') return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return JSON.stringify(plain(parsed, 0), null, spread ? 2 : undefined) ?? value;
  } catch {
    return value;
  }
}
