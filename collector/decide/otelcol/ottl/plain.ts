// Received maps and lists as plain values, their equality, and their text as JSON, each as Go has it.
import {
  isDuration,
  isMadeMap,
  isTime,
  IdValue,
  OttlError,
  OttlList,
  OttlTypeError,
  ReceivedMap,
  WholeValue,
  type OttlValue,
} from './value.ts';

const NS_PER_SECOND = 1_000_000_000n;
const MS_PER_SECOND = 1000;

/** What was received as if it had been written; of equal keys the last counts then. */
export function plain(value: OttlValue): OttlValue {
  if (value instanceof ReceivedMap) return new Map(value.entries.map(([key, inner]) => [key, plain(inner)]));
  if (value instanceof OttlList && value.kind === 'received') return new OttlList('written', value.items.map(plain));
  return value;
}

/** What was written, or a function made, as if it had been received. @throws OttlError for what no attribute can hold */
export function asReceived(value: OttlValue): OttlValue {
  if (value instanceof OttlList && value.kind === 'written')
    return new OttlList('received', value.items.map(asReceived));
  if (isMadeMap(value)) return new ReceivedMap([...value].map(([key, inner]) => [key, asReceived(inner)]));
  const fits = value === null || typeof value !== 'object' || value instanceof Uint8Array;
  if (!fits) throw new OttlError('no attribute can hold this value');
  return value;
}

/** Types count: the int 1 is not the float 1. */
export function deepEqual(a: OttlValue, b: OttlValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (a instanceof IdValue && b instanceof IdValue) return Buffer.compare(a.bytes, b.bytes) === 0;
  if (a instanceof WholeValue && b instanceof WholeValue) return a.of === b.of && a.what === b.what;
  if (a instanceof OttlList && b instanceof OttlList) {
    return (
      a.kind === b.kind && a.items.length === b.items.length && a.items.every((item, i) => deepEqual(item, b.items[i]!))
    );
  }
  if (a instanceof ReceivedMap && b instanceof ReceivedMap) {
    return a.entries.length === b.entries.length && a.entries.every(([key, inner]) => equalIn(b, key, inner));
  }
  if (isMadeMap(a) && isMadeMap(b)) {
    return a.size === b.size && [...a].every(([key, inner]) => b.has(key) && deepEqual(inner, b.get(key)!));
  }
  if (a !== null && b !== null && typeof a === 'object' && typeof b === 'object') {
    if (isTime(a) && isTime(b)) return a.time === b.time;
    return isDuration(a) && isDuration(b) && a.duration === b.duration;
  }
  return a === b;
}

function equalIn(map: ReceivedMap, key: string, wanted: OttlValue): boolean {
  const found = map.get(key);
  return found !== undefined && deepEqual(wanted, found);
}

/** JSON with sorted keys, bytes in base64, and <, >, & escaped. @throws OttlTypeError for a float that JSON has not */
export function jsonText(value: OttlValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return floatText(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  // An id is an array of numbers there.
  if (value instanceof IdValue) return `[${value.bytes.join(',')}]`;
  if (value instanceof OttlList && value.kind !== 'received') return `[${value.items.map(jsonText).join(',')}]`;
  if (isMadeMap(value)) {
    const keys = [...value.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${keys.map((key) => `${quoted(key)}:${jsonText(value.get(key)!)}`).join(',')}}`;
  }
  if (isTime(value)) return `"${timeText(value.time)}"`;
  if (isDuration(value)) return String(value.duration);
  // Received maps and lists inside a map or list that the statement has made are written as {}, as the Collector does.
  return '{}';
}

/** As text: bytes in base64, nil as nothing; what JSON has not has no text. */
export function attributeText(value: OttlValue): string {
  if (value === null) return '';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isFinite(value))
    return `json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`;
  try {
    return jsonText(plain(value));
  } catch {
    return '';
  }
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) throw new OttlTypeError('JSON has no such number');
  return Object.is(value, -0) ? '-0' : String(value);
}

/** RFC 3339 in UTC with as many digits of a second as there are. */
export function timeText(ns: bigint): string {
  const rest = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const seconds = (ns - rest) / NS_PER_SECOND;
  const fraction = rest === 0n ? '' : `.${rest.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return `${new Date(Number(seconds) * MS_PER_SECOND).toISOString().slice(0, 19)}${fraction}Z`;
}
