// Functions about types, of any value beside a plain table of Go's conversions.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { asked, received, type Plain } from '#tests/support/ottl-subject.ts';
import { compare } from '#collector/decide/otelcol/ottl/compare.ts';

const INT64_LEAST = -(2n ** 63n);
const INT64_MOST = 2n ** 63n - 1n;
const int = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, INT64_LEAST, INT64_MOST),
  fc.bigInt({ min: INT64_LEAST, max: INT64_MOST }),
);
const float = fc.oneof(
  fc.constantFrom(0, -0, 1, 0.5, -1.5, 1e300, -1e300),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const text = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    'true',
    'F',
    'False',
    'yes',
    ' 1',
    '1 ',
    '0x10',
    '1_000',
    '1e3',
    'inf',
    '-Infinity',
    '.5',
    '5.',
    '.',
    '+7',
    '-0',
  ),
  int.map(String),
  float.map(String),
  fc.string({ unit: 'grapheme' }),
);
const bytes = fc.uint8Array({ maxLength: 5 }).map((value) => Uint8Array.from(value));
const value: fc.Arbitrary<Plain> = fc.oneof(
  int,
  float,
  text,
  bytes,
  fc.boolean(),
  fc.constant(null),
  fc.array(int, { maxLength: 3 }),
  fc.dictionary(fc.stringMatching(/^[a-z]{1,2}$/), int, { maxKeys: 3, noNullPrototype: true }),
);

type Kind = 'nil' | 'bool' | 'int' | 'float' | 'text' | 'bytes' | 'list' | 'map';
function kindOf(one: Plain): Kind {
  if (one === null) return 'nil';
  if (typeof one === 'boolean') return 'bool';
  if (typeof one === 'bigint') return 'int';
  if (typeof one === 'number') return 'float';
  if (typeof one === 'string') return 'text';
  if (one instanceof Uint8Array) return 'bytes';
  return Array.isArray(one) ? 'list' : 'map';
}

/** Of attribute k; a message where there is no answer. */
const ask = (condition: string, k: Plain, e: Plain = null): boolean | string => asked(condition, { k, e });
/** Whether the function makes `expected` of the value: ints and floats are told apart by IsInt and IsDouble. */
function makes(name: string, one: Plain, expected: bigint | number | boolean | string | null): boolean {
  const is = { bigint: 'IsInt', number: 'IsDouble', boolean: 'IsBool', string: 'IsString' }[typeof expected as string];
  const made = `${name}(attributes["k"])`;
  if (is === undefined) return ask(`${made} == nil`, one) === true;
  return ask(`${is}(${made}) and ${made} == attributes["e"]`, one, expected) === true;
}

test('one of the questions about its type holds, and of the others none', () => {
  const questions: Readonly<Record<string, Kind>> = {
    IsString: 'text',
    IsInt: 'int',
    IsDouble: 'float',
    IsBool: 'bool',
    IsMap: 'map',
    IsList: 'list',
  };
  fc.assert(
    fc.property(value, (one) => {
      for (const [name, kind] of Object.entries(questions))
        expect(ask(`${name}(attributes["k"])`, one)).toBe(kind === kindOf(one));
    }),
    { seed: 351, numRuns: 300 },
  );
});

/** Members, items or bytes; undefined where there is nothing to count. */
function lengthOf(one: Plain): number | undefined {
  if (typeof one === 'string') return Buffer.byteLength(one);
  if (one instanceof Uint8Array || Array.isArray(one)) return one.length;
  return kindOf(one) === 'map' ? Object.keys(one ?? {}).length : undefined;
}

test('empty is nil, false, zero, and what has nothing inside', () => {
  fc.assert(
    fc.property(value, (one) => {
      const empty = one === null || one === false || one === 0n || one === 0 || lengthOf(one) === 0;
      expect(ask('IsEmpty(attributes["k"])', one)).toBe(empty);
    }),
    { seed: 352, numRuns: 300 },
  );
});

test('Len counts bytes of texts, members of maps and items of lists', () => {
  fc.assert(
    fc.property(value, (one) => {
      const length = lengthOf(one);
      const answer = ask('Len(attributes["k"]) == attributes["e"]', one, BigInt(length ?? 0));
      expect(length === undefined ? typeof answer : answer).toBe(length === undefined ? 'string' : true);
    }),
    { seed: 353, numRuns: 300 },
  );
});

type Made = bigint | number | boolean | string | null;
/** What a function makes of a value in Go; undefined where it refuses it. */
const CONVERSIONS: Readonly<Record<string, (one: Plain) => Made | undefined>> = {
  Int(one) {
    if (one === null || typeof one === 'bigint') return one;
    if (typeof one === 'boolean') return one ? 1n : 0n;
    if (typeof one === 'number') {
      const cut = BigInt(Math.trunc(one));
      return cut < INT64_LEAST || cut > INT64_MOST ? INT64_LEAST : cut;
    }
    if (typeof one !== 'string' || !/^[+-]?\d+$/.test(one)) return undefined;
    const parsed = BigInt(one.replace('+', ''));
    return parsed >= INT64_LEAST && parsed <= INT64_MOST ? parsed : undefined;
  },
  Double(one) {
    if (one === null || typeof one === 'number') return one;
    if (typeof one === 'bigint') return Number(one);
    if (typeof one === 'boolean') return one ? 1 : 0;
    if (typeof one !== 'string') return undefined;
    if (/^[+-]?inf(?:inity)?$/i.test(one)) return one.startsWith('-') ? -Infinity : Infinity;
    return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(one) ? Number(one) : undefined;
  },
  Bool(one) {
    if (one === null || typeof one === 'boolean') return one;
    if (typeof one === 'bigint' || typeof one === 'number') return Number(one) !== 0;
    if (typeof one !== 'string') return undefined;
    if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(one)) return true;
    return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(one) ? false : undefined;
  },
};

test.each(Object.entries(CONVERSIONS))('%s makes what Go makes of any value, or refuses it', (name, plain) => {
  fc.assert(
    fc.property(value, (one) => {
      const expected = plain(one);
      const answer = expected === undefined ? ask(`${name}(attributes["k"]) == 1`, one) : makes(name, one, expected);
      expect(expected === undefined ? typeof answer : answer).toBe(expected === undefined ? 'string' : true);
    }),
    { seed: 354, numRuns: 500 },
  );
});

test('String of a text is itself, of bytes their digits, of numbers and lists of them their decimals', () => {
  const written = fc.oneof(
    text.map((one) => [one, one] as const),
    bytes.map((one) => [one, Buffer.from(one).toString('hex')] as const),
    int.map((one) => [one, one.toString()] as const),
    fc.boolean().map((one) => [one, one ? 'true' : 'false'] as const),
    fc.array(int, { maxLength: 3 }).map((one) => [one, `[${one.join(',')}]`] as const),
    fc.constant([null, null] as const),
  );
  fc.assert(
    fc.property(written, ([one, expected]) => {
      expect(makes('String', one, expected)).toBe(true);
    }),
    { seed: 356, numRuns: 300 },
  );
});

test('a value equals itself, is below what is above it, and equality goes both ways', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [x, y] = [received(a), received(b)];
      expect(compare(x, x, '==')).toBe(true);
      expect(compare(x, y, '==')).toBe(!compare(x, y, '!='));
      expect(compare(y, x, '==')).toBe(compare(x, y, '=='));
      expect(compare(y, x, '>')).toBe(compare(x, y, '<'));
      expect(compare(x, y, '<') && (compare(x, y, '==') || compare(x, y, '>='))).toBe(false);
    }),
    { seed: 357, numRuns: 1000 },
  );
});
