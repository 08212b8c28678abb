// OTTL functions about types: what a value is, and another type made of it.
import {
  OttlList,
  ReceivedMap,
  WholeValue,
  IdValue,
  isDuration,
  isMadeMap,
  isTime,
  OttlError,
  type OttlValue,
} from '../value.ts';
import { parameters, type OttlFunction } from './ottl-function.ts';
import type { ParameterKind } from '../parameter.ts';

const isA = (kind: ParameterKind): OttlFunction => ({
  parameters: parameters(`${kind} Target`),
  typeTest: true,
  call: () => true,
});
/** The parameter has made the value. */
const made = (kind: ParameterKind): OttlFunction => ({
  parameters: parameters(`${kind} Target`),
  call: ([value]) => value!,
});

export const TYPE_FUNCTIONS: Readonly<Record<string, OttlFunction>> = {
  IsString: isA('text'),
  IsInt: isA('int'),
  IsDouble: isA('float'),
  IsBool: isA('bool'),
  IsMap: isA('map'),
  IsList: {
    parameters: parameters('any Target'),
    call: ([value]) => value instanceof OttlList || (value instanceof WholeValue && value.count !== undefined),
  },
  IsEmpty: { parameters: parameters('any Target'), call: ([value]) => isEmpty(value!) },
  Int: made('likeInt'),
  Double: made('likeFloat'),
  Bool: made('likeBool'),
  String: made('likeText'),
  Log: { parameters: parameters('likeFloat Target'), call: ([value]) => logarithm(value!) },
  Len: { parameters: parameters('any Target'), call: ([value]) => length(value!) },
};

function logarithm(value: OttlValue): number {
  if (typeof value === 'number' && !(value <= 0)) return Math.log(value);
  throw new OttlError('expected a number above 0');
}

function length(value: OttlValue): bigint {
  const count = countOf(value);
  if (count === undefined) throw new OttlError('has no length');
  return BigInt(count);
}

function countOf(value: OttlValue): number | undefined {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof ReceivedMap) return value.entries.length;
  if (value instanceof OttlList) return value.items.length;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof WholeValue) return value.count;
  return value !== null && isMadeMap(value) ? value.size : undefined;
}

/** nil, nothing inside, and the zero of its type. */
function isEmpty(value: OttlValue): boolean {
  if (value === null || value === false || value === 0n || value === 0) return true;
  if (value instanceof IdValue) return value.bytes.every((byte) => byte === 0);
  if (value instanceof WholeValue) return false;
  const count = countOf(value);
  if (count !== undefined) return count === 0;
  if (typeof value !== 'object' || isTime(value)) return false;
  return isDuration(value) && value.duration === 0n;
}
