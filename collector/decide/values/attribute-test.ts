// Typed comparisons on attribute values in their protobuf bytes. An int is an int, a string is never a number, a missing key is
// missing (only `exists: false` holds for it), and 0 is a bound like any other.
import { WireWalk } from '#proto/wire/walk.ts';
import { VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_STRING } from '#proto/otlp/enums.ts';
import { configError, type ConfigError } from '#proto/config/config-error.ts';
import { MISSING } from './attribute-reader.ts';
import { parseComparisons, type Comparison, type Operand } from './comparison.ts';
import { compileRegex, equalBytes } from './text-test.ts';

/** HOT. Whether the value of that type, payload bytes[start, end), meets the comparison; type 0 = the key is missing. */
export type ValueTest = (bytes: Uint8Array, type: number, start: number, end: number) => boolean;

const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;

export function compileValueTest(written: unknown, path: string, errors: ConfigError[]): ValueTest | undefined {
  const comparisons = parseComparisons(written, path, errors);
  if (comparisons === undefined) return undefined;
  const tests: ValueTest[] = [];
  for (const comparison of comparisons) {
    const test = valueTest(comparison, path, errors);
    if (test === undefined) return undefined;
    tests.push(test);
  }
  if (tests.length === 1) return tests[0];
  return (bytes, type, start, end) => {
    for (let i = 0; i < tests.length; i++) if (!tests[i]!(bytes, type, start, end)) return false;
    return true;
  };
}

function valueTest(comparison: Comparison, path: string, errors: ConfigError[]): ValueTest | undefined {
  const { operator, operands } = comparison;
  const first = operands[0]!;
  switch (operator) {
    case 'exists': {
      const wanted = first.type === 'bool' && first.value;
      return (_bytes, type) => (type !== MISSING) === wanted;
    }
    case 'matches': {
      const regex = compileRegex(first.text, path, errors);
      return regex === undefined
        ? undefined
        : (bytes, type, start, end) => type === VALUE_STRING && regex(bytes, start, end);
    }
    case '=':
      return equalTest(first);
    case '!=': {
      const equal = equalTest(first);
      return (bytes, type, start, end) => type !== MISSING && !equal(bytes, type, start, end);
    }
    case 'in': {
      const tests = operands.map(equalTest);
      return (bytes, type, start, end) => {
        for (let i = 0; i < tests.length; i++) if (tests[i]!(bytes, type, start, end)) return true;
        return false;
      };
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
      if (first.type === 'int' || first.type === 'double') return orderTest(operator, first.value);
      errors.push(
        configError(
          path,
          `${operator} ${first.text}`,
          'orders something that is no number',
          'order numbers only; compare texts with = != in matches',
        ),
      );
      return undefined;
  }
}

/** Same type and same value. */
function equalTest(operand: Operand): ValueTest {
  if (operand.type === 'string') {
    const wanted = Buffer.from(operand.value);
    return (bytes, type, start, end) => type === VALUE_STRING && equalBytes(bytes, start, end, wanted);
  }
  if (operand.type === 'bool') {
    const wanted = operand.value ? 1 : 0;
    return (bytes, type, start) => type === VALUE_BOOL && (bytes[start] === 0 ? 0 : 1) === wanted;
  }
  if (operand.type === 'double') {
    const wanted = operand.value;
    return (bytes, type, start) => type === VALUE_DOUBLE && doubleAt(bytes, start) === wanted;
  }
  const bits = BigInt.asUintN(64, operand.value);
  const fits = operand.value >= INT64_MIN && operand.value <= INT64_MAX;
  const wantedHigh = Number(bits >> 32n);
  const wantedLow = Number(bits & 0xffffffffn);
  const int = new WireWalk();
  return (bytes, type, start) => {
    if (type !== VALUE_INT || !fits) return false;
    int.varintAt(bytes, start);
    return int.lo === wantedLow && int.hi === wantedHigh;
  };
}

/** Ints and doubles are ordered by their value, ints exactly: the bound becomes an inclusive range of int64. */
function orderTest(operator: '<' | '<=' | '>' | '>=', bound: bigint | number): ValueTest {
  // An int that no double equals is compared as it is: exact, and slower.
  const isDouble = typeof bound === 'number' || BigInt(Number(bound)) === bound;
  const doubleBound = isDouble ? Number(bound) : bound;
  const doubleTest: (value: number) => boolean =
    operator === '<'
      ? (value) => value < doubleBound
      : operator === '<='
        ? (value) => value <= doubleBound
        : operator === '>'
          ? (value) => value > doubleBound
          : (value) => value >= doubleBound;
  const [least, most] = intRange(operator, bound);
  const leastHigh = Number(BigInt.asIntN(32, least >> 32n));
  const leastLow = Number(BigInt.asUintN(32, least));
  const mostHigh = Number(BigInt.asIntN(32, most >> 32n));
  const mostLow = Number(BigInt.asUintN(32, most));
  const empty = least > most;
  const int = new WireWalk();
  return (bytes, type, start) => {
    if (type === VALUE_DOUBLE) return doubleTest(doubleAt(bytes, start));
    if (type !== VALUE_INT || empty) return false;
    int.varintAt(bytes, start);
    const high = int.hi | 0;
    const low = int.lo;
    return (
      (high > leastHigh || (high === leastHigh && low >= leastLow)) &&
      (high < mostHigh || (high === mostHigh && low <= mostLow))
    );
  };
}

function intRange(operator: '<' | '<=' | '>' | '>=', bound: bigint | number): readonly [bigint, bigint] {
  const [floor, ceiling] =
    typeof bound === 'bigint' ? [bound, bound] : [toInt(Math.floor(bound)), toInt(Math.ceil(bound))];
  let least = INT64_MIN;
  let most = INT64_MAX;
  if (operator === '<') most = ceiling - 1n;
  else if (operator === '<=') most = floor;
  else if (operator === '>') least = floor + 1n;
  else least = ceiling;
  return [least < INT64_MIN ? INT64_MIN : least, most > INT64_MAX ? INT64_MAX : most];
}

function toInt(value: number): bigint {
  if (value >= 2 ** 65) return 1n << 65n;
  if (value <= -(2 ** 65)) return -(1n << 65n);
  return BigInt(value);
}

const eightBytes = new DataView(new ArrayBuffer(8));

/** HOT. */
function doubleAt(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) eightBytes.setUint8(i, bytes[at + i]!);
  return eightBytes.getFloat64(0, true);
}
