// Rule numbers over reloads: what was decided keeps the name of its rule.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { RETIRED_RULES, RuleNumbers } from '#collector/decide/rules/rule-numbers.ts';

test('rules keep their names through any number of reloads, whatever their order', () => {
  const numbers = new RuleNumbers(['errors', 'rest', '']);
  const held = ['errors', 'rest', ''].map((name) => ({ name, number: numbers.names.indexOf(name) }));
  for (const next of [
    ['rest', 'slow', ''],
    ['slow', 'errors', ''],
    ['x', ''],
  ]) {
    const map = numbers.renew(next);
    expect(numbers.names.slice(0, next.length)).toEqual(next);
    for (const one of held) {
      one.number = map[one.number]!;
      expect(numbers.names[one.number]).toBe(one.name);
    }
  }
});

test('names of rules removed long ago are bounded: they share one', () => {
  const numbers = new RuleNumbers(['first', '']);
  let first = 0;
  for (let i = 0; i < 1500; i++) first = numbers.renew([`rule ${i}`, ''])[first]!;
  expect(numbers.names.length).toBeLessThan(1100);
  expect(numbers.names[first]).toBe(RETIRED_RULES);
});

test('names that Winnow itself decides under are always there, once', () => {
  const numbers = new RuleNumbers(['errors', ''], ['overload', 'errors']);
  expect(numbers.names).toEqual(['errors', '', 'overload']);
  const map = numbers.renew(['rest', '']);
  expect(numbers.names.slice(0, 4)).toEqual(['rest', '', 'overload', 'errors']);
  expect(numbers.names[map[2]!]).toBe('overload');
  expect([numbers.numberOf('overload'), numbers.numberOf('nobody')]).toEqual([2, -1]);
});

test('through any reloads every number leads to its name, and rules in force come first', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 4 }).map((list) => [...list, '']);
  fc.assert(
    fc.property(names, fc.array(names, { maxLength: 8 }), (first, reloads) => {
      const numbers = new RuleNumbers(first);
      const held = new Map(first.map((name, number) => [name, number]));
      for (const next of reloads) {
        const map = numbers.renew(next);
        for (const [name, number] of held) held.set(name, map[number]!);
        for (const name of next) held.set(name, numbers.numberOf(name));
        expect(numbers.names.slice(0, next.length)).toEqual(next);
        expect([...held].map(([, number]) => numbers.names[number])).toEqual([...held.keys()]);
        expect(new Set(numbers.names).size).toBe(numbers.names.length);
      }
    }),
    { seed: 831 },
  );
});
