// OTTL functions about lists and maps.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { asked, refusalOf } from '#tests/support/ottl-subject.ts';

const VALUES = {
  list: ['b', 'a', 'c'],
  ints: [3n, 1n, 2n],
  mixed: [3n, 'a', true],
  maps: [
    { name: 'x', at: { n: 1n } },
    { name: 'y', at: { n: 2n } },
  ],
  map: { b: 1n, a: 'x' },
  text: 'a',
};

test.each([
  ['Len(Keys(attributes["map"])) == 2 and Keys(attributes["map"])[0] == "b"', true],
  ['Values(attributes["map"])[1] == "x"', true],
  ['Len(Keys({})) == 0', true],
  ['Keys(attributes["list"]) == nil', 'expected a map'],
  ['ContainsValue(attributes["list"], "a") and not ContainsValue(attributes["list"], "z")', true],
  ['ContainsValue(attributes["ints"], 1) and ContainsValue(attributes["ints"], 1.0)', true],
  ['ContainsValue(attributes["ints"], "1")', false],
  ['ContainsValue(["a", nil], nil)', true],
  ['ContainsValue(attributes["maps"], {"name": "x", "at": {"n": 1}})', true],
  ['ContainsValue(attributes["text"], "a")', 'expected a list'],
  ['Index(attributes["list"], "c") == 2 and Index(attributes["list"], "z") == -1', true],
  ['Index("abc", "c") == 2 and Index("äb", "b") == 2 and Index("abc", "z") == -1 and Index("abc", "") == 0', true],
  ['Index("abc", 1) == 0', 'a text has only texts inside'],
  ['Index(attributes["absent"], 1) == 0', 'expected a list'],
  ['Coalesce([nil, attributes["absent"], "a", "b"]) == "a"', true],
  ['Coalesce([nil, nil]) == nil', true],
  ['Coalesce([false, true]) == false', true],
  ['Coalesce(["a", ParseJSON(name)]) == "a"', true],
  ['Sort(attributes["list"])[0] == "a" and Sort(attributes["list"], "desc")[0] == "c"', true],
  ['Sort(attributes["ints"])[0] == 1 and Sort(attributes["ints"], "desc")[0] == 3', true],
  ['Sort([2, 1.5])[0] == 1.5', true],
  [
    'Sort(attributes["mixed"])[0] == 3 and Sort(attributes["mixed"])[1] == "a" and Sort(attributes["mixed"])[2] == true',
    true,
  ],
  ['Sort(attributes["maps"])[0]["name"] == "x"', true],
  ['Sort(Split("b,a", ","))[0] == "a"', true],
  ['Len(Sort([])) == 0', true],
  ['Sort(attributes["text"]) == nil', 'only lists can be sorted'],
  ['SliceToMap(["x", "y"])["1"] == "y"', true],
  ['SliceToMap(attributes["maps"], ["name"])["y"]["at"]["n"] == 2', true],
  ['SliceToMap(attributes["maps"], ["name"], ["at", "n"])["x"] == 1', true],
  ['SliceToMap(attributes["maps"], ["at", "n"])["1"] == nil', 'a key is no text'],
  ['SliceToMap(attributes["maps"], ["none"])["x"] == nil', 'an item has nothing at that path'],
  ['SliceToMap(attributes["list"], ["name"])["x"] == nil', 'an item has nothing at that path'],
  ['SliceToMap(attributes["maps"], [])["x"] == nil', 'an empty path'],
] as const)('%s: %s', (condition, expected) => {
  expect(asked(condition, VALUES)).toBe(expected);
});

describe('sorting', () => {
  test('of ints and of texts it is theirs, up and down', () => {
    const order = fc.constantFrom('asc', 'desc');
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -99n, max: 99n }), { minLength: 1, maxLength: 6 }), order, (list, way) => {
        const sorted = list.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        const expected = way === 'asc' ? sorted : sorted.toReversed();
        expect(asked(`Sort(attributes["k"], "${way}") == attributes["e"]`, { k: list, e: expected })).toBe(true);
      }),
      { seed: 371 },
    );
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 6 }), (list) => {
        const expected = list.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(asked('Sort(attributes["k"]) == attributes["e"]', { k: list, e: expected })).toBe(true);
      }),
      { seed: 372 },
    );
  });
});

test.each([
  ['Sort([1], "up") == [1]', 'sorts in an order that is neither asc nor desc'],
  ['Sort([1], name) == [1]', 'does not stand in the condition itself'],
  ['Coalesce([]) == nil', 'gives Coalesce nothing to choose from'],
  ['SliceToMap([1], "name") == nil', 'is no list written in brackets'],
  ['SliceToMap([1], [name]) == nil', 'does not stand in the condition itself'],
  ['Keys("a") == nil', 'never fits'],
  ['ContainsValue("a", "a")', 'never fits'],
])('%s is refused', (condition, message) => {
  expect(refusalOf(condition)).toContain(message);
});
