// The parameters of OTTL functions: each has a kind, and a value either is of it, becomes it, or is an error. Kinds named "like"
// convert, and leave nil as it is.
import { asReceived, jsonText, plain } from './plain.ts';
import {
  isDuration,
  isMadeMap,
  isTime,
  OttlError,
  OttlList,
  OttlTypeError,
  ReceivedMap,
  type OttlValue,
} from './value.ts';

export type ParameterKind =
  | 'any'
  | 'text'
  | 'likeText'
  | 'int'
  | 'likeInt'
  | 'likeFloat'
  | 'float'
  | 'bool'
  | 'likeBool'
  | 'likeBytes'
  | 'map'
  | 'list'
  | 'time'
  | 'duration'
  // Must stand in the condition itself.
  | 'literalText'
  | 'literalBool'
  | 'literalTexts'
  // A list that stands in the condition, of items of any origin; likeTexts may be any list.
  | 'anys'
  | 'texts'
  | 'likeTexts';

export interface Parameter {
  /** As the Collector has it, capitalised. */
  readonly name: string;
  readonly kind: ParameterKind;
  readonly optional?: true;
}

/** Items of a parameter that is a list of them. */
export const ITEM_KIND: Readonly<Partial<Record<ParameterKind, ParameterKind>>> = {
  anys: 'any',
  texts: 'text',
  likeTexts: 'likeText',
  literalTexts: 'literalText',
};

/** @throws OttlTypeError for another type, OttlError for a text that is no such number */
export function coerce(value: OttlValue, kind: ParameterKind): OttlValue {
  switch (kind) {
    case 'text':
    case 'literalText':
      return expect(value, typeof value === 'string', 'a text');
    case 'int':
      return expect(value, typeof value === 'bigint', 'an int');
    case 'float':
      return expect(value, typeof value === 'number', 'a float');
    case 'bool':
    case 'literalBool':
      return expect(value, typeof value === 'boolean', 'true or false');
    case 'time':
      return expect(value, isTime(value), 'a time');
    case 'duration':
      return expect(value, isDuration(value), 'a duration');
    case 'map':
      return expect(asMap(value), value instanceof ReceivedMap || isMadeMap(value), 'a map');
    case 'list':
      return asList(value);
    case 'likeText':
      return likeText(value);
    case 'likeInt':
      return likeInt(value);
    case 'likeFloat':
      return likeFloat(value);
    case 'likeBool':
      return likeBool(value);
    case 'likeBytes':
      return likeBytes(value);
    default:
      return value;
  }
}

function expect(value: OttlValue, fits: boolean, what: string): OttlValue {
  if (fits) return value;
  throw new OttlTypeError(`expected ${what}`);
}

function asMap(value: OttlValue): OttlValue {
  return isMadeMap(value) ? asReceived(value) : value;
}

function asList(value: OttlValue): OttlList {
  if (!(value instanceof OttlList)) throw new OttlTypeError('expected a list');
  return value.kind === 'received' ? value : new OttlList('received', value.items.map(asReceived));
}

/** nil stays nil. */
function likeText(value: OttlValue): string | null {
  if (value === null || typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return jsonText(plain(value));
}

/** Longer than any int64 but for its zeros. */
const DECIMAL = /^[+-]?0*\d{1,20}$/;
const FLOAT = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$/i;

function likeInt(value: OttlValue): OttlValue {
  if (value === null || typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return cutToInt64(value);
  if (typeof value !== 'string') throw new OttlTypeError('is nothing an int can be made of');
  const parsed = DECIMAL.test(value) ? BigInt(value.replace(/^\+/, '')) : undefined;
  if (parsed === undefined || BigInt.asIntN(64, parsed) !== parsed) throw new OttlError(`${value} is no int`);
  return parsed;
}

/** What a 64-bit processor makes of a float that no int64 can hold: the least one. */
function cutToInt64(value: number): bigint {
  const least = -(1n << 63n);
  if (!Number.isFinite(value)) return least;
  const cut = BigInt(Math.trunc(value));
  return BigInt.asIntN(64, cut) === cut ? cut : least;
}

function likeFloat(value: OttlValue): OttlValue {
  if (value === null || typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') throw new OttlTypeError('is nothing a float can be made of');
  if (!FLOAT.test(value)) throw new OttlError(`${value} is no float`);
  const word = value.toLowerCase();
  if (word.includes('nan')) return Number.NaN;
  return word.includes('inf') ? (word.startsWith('-') ? -Infinity : Infinity) : Number(value);
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function likeBool(value: OttlValue): OttlValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'bigint' || typeof value === 'number') return value != 0;
  if (typeof value !== 'string') throw new OttlTypeError('is nothing a bool can be made of');
  if (!TRUE.has(value) && !FALSE.has(value)) throw new OttlError(`${value} is neither true nor false`);
  return TRUE.has(value);
}

const BYTES_64 = 8;

/** Numbers big-endian. */
function likeBytes(value: OttlValue): OttlValue {
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value);
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0);
  const bytes = Buffer.alloc(BYTES_64);
  if (typeof value === 'bigint') bytes.writeBigInt64BE(value);
  else if (typeof value === 'number') bytes.writeDoubleBE(value);
  else throw new OttlTypeError('is nothing bytes can be made of');
  return bytes;
}

/** Of an argument that {@link coerce} has passed. */
export function textOf(value: OttlValue | undefined): string {
  return value as string;
}
export function intOf(value: OttlValue | undefined): bigint {
  return value as bigint;
}
export function itemsOf(value: OttlValue | undefined): readonly OttlValue[] {
  return (value as OttlList).items;
}
export function mapOf(value: OttlValue | undefined): ReceivedMap {
  return value as ReceivedMap;
}
export function nsOf(value: OttlValue | undefined): bigint {
  const known = value as { readonly time?: bigint; readonly duration?: bigint };
  return known.time ?? known.duration ?? 0n;
}
