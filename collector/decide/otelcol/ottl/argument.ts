// What OTTL functions take of their arguments: the value as the type they need, or an error.
import { isDuration, isTime, OttlError, type OttlValue } from './value.ts';

export function textOf(value: OttlValue): string {
  if (typeof value === 'string') return value;
  throw new OttlError('expected a text');
}

export function likeText(value: OttlValue): string {
  if (value === null) return '<nil>';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'object') return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner instanceof Map ? Object.fromEntries(inner) : inner));
  return String(value);
}

export function itemsOf(value: OttlValue): readonly OttlValue[] {
  if (Array.isArray(value)) return value as readonly OttlValue[];
  throw new OttlError('expected a list');
}

export function durationOf(value: OttlValue): bigint {
  if (isDuration(value)) return value.duration;
  throw new OttlError('expected a duration');
}

export function timeOf(value: OttlValue): bigint {
  if (isTime(value)) return value.time;
  throw new OttlError('expected a time');
}

export function mapOf(value: OttlValue): ReadonlyMap<string, OttlValue> {
  if (value instanceof Map) return value as ReadonlyMap<string, OttlValue>;
  throw new OttlError('expected a map');
}

export function intOf(value: OttlValue): bigint {
  if (typeof value === 'bigint') return value;
  throw new OttlError('expected an int');
}
