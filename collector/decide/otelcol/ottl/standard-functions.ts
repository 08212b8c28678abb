// OTTL functions beyond those that need patterns or JSON: types, conversions, texts, times, hashes. Pure; the clock is not among them.
import { createHash } from 'node:crypto';
import { fnv1a } from '../fnv.ts';
import { durationOf, intOf, itemsOf, likeText, mapOf, textOf, timeOf } from './argument.ts';
import { OttlError, type OttlValue } from './value.ts';

export interface OttlFunction {
  /** Arguments it needs, and the most it takes where that is more. */
  readonly arity: number;
  readonly most?: number;
  readonly call: (values: readonly OttlValue[]) => OttlValue;
}

const NS_PER_MS = 1_000_000n;
const DECIMAL = /^[+-]?\d+$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const one = (call: (value: OttlValue) => OttlValue): OttlFunction => ({ arity: 1, call: ([value]) => call(value!) });
const two = (call: (a: OttlValue, b: OttlValue) => OttlValue): OttlFunction => ({ arity: 2, call: ([a, b]) => call(a!, b!) });
/** A part of a point in time, in UTC. */
const part = (read: (date: Date) => number): OttlFunction => one((value) => BigInt(read(new Date(Number(timeOf(value) / NS_PER_MS)))));
const spanOf = (unitNs: number): OttlFunction => one((value) => Number(durationOf(value)) / unitNs);
const digest = (algorithm: string): OttlFunction => one((value) => createHash(algorithm).update(textOf(value)).digest('hex'));

export const STANDARD_FUNCTIONS: Readonly<Record<string, OttlFunction>> = {
  IsString: one((value) => typeof value === 'string'),
  IsInt: one((value) => typeof value === 'bigint'),
  IsDouble: one((value) => typeof value === 'number'),
  IsBool: one((value) => typeof value === 'boolean'),
  IsMap: one((value) => value instanceof Map),
  IsList: one((value) => Array.isArray(value)),
  Int: one(toInt),
  Double: one(toDouble),
  String: one((value) => (value === null ? null : likeText(value))),
  ToLowerCase: one((value) => textOf(value).toLowerCase()),
  ToUpperCase: one((value) => textOf(value).toUpperCase()),
  Trim: { arity: 1, most: 2, call: ([value, cut]) => trimmed(textOf(value!), cut === undefined ? ' ' : textOf(cut)) },
  TrimPrefix: two((value, start) => (textOf(value).startsWith(textOf(start)) ? textOf(value).slice(textOf(start).length) : textOf(value))),
  TrimSuffix: two((value, end) => (textOf(value).endsWith(textOf(end)) ? textOf(value).slice(0, textOf(value).length - textOf(end).length) : textOf(value))),
  HasPrefix: two((value, start) => textOf(value).startsWith(textOf(start))),
  HasSuffix: two((value, end) => textOf(value).endsWith(textOf(end))),
  Split: two((value, at) => textOf(value).split(textOf(at))),
  Substring: { arity: 3, call: ([value, start, length]) => substring(textOf(value!), intOf(start!), intOf(length!)) },
  Keys: one((value) => [...mapOf(value).keys()]),
  Values: one((value) => [...mapOf(value).values()]),
  Coalesce: one((value) => itemsOf(value).find((item) => item !== null) ?? null),
  Hours: spanOf(3.6e12),
  Minutes: spanOf(6e10),
  Seconds: spanOf(1e9),
  Microseconds: one((value) => durationOf(value) / 1000n),
  Unix: { arity: 1, most: 2, call: ([seconds, ns]) => ({ time: intOf(seconds!) * 1_000_000_000n + (ns === undefined ? 0n : intOf(ns)) }) },
  UnixSeconds: one((value) => timeOf(value) / 1_000_000_000n),
  UnixMilli: one((value) => timeOf(value) / NS_PER_MS),
  UnixMicro: one((value) => timeOf(value) / 1000n),
  UnixNano: one((value) => timeOf(value)),
  Year: part((date) => date.getUTCFullYear()),
  Month: part((date) => date.getUTCMonth() + 1),
  Day: part((date) => date.getUTCDate()),
  Weekday: part((date) => date.getUTCDay()),
  Hour: part((date) => date.getUTCHours()),
  Minute: part((date) => date.getUTCMinutes()),
  Second: part((date) => date.getUTCSeconds()),
  Nanosecond: one((value) => timeOf(value) % 1_000_000_000n),
  MD5: digest('md5'),
  SHA1: digest('sha1'),
  SHA256: digest('sha256'),
  SHA512: digest('sha512'),
  FNV: one((value) => BigInt.asIntN(64, fnv1a(Buffer.from(textOf(value))))),
  Log: one((value) => logOf(toDouble(value))),
};

function toInt(value: OttlValue): OttlValue {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : null;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value !== 'string' || !DECIMAL.test(value)) return null;
  const parsed = BigInt(value.replace(/^\+/, ''));
  return BigInt.asIntN(64, parsed) === parsed ? parsed : null;
}

function toDouble(value: OttlValue): OttlValue {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' && FLOAT.test(value) ? Number(value) : null;
}

function logOf(value: OttlValue): OttlValue {
  if (typeof value === 'number' && value > 0) return Math.log(value);
  throw new OttlError('expected a number above 0');
}

function trimmed(text: string, cut: string): string {
  const set = new Set(cut);
  const letters = Array.from(text);
  while (letters.length > 0 && set.has(letters[0]!)) letters.shift();
  while (letters.length > 0 && set.has(letters.at(-1)!)) letters.pop();
  return letters.join('');
}

/** Counted in bytes, as Go does. */
function substring(text: string, start: bigint, length: bigint): string {
  const bytes = Buffer.from(text);
  if (start < 0n || length <= 0n || start + length > BigInt(bytes.length)) throw new OttlError('is outside of the text');
  return bytes.toString('utf8', Number(start), Number(start + length));
}
