// Reads one block of a Collector's configuration: kinds of values as there, absent ones as there, everything else refused with its path.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { Block, type Kind } from '#collector/decide/otelcol/block.ts';
import { formatConfigError, type ConfigError } from '#proto/config/config-error.ts';

function read(written: unknown, keys: Readonly<Record<string, Kind>>, path = 'p'): { block: Block; errors: string[] } {
  const errors: ConfigError[] = [];
  const block = new Block(written, path, keys, errors);
  return { block, errors: errors.map(formatConfigError) };
}

describe('kinds', () => {
  const values: Readonly<Record<string, unknown>> = {
    int: 5,
    bigint: 5n,
    negative: -5,
    fraction: 1.5,
    unsafe: 2 ** 60,
    text: 'a',
    comma: 'a,b',
    duration: '1h2m3.5s',
    bool: true,
    texts: ['a', 'b'],
    list: [1, 'a'],
    map: { a: 1 },
    zero: 0,
  };

  test.each<[Kind, string[]]>([
    ['int', ['int', 'bigint', 'negative', 'zero']],
    ['uint', ['int', 'bigint', 'zero']],
    ['float', ['int', 'bigint', 'negative', 'fraction', 'unsafe', 'zero']],
    ['text', ['text', 'comma', 'duration']],
    ['bool', ['bool']],
    ['texts', ['text', 'duration', 'texts']],
    ['duration', ['duration', 'zero']],
    ['list', ['texts', 'list']],
    ['map', ['map']],
  ])('%s takes %j', (kind, expected) => {
    const taken = Object.keys(values).filter((name) => read({ k: values[name] }, { k: kind }).errors.length === 0);
    expect(taken).toEqual(expected);
  });

  test.each<[Kind, string]>([
    ['int', 'write a whole number'],
    ['uint', 'write a whole number of at least 0'],
    ['float', 'write a number, without quotes or %'],
    ['text', 'write a text'],
    ['bool', 'write true or false'],
    ['texts', 'write a list of texts'],
    ['duration', 'write a duration, as 30s'],
    ['list', 'write a list'],
    ['map', 'write a map'],
  ])('another value for %s: %s', (kind, remedy) => {
    const wrong = kind === 'map' ? [1] : { wrong: true };
    expect(read({ k: wrong }, { k: kind }).errors).toEqual([
      `p.k: has the wrong type, got \`${JSON.stringify(wrong)}\`; ${remedy}`,
    ]);
  });

  test('ints have all 64 bits and no more', () => {
    for (const [value, valid] of [
      [2n ** 63n - 1n, true],
      [-(2n ** 63n), true],
      [2n ** 63n, false],
      [-(2n ** 63n) - 1n, false],
    ] as const)
      expect([value, read({ k: value }, { k: 'int' }).errors.length === 0]).toEqual([value, valid]);
  });

  test.each(['30s', '0', '1.5h', '.5m', '1ms1us', '1µs', '+5s', '1h30m'])('%s is a duration', (text) => {
    expect(read({ k: text }, { k: 'duration' }).errors).toEqual([]);
  });

  test.each(['30', '1d', '-5s', '', '5 s', 's', '1.5'])('%j is none', (text) => {
    expect(read({ k: text }, { k: 'duration' }).errors).toHaveLength(1);
  });
});

describe('values', () => {
  const { block } = read(
    { n: 5n, f: 1.5, t: 'a', b: true, one: 'x', many: ['x', 'y'], l: [1], d: '1m1.5s', empty: null },
    { n: 'int', f: 'float', t: 'text', b: 'bool', one: 'texts', many: 'texts', l: 'list', d: 'duration', empty: 'int' },
  );

  test('are what is written', () => {
    expect([block.number('n'), block.int64('n'), block.number('f'), block.text('t'), block.bool('b')]).toEqual([
      5,
      5n,
      1.5,
      'a',
      true,
    ]);
    expect([block.texts('one'), block.texts('many'), block.list('l'), block.durationMs('d')]).toEqual([
      ['x'],
      ['x', 'y'],
      [1],
      61_500,
    ]);
  });

  test('are zero where nothing is written, or null', () => {
    for (const key of ['absent', 'empty']) {
      expect([block.number(key), block.int64(key), block.text(key), block.bool(key)]).toEqual([0, 0n, '', false]);
      expect([block.texts(key), block.list(key), block.durationMs(key), block.has(key)]).toEqual([[], [], 0, false]);
    }
    expect([block.names('absent'), block.names('empty'), block.has('n')]).toEqual([false, true, true]);
  });

  test('a duration is the sum of its parts', () => {
    const part = fc.tuple(fc.integer({ min: 0, max: 99 }), fc.constantFrom('h', 'm', 's', 'ms'));
    const ms = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const written = parts.map(([count, unit]) => `${count}${unit}`).join('');
        const sum = parts.reduce((total, [count, unit]) => total + count * ms[unit], 0);
        expect(read({ d: written }, { d: 'duration' }).block.durationMs('d')).toBe(sum);
      }),
      { seed: 511 },
    );
  });
});

describe('what is refused', () => {
  test('keys that are not known, with the nearest that is', () => {
    expect(read({ treshold: 5, zzz: 1 }, { threshold: 'int' }).errors).toEqual([
      'p.treshold: is no key here; did you mean `threshold`?',
      'p.zzz: is no key here; valid here: threshold',
    ]);
  });

  test('what is no map; nothing at all is an empty one', () => {
    expect(read(5, {}).errors).toEqual(['p: is no map, got `5`; write a map']);
    expect(read([1], {}).errors).toHaveLength(1);
    expect(read(undefined, { k: 'int' }).errors).toEqual([]);
    expect(read(null, { k: 'int' }).errors).toEqual([]);
  });

  test('a block fails by its own mistakes, not by those before it', () => {
    const errors: ConfigError[] = [];
    const bad = new Block({ k: 'x' }, 'a', { k: 'int' }, errors);
    const good = new Block({ k: 1 }, 'b', { k: 'int' }, errors);
    expect([bad.failed, good.failed]).toEqual([true, false]);
    good.fail('k', 'is odd', 'write an even one');
    expect(good.failed).toBe(true);
    expect(formatConfigError(errors[1]!)).toBe('b.k: is odd, got `1`; write an even one');
  });

  test('at the top there is no path in front', () => {
    expect(read({ k: 'x' }, { k: 'int' }, '').errors[0]).toMatch(/^k: has the wrong type/);
  });
});
