// What OTTL functions take: a value is of the parameter's kind, or becomes it, or is an error of its own sort.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { coerce, type ParameterKind } from '#collector/decide/otelcol/ottl/parameter.ts';
import {
  OttlError,
  OttlList,
  OttlTypeError,
  ReceivedMap,
  type OttlValue,
} from '#collector/decide/otelcol/ottl/value.ts';
import { received } from '#tests/support/ottl-subject.ts';

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

/** `type` for a value of a wrong type, `error` for one that cannot be converted. */
function made(value: OttlValue, kind: ParameterKind): unknown {
  try {
    return coerce(value, kind);
  } catch (error) {
    if (error instanceof OttlTypeError) return 'type';
    if (error instanceof OttlError) return 'error';
    throw error;
  }
}

const VALUES: Readonly<Record<string, OttlValue>> = {
  nil: null,
  text: 'a',
  int: 5n,
  float: 1.5,
  bool: true,
  bytes: bytes(1),
  time: { time: 1n },
  duration: { duration: 1n },
  list: received([1n]),
  map: received({ a: 1n }),
};

describe('kinds that take what is of them, and nothing else', () => {
  test.each<[ParameterKind, string[]]>([
    ['text', ['text']],
    ['literalText', ['text']],
    ['int', ['int']],
    ['float', ['float']],
    ['bool', ['bool']],
    ['literalBool', ['bool']],
    ['time', ['time']],
    ['duration', ['duration']],
    ['map', ['map']],
    ['list', ['list']],
    ['any', Object.keys(VALUES)],
  ])('%s takes %j', (kind, expected) => {
    const taken = Object.keys(VALUES).filter((name) => made(VALUES[name]!, kind) !== 'type');
    expect(taken).toEqual(expected);
    for (const name of taken) expect(made(VALUES[name]!, kind)).toEqual(VALUES[name]);
  });

  test('maps and lists that a function made become received ones', () => {
    expect(made(new Map([['a', 1n]]), 'map')).toBeInstanceOf(ReceivedMap);
    expect(made(new OttlList('texts', ['a']), 'list')).toMatchObject({ kind: 'received', items: ['a'] });
    expect(made(new OttlList('written', [{ time: 1n }]), 'list')).toBe('error');
  });
});

describe('kinds that convert', () => {
  test.each<[ParameterKind, OttlValue, unknown]>([
    ['likeText', 'a', 'a'],
    ['likeText', 5n, '5'],
    ['likeText', 1.5, '1.5'],
    ['likeText', true, 'true'],
    ['likeText', bytes(1, 255), '01ff'],
    ['likeText', received({ a: [1n] }), '{"a":[1]}'],
    ['likeText', NaN, 'type'],
    ['likeInt', 5n, 5n],
    ['likeInt', 1.9, 1n],
    ['likeInt', -1.9, -1n],
    ['likeInt', true, 1n],
    ['likeInt', false, 0n],
    ['likeInt', '-12', -12n],
    ['likeInt', '+12', 12n],
    ['likeInt', '0000000000000000000000000000012', 12n],
    ['likeInt', '9223372036854775807', 2n ** 63n - 1n],
    ['likeInt', '9223372036854775808', 'error'],
    ['likeInt', '1.5', 'error'],
    ['likeInt', '0x10', 'error'],
    ['likeInt', '', 'error'],
    ['likeInt', ' 1', 'error'],
    ['likeInt', 1e300, -(2n ** 63n)],
    ['likeInt', NaN, -(2n ** 63n)],
    ['likeInt', bytes(1), 'type'],
    ['likeInt', received([1n]), 'type'],
    ['likeFloat', 1.5, 1.5],
    ['likeFloat', 5n, 5],
    ['likeFloat', true, 1],
    ['likeFloat', '1.5e3', 1500],
    ['likeFloat', '.5', 0.5],
    ['likeFloat', '5.', 5],
    ['likeFloat', '-Inf', -Infinity],
    ['likeFloat', '+infinity', Infinity],
    ['likeFloat', 'NaN', NaN],
    ['likeFloat', '1,5', 'error'],
    ['likeFloat', '', 'error'],
    ['likeFloat', { time: 1n }, 'type'],
    ['likeBool', true, true],
    ['likeBool', 0n, false],
    ['likeBool', -1n, true],
    ['likeBool', 0, false],
    ['likeBool', 0.1, true],
    ['likeBool', 'T', true],
    ['likeBool', '0', false],
    ['likeBool', 'False', false],
    ['likeBool', 'yes', 'error'],
    ['likeBool', bytes(1), 'type'],
    ['likeBytes', bytes(1, 2), bytes(1, 2)],
    ['likeBytes', 'ab', Buffer.from('ab')],
    ['likeBytes', true, bytes(1)],
    ['likeBytes', 258n, Buffer.from([0, 0, 0, 0, 0, 0, 1, 2])],
    ['likeBytes', -1n, Buffer.alloc(8, 255)],
    ['likeBytes', 1.5, Buffer.from([0x3f, 0xf8, 0, 0, 0, 0, 0, 0])],
    ['likeBytes', received([]), 'type'],
  ])('%s of %o is %o', (kind, value, expected) => {
    expect(made(value, kind)).toEqual(expected);
  });

  test('nil stays nil', () => {
    for (const kind of ['likeText', 'likeInt', 'likeFloat', 'likeBool', 'likeBytes'] as const)
      expect(made(null, kind)).toBeNull();
  });

  test('an int written as text is that int, a float cut to one the whole part', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(made(String(value), 'likeInt')).toBe(value);
      }),
      { seed: 251 },
    );
    fc.assert(
      fc.property(fc.double({ min: -(2 ** 53), max: 2 ** 53, noNaN: true }), (value) => {
        expect(made(value, 'likeInt')).toBe(BigInt(Math.trunc(value)));
        expect(made(String(value), 'likeFloat')).toBe(Number(String(value)));
      }),
      { seed: 252 },
    );
  });
});
