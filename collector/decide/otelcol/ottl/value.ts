// Values of OTTL (OpenTelemetry Transformation Language): nil is null, an int64 is a bigint, a float64 a number.
export interface TimeValue {
  readonly time: bigint;
}
export interface DurationValue {
  readonly duration: bigint;
}
export type OttlValue = null | boolean | bigint | number | string | Uint8Array | TimeValue | DurationValue | readonly OttlValue[] | ReadonlyMap<string, OttlValue>;

/** A condition that cannot be answered for this span; error_mode says what follows. */
export class OttlError extends Error {
  override readonly name = 'OttlError';
}

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** Ints and floats compare by value; other types that differ are unequal and in no order. */
export function compare(a: OttlValue, b: OttlValue, operator: Operator): boolean {
  const order = orderOf(a, b);
  if (order === undefined) return operator === '!=' ? !equal(a, b) : operator === '==' && equal(a, b);
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

/** Below, at or above 0; NaN for a float that is none; undefined where there is no order. */
function orderOf(a: OttlValue, b: OttlValue): number | undefined {
  if ((typeof a === 'bigint' || typeof a === 'number') && (typeof b === 'bigint' || typeof b === 'number')) return a < b ? -1 : a > b ? 1 : a == b ? 0 : Number.NaN;
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (isTime(a) && isTime(b)) return a.time < b.time ? -1 : a.time > b.time ? 1 : 0;
  if (isDuration(a) && isDuration(b)) return a.duration < b.duration ? -1 : a.duration > b.duration ? 1 : 0;
  return undefined;
}

function equal(a: OttlValue, b: OttlValue): boolean {
  if (a === null || b === null) return a === b;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && (a as OttlValue[]).every((one, i) => compare(one, (b as OttlValue[])[i]!, '=='));
  return false;
}

export function isTime(value: OttlValue): value is TimeValue {
  return typeof value === 'object' && value !== null && 'time' in value;
}

export function isDuration(value: OttlValue): value is DurationValue {
  return typeof value === 'object' && value !== null && 'duration' in value;
}

/** + - * / on numbers, times and durations. @throws OttlError for anything else */
export function arithmetic(a: OttlValue, b: OttlValue, sign: string): OttlValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (sign === '/' && b === 0n) throw new OttlError('division by zero');
    return BigInt.asIntN(64, sign === '+' ? a + b : sign === '-' ? a - b : sign === '*' ? a * b : a / b);
  }
  if ((typeof a === 'bigint' || typeof a === 'number') && (typeof b === 'bigint' || typeof b === 'number')) {
    const [x, y] = [Number(a), Number(b)];
    if (sign === '/' && y === 0) throw new OttlError('division by zero');
    return sign === '+' ? x + y : sign === '-' ? x - y : sign === '*' ? x * y : x / y;
  }
  if (isTime(a) && isTime(b) && sign === '-') return { duration: a.time - b.time };
  if (isTime(a) && isDuration(b) && (sign === '+' || sign === '-')) return { time: sign === '+' ? a.time + b.duration : a.time - b.duration };
  if (isDuration(a) && isDuration(b) && (sign === '+' || sign === '-')) return { duration: sign === '+' ? a.duration + b.duration : a.duration - b.duration };
  throw new OttlError(`${sign} on values that are no numbers`);
}
