// OTTL functions that are in use in sampling conditions. Others are refused by name when the configuration is read.
import { RE2JS } from 're2js';
import { parseDurationNs } from '#proto/config/units.ts';
import { compare, isDuration, OttlError, type OttlValue } from './value.ts';

type Call = (values: readonly OttlValue[]) => OttlValue;

/** Number of arguments, and the function. IsRootSpan is a path in disguise and lives with the paths. */
export const FUNCTIONS: Readonly<Record<string, { readonly arity: number; readonly call: Call }>> = {
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

function textOf(value: OttlValue): string {
  if (typeof value === 'string') return value;
  throw new OttlError('expected a text');
}

function likeText(value: OttlValue): string {
  if (value === null) return '<nil>';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'object') return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner instanceof Map ? Object.fromEntries(inner) : inner));
  return String(value);
}

function itemsOf(value: OttlValue): readonly OttlValue[] {
  if (Array.isArray(value)) return value as readonly OttlValue[];
  throw new OttlError('expected a list');
}

function durationOf(value: OttlValue): bigint {
  if (isDuration(value)) return value.duration;
  throw new OttlError('expected a duration');
}

function durationNs(text: string): bigint {
  const ns = parseDurationNs(text);
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
