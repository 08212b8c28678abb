// A map as it came out of YAML, and what is said when it is none.
import { expect, test } from 'vitest';
import { isMap, mapExpected } from '#collector/decide/rules/written-map.ts';
import { formatConfigError } from '#proto/config/config-error.ts';

test.each<[unknown, boolean]>([
  [{}, true],
  [{ a: 1 }, true],
  [Object.create(null), true],
  [[], false],
  [null, false],
  [undefined, false],
  ['a', false],
  [5, false],
  [true, false],
])('%o: %s', (written, expected) => {
  expect(isMap(written)).toBe(expected);
});

test('what stands there instead is told, also when it is nothing', () => {
  expect(formatConfigError(mapExpected('a.b', [1], 'write a map'))).toBe('a.b: is no map, got `[1]`; write a map');
  expect(formatConfigError(mapExpected('a.b', null, 'write a map'))).toBe('a.b: is no map, got `nothing`; write a map');
});
