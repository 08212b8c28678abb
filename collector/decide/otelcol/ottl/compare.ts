// Comparison and arithmetic of OTTL values. Where types have no order, only "is not" holds.
import { deepEqual, plain } from './plain.ts';
import {
  IdValue,
  isDuration,
  isMadeMap,
  isTime,
  OttlError,
  OttlList,
  ReceivedMap,
  WholeValue,
  type OttlValue,
} from './value.ts';

export const OPERATORS = ['==', '!=', '<', '<=', '>', '>='] as const;
export type Operator = (typeof OPERATORS)[number];

export function compare(a: OttlValue, b: OttlValue, operator: Operator): boolean {
  // In the Collector empty bytes equal nil, but nil does not equal bytes that are not empty.
  if (isNoBytes(a)) return isNoBytes(b) ? compare(null, null, operator) : compare(b, null, operator);
  if (isNoBytes(b)) return a === null ? compare(null, null, operator) : operator === '!=';
  const order = orderOf(a, b);
  if (order !== undefined) return byOrder(order, operator);
  if (operator !== '==' && operator !== '!=') return false;
  return equal(a, b) === (operator === '==');
}

function isNoBytes(value: OttlValue): boolean {
  return value instanceof Uint8Array && value.length === 0;
}

function byOrder(order: number, operator: Operator): boolean {
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** Below, at or above 0; NaN for a float that is none; undefined where there is no order. An int meets a float as a float. */
function orderOf(a: OttlValue, b: OttlValue): number | undefined {
  if (a === null && b === null) return 0;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (isNumber(a) && isNumber(b)) {
    const [x, y] = [Number(a), Number(b)];
    return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN;
  }
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (isTime(a) && isTime(b)) return a.time < b.time ? -1 : a.time > b.time ? 1 : 0;
  if (isDuration(a) && isDuration(b)) return a.duration < b.duration ? -1 : a.duration > b.duration ? 1 : 0;
  return undefined;
}

function isNumber(value: OttlValue): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

/** Of values without an order. */
function equal(a: OttlValue, b: OttlValue): boolean {
  if (a instanceof OttlList && b instanceof OttlList) {
    if (a.kind === 'texts' || b.kind === 'texts') return false;
    return a.kind === b.kind ? deepEqual(a, b) : deepEqual(plain(a), plain(b));
  }
  if (a instanceof ReceivedMap && b instanceof ReceivedMap) return deepEqual(a, b);
  if (isMap(a) && isMap(b)) return deepEqual(plain(a), plain(b));
  if (a instanceof IdValue || a instanceof WholeValue) return deepEqual(a, b);
  return false;
}

function isMap(value: OttlValue): boolean {
  return value instanceof ReceivedMap || isMadeMap(value);
}

/** + - * / on numbers, times and durations. @throws OttlError for anything else */
export function arithmetic(a: OttlValue, b: OttlValue, sign: string): OttlValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (sign === '/' && b === 0n) throw new OttlError('division by zero');
    return BigInt.asIntN(64, sign === '+' ? a + b : sign === '-' ? a - b : sign === '*' ? a * b : a / b);
  }
  if (isNumber(a) && isNumber(b)) {
    const [x, y] = [Number(a), Number(b)];
    if (sign === '/' && y === 0) throw new OttlError('division by zero');
    return sign === '+' ? x + y : sign === '-' ? x - y : sign === '*' ? x * y : x / y;
  }
  if (isTime(a) && isTime(b) && sign === '-') return { duration: within64(a.time - b.time) };
  if (isTime(a) && isDuration(b) && sign === '+') return { time: a.time + b.duration };
  if (isTime(a) && isDuration(b) && sign === '-') return { time: a.time - b.duration };
  if (isDuration(a) && isTime(b) && sign === '+') return { time: b.time + a.duration };
  if (isDuration(a) && isDuration(b) && sign === '+') return { duration: BigInt.asIntN(64, a.duration + b.duration) };
  if (isDuration(a) && isDuration(b) && sign === '-') return { duration: BigInt.asIntN(64, a.duration - b.duration) };
  throw new OttlError(`${sign} on values that are no numbers`);
}

/** Times that are further apart than the longest duration count as that far apart. */
function within64(ns: bigint): bigint {
  const most = (1n << 63n) - 1n;
  return ns > most ? most : ns < -most - 1n ? -most - 1n : ns;
}

/** @throws OttlError for what is no number */
export function negative(value: OttlValue): OttlValue {
  if (typeof value === 'bigint') return BigInt.asIntN(64, -value);
  if (typeof value === 'number') return -value;
  throw new OttlError('a minus before a value that is no number');
}
