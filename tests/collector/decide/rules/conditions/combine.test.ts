// not, any_of and all_of, on a span and on the trace: they are the connectives they are named after, at any depth.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';
import { holds, meets, mistakes, ruleOf } from '#tests/support/rule-decision.ts';

const SPANS: readonly WrittenSpan[] = [{ service: 'a' }, { service: 'b', parent: '1', status: 2 }];

test.each([
  ['{ not: { any: { service: c } } }', true],
  ['{ not: { any: { service: a } } }', false],
  ["{ any_of: [{ spans: '> 5' }, { any: { service: b } }] }", true],
  ["{ any_of: [{ spans: '> 5' }, { any: { service: c } }] }", false],
  ['{ all_of: [{ any: { service: a } }, { any: { service: b } }] }', true],
  ['{ all_of: [{ any: { service: a } }, { any: { service: c } }] }', false],
  ["{ not: { spans: 2, errors: '> 5' } }", true],
  ['{ not: { spans: 2, errors: 1 } }', false],
  ["{ spans: 2, not: { errors: '> 5' }, any_of: [{ errors: 1 }] }", true],
])('on the trace, %s: %s', (when, expected) => {
  expect(meets(when, ...SPANS)).toBe(expected);
});

test.each([
  ['{ any: { service: b, not: { status: error } } }', false],
  ['{ any: { service: a, not: { status: error } } }', true],
  ['{ any: { not: { service: a, status: error } } }', true],
  ['{ any: { any_of: [{ service: c }, { status: error }] } }', true],
  ['{ any: { any_of: [{ service: c }, { kind: client }] } }', false],
  ['{ all: { any_of: [{ service: a }, { status: error }] } }', true],
  ['{ any: { all_of: [{ service: a }, { status: error }] } }', false],
  ['{ any: { all_of: [{ service: b }, { status: error }] } }', true],
])('on one span, %s: %s', (when, expected) => {
  expect(meets(when, ...SPANS)).toBe(expected);
});

test('no span meets it, and not every span meets it, are two things', () => {
  expect(meets('{ not: { any: { service: a } } }', ...SPANS)).toBe(false);
  expect(meets('{ any: { not: { service: a } } }', ...SPANS)).toBe(true);
  expect(meets('{ not: { all: { service: a } } }', ...SPANS)).toBe(true);
});

test('an empty map holds always, so its opposite never does', () => {
  expect(meets('{ any_of: [{}] }', {})).toBe(true);
  expect(meets('{ not: {} }', {})).toBe(false);
  expect(meets('{ any: { not: {} } }', {})).toBe(false);
});

describe('against the connectives themselves', () => {
  interface Formula {
    readonly written: unknown;
    readonly value: boolean;
  }
  const group = (children: readonly Formula[]): readonly unknown[] => children.map(({ written }) => written);
  /** @param leaves what holds and what does not */
  const formulas = (leaves: readonly Formula[]) =>
    fc.letrec<{ formula: Formula }>((tie) => {
      const several = fc.array(tie('formula'), { minLength: 1, maxLength: 3 });
      return {
        formula: fc.oneof(
          { maxDepth: 4, withCrossShrink: true },
          fc.constantFrom(...leaves),
          tie('formula').map(({ written, value }) => ({ written: { not: written }, value: !value })),
          several.map((children) => ({
            written: { any_of: group(children) },
            value: children.some(({ value }) => value),
          })),
          several.map((children) => ({
            written: { all_of: group(children) },
            value: children.every(({ value }) => value),
          })),
        ),
      };
    }).formula;

  const view = writtenTrace(SPANS);

  test('on the trace', () => {
    const leaves = [
      { written: { spans: 2 }, value: true },
      { written: { errors: '>= 2' }, value: false },
      { written: { any: { service: 'b', status: 'error' } }, value: true },
      { written: { all: { service: 'b' } }, value: false },
    ];
    fc.assert(
      fc.property(formulas(leaves), ({ written, value }) => {
        expect(holds(ruleOf(JSON.stringify(written)), view)).toBe(value);
      }),
      { seed: 31, numRuns: 200 },
    );
  });

  test('on one span', () => {
    const root = [
      { written: { service: 'a' }, value: true },
      { written: { status: 'error' }, value: false },
      { written: { links: false }, value: true },
      { written: { name: { matches: 'x.*' } }, value: false },
    ];
    fc.assert(
      fc.property(formulas(root), ({ written, value }) => {
        expect(holds(ruleOf(JSON.stringify({ root: written })), view)).toBe(value);
      }),
      { seed: 32, numRuns: 200 },
    );
  });
});

test.each([
  ['{ any_of: [] }', 'any_of: is no list of conditions, got `[]`'],
  ['{ all_of: { spans: 1 } }', 'all_of: is no list of conditions, got `{"spans":1}`'],
  ['{ any_of: [{ spans: 1 }, 5] }', 'any_of[1]: is no map'],
  ['{ all_of: [{ spans: x }] }', 'all_of[0].spans: cannot be compared with'],
  ['{ not: [{ spans: 1 }] }', 'not: is no map'],
  ['{ not: { status: error } }', 'not.status: is no condition on a trace; write it under any, all or root'],
  ['{ any: { not: { spans: 1 } } }', 'any.not.spans: is no condition on a span; write it directly under when'],
  ['{ any_of: [{ not: { servces: 5 } }] }', 'any_of[0].not.servces: is no condition on a trace; did you mean'],
  ['{ none_of: [{ spans: 1 }] }', 'none_of: is no condition on a trace; did you mean'],
])('%s is refused', (when, message) => {
  const found = mistakes(when);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});

test('mistakes in all members of a list are named', () => {
  expect(mistakes('{ any_of: [{ spans: x }, { spans: 1 }, { errors: y }] }').map((line) => line.split(':')[0])).toEqual(
    ['any_of[0].spans', 'any_of[2].errors'],
  );
});
