// Condition children: the most children that one span of the rebuilt trace has.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { holds, meets, mistakes, ruleOf } from '#tests/support/rule-decision.ts';
import { reordered, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

test.each([
  ['0', true],
  ["'> 0'", false],
  ["'< 1'", true],
])('a span alone has %s children: %s', (bound, expected) => {
  expect(meets(`{ children: ${bound} }`, {})).toBe(expected);
});

test('spans that name the same missing parent are its children', () => {
  const orphan: WrittenSpan = { parent: 'ff', duration: 100 };
  expect(holds(ruleOf('{ children: 3 }'), writtenTrace([orphan, orphan, orphan]))).toBe(true);
});

test('is the most of any tree, in any order of its spans', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 14 }), fc.nat(), (picks, turn) => {
      const children = [0];
      const spans: WrittenSpan[] = [{ kind: 2, duration: 100 }];
      for (const pick of picks) {
        const parent = pick % children.length;
        children[parent]!++;
        children.push(0);
        spans.push({ parent: (parent + 1).toString(16), duration: 100 });
      }
      const most = Math.max(...children);
      const order = spans.map((_, i) => (i + turn) % spans.length);
      const view = reordered(writtenTrace(spans), order);
      expect(holds(ruleOf(`{ children: ${most} }`), view)).toBe(true);
      expect(holds(ruleOf(`{ children: '> ${most}' }`), view)).toBe(false);
    }),
    { seed: 77, numRuns: 80 },
  );
});

test.each(["'> many'", '-1', '[]', '{ when: 3 }'])('refuses %s with its path', (written) => {
  expect(mistakes(`{ children: ${written} }`)).toEqual([expect.stringMatching(/^children\b/)]);
});
