// Telemetry as text that can be read: signs for what acts, plain JSON for arrays and maps, groups for many attributes, words for a missing end.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Attribute } from '#proto/api/common.ts';
import { readableValue } from '#ui/shape/any-value.ts';
import { attributeGroups, matchingAttributes } from '#ui/shape/attribute-groups.ts';
import { hasNoEnd } from '#ui/shape/span-end.ts';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import { visibleLine, visibleLines, visibleName } from '#ui/shape/visible-text.ts';
import { makeTrace } from '../make-trace.ts';

it.each([
  ['\u202Egnirts', '⟨U+202E⟩gnirts'],
  ['a\u0000b\u001b[31m', 'a␀b␛[31m'],
  ['\u007f', '␡'],
  ['zero\u200bwidth\ufeff', 'zero⟨U+200B⟩width⟨U+FEFF⟩'],
  ['two\r\nlines\tand', 'two␊lines␉and'],
  ['שלום 日本 👩‍👩‍👧 é', 'שלום 日本 👩‍👩‍👧 é'],
  ['<script>', '<script>'],
])('shows %j as one line', (text, shown) => {
  expect(visibleLine(text)).toBe(shown);
});

it('keeps lines where they belong, and names what has no name', () => {
  expect(visibleLines('a\nb\u2028c\r\nd\te\u0007')).toBe('a\nb\nc\nd\te␇');
  expect(['', '  ', '\n', 'x'].map(visibleName)).toEqual(['(no name)', '(no name)', '(no name)', 'x']);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visibleLine(visibleLine(text))).toBe(visibleLine(text));
      expect(visibleLine(text)).not.toMatch(/[\n\u202a-\u202e\u2066-\u2069]/);
    }),
    { seed: 9, numRuns: 2000 },
  );
});

it.each([
  [
    'kvlist',
    '{"kvlistValue":{"values":[{"key":"msg","value":{"stringValue":"hi"}},{"key":"n","value":{"intValue":"42"}}]}}',
    '{"msg":"hi","n":42}',
  ],
  ['kvlist', '{"values":[{"key":"a","value":{"arrayValue":{"values":[{"boolValue":true}]}}}]}', '{"a":[true]}'],
  ['array', '{"values":[{"stringValue":"a"},{"doubleValue":1.5}]}', '["a",1.5]'],
  ['array', '{"arrayValue":{"values":[{"intValue":"9223372036854775807"}]}}', '["9223372036854775807"]'],
  ['array', '{"values":[]}', '[]'],
  ['array', 'not json', 'not json'],
  ['string', '{"values":[]}', '{"values":[]}'],
  ['unset', '', 'unset'],
] as const)('reads a value of type %s', (type, value, text) => {
  expect(readableValue(type, value)).toBe(text);
});

it('groups many attributes by the first part of their keys, and filters them', () => {
  const make = (key: string): Attribute => ({ key, type: 'string', value: `of ${key}` });
  const many = Array.from({ length: 40 }, (_, i) => make(`${['http', 'db'][i % 2]}.k${String(i).padStart(2, '0')}`));
  const groups = attributeGroups([make('alone.x'), ...many, make('plain')]);
  expect(groups.map(({ name, attributes }) => [name, attributes.length])).toEqual([
    ['db', 20],
    ['http', 20],
    ['', 2],
  ]);
  expect(matchingAttributes(many, 'K07')).toEqual([many[7]]);
  expect(attributeGroups(many.slice(0, 5))).toEqual([{ name: '', attributes: many.slice(0, 5) }]);
});

it('knows a span without an end from one that ends before it starts', () => {
  const start = 1_764_500_000_000_000_000;
  expect(hasNoEnd(-start, start)).toBe(true);
  expect(hasNoEnd(-3_000_000, start)).toBe(false);
  expect(hasNoEnd(-3_600e9, 3_600e9)).toBe(true);
  expect(hasNoEnd(5, start)).toBe(false);
  const trace = makeTrace([
    { parent: -1, start: 0, duration: 100 },
    { parent: 0, start: 10, duration: -1e18 },
    { parent: 0, start: 20, duration: -5 },
  ]);
  const tree = buildTraceTree(trace);
  expect([...tree.noEnd]).toEqual([0, 1, 0]);
  expect([...tree.duration]).toEqual([100, 0, 0]);
  expect([tree.startNs, tree.endNs]).toEqual([0, 100]);
});
