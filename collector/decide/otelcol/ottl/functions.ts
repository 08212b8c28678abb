// OTTL functions that are in use in sampling conditions. Others are refused by name when the
// configuration is read.
import { RE2JS } from 're2js';
import { parseDurationNs } from '#proto/config/units.ts';
import { durationOf, itemsOf, likeText, textOf } from './argument.ts';
import { STANDARD_FUNCTIONS, type OttlFunction } from './standard-functions.ts';
import { compare, OttlError, type OttlValue } from './value.ts';

/** By name. IsRootSpan is a path in disguise and lives with the paths. */
export const FUNCTIONS: Readonly<Record<string, OttlFunction>> = {
  ...STANDARD_FUNCTIONS,
  Concat: { arity: 2, call: ([list, joint]) => itemsOf(list!).map(likeText).join(textOf(joint!)) },
  ContainsValue: { arity: 2, call: ([list, item]) => itemsOf(list!).some((one) => compare(one, item!, '==')) },
  ConvertCase: { arity: 2, call: ([text, mode]) => convertCase(textOf(text!), textOf(mode!)) },
  Duration: { arity: 1, call: ([text]) => ({ duration: durationNs(textOf(text!)) }) },
  IsMatch: { arity: 2, call: ([text, pattern]) => isMatch(text!, textOf(pattern!)) },
  Len: { arity: 1, call: ([value]) => length(value!) },
  Milliseconds: { arity: 1, call: ([value]) => durationOf(value!) / 1_000_000n },
  Nanoseconds: { arity: 1, call: ([value]) => durationOf(value!) },
  ParseJSON: { arity: 1, call: ([text]) => parseJson(textOf(text!)) },
  SpanID: { arity: 1, call: ([bytes]) => idOf(bytes!, 8) },
  TraceID: { arity: 1, call: ([bytes]) => idOf(bytes!, 16) },
};

/** Patterns compiled once; conditions hold few, so there is nothing to evict. */
const patterns = new Map<string, RE2JS>();
const MAX_PATTERNS = 1024;

export function patternOf(text: string): RE2JS {
  const known = patterns.get(text);
  if (known !== undefined) return known;
  const compiled = RE2JS.compile(text);
  if (patterns.size < MAX_PATTERNS) patterns.set(text, compiled);
  return compiled;
}

function isMatch(value: OttlValue, pattern: string): boolean {
  return value !== null && patternOf(pattern).test(likeText(value));
}

function durationNs(text: string): bigint {
  // Go has no days.
  const ns = text.includes('d') ? undefined : parseDurationNs(text);
  if (ns === undefined) throw new OttlError(`${text} is no duration`);
  return BigInt(Math.round(ns));
}

function length(value: OttlValue): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (value instanceof Map) return BigInt(value.size);
  if (value instanceof Uint8Array) return BigInt(value.length);
  return BigInt(itemsOf(value).length);
}

function convertCase(text: string, mode: string): string {
  if (mode === 'lower') return text.toLowerCase();
  if (mode === 'upper') return text.toUpperCase();
  throw new OttlError(`case ${mode} is not supported`);
}

function idOf(value: OttlValue, bytes: number): Uint8Array {
  if (value instanceof Uint8Array && value.length === bytes) return value;
  throw new OttlError(`expected ${bytes} bytes`);
}

function parseJson(text: string): OttlValue {
  try {
    return fromJson(JSON.parse(text) as unknown);
  } catch {
    throw new OttlError('is no JSON');
  }
}

function fromJson(value: unknown): OttlValue {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value === 'object' && value !== null) return new Map(Object.entries(value).map(([key, inner]) => [key, fromJson(inner)]));
  return value as OttlValue;
}
