// Condition links: whether a span has any; at the trace, whether some span has.
import { expect, test } from 'vitest';
import { meets, mistakes } from '#tests/support/rule-decision.ts';

const LINKED = { links: 1 };
const MANY = { links: 3 };

test.each([
  ['links: true', [{}], false],
  ['links: true', [LINKED], true],
  ['links: true', [{}, MANY], true],
  ['links: false', [{}], true],
  ['links: false', [{}, {}], true],
  ['links: false', [{}, LINKED], false],
  ['not: { links: true }', [{}, LINKED], false],
  ['not: { links: true }', [{}], true],
  ['not: { links: false }', [LINKED], true],
  ['any: { links: true }', [{}, LINKED], true],
  ['any: { links: false }', [{}, LINKED], true],
  ['any: { links: false }', [LINKED], false],
  ['all: { links: true }', [{}, LINKED], false],
  ['all: { links: true }', [MANY, LINKED], true],
  ['all: { links: false }', [{}, {}], true],
  ['root: { links: true }', [LINKED, { parent: '1' }], true],
  ['root: { links: true }', [{}, { parent: '1', links: 1 }], false],
])('%s on %j: %s', (condition, spans, expected) => {
  expect(meets(`{ ${condition} }`, ...spans)).toBe(expected);
});

test.each(['yes', '1', "'true'", 'null', '[true]', "'> 2'"])('links: %s is refused', (written) => {
  for (const [when, path] of [
    [`{ links: ${written} }`, 'links'],
    [`{ any: { links: ${written} } }`, 'any.links'],
  ] as const) {
    const found = mistakes(when);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${path}: is neither true nor false`);
    expect(found[0]).toContain('write links: true or links: false');
  }
});
