// Rule numbers over reloads: what was decided keeps the name of its rule.
import { expect, test } from 'vitest';
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
