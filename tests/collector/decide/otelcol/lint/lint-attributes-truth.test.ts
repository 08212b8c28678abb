// What the lint says of policies that look at attributes is true of spans that have them, and what it says to write is right.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { decide, policy, refusal, withK } from '#tests/support/collector-decision.ts';
import { toldOf } from '#tests/support/lint-told.ts';

type Value = Readonly<Record<string, unknown>>;
const INTS = Array.from({ length: 21 }, (_, i) => i - 10);
const TEXT: Value = { stringValue: 'text' };
const FLOAT: Value = { doubleValue: 3.5 };

/** Whether a trace of one span with this attribute is kept; without one when it is undefined. */
function isKept(type: string, block: string, value: Value | undefined): boolean {
  return decide(policy(type, block), value === undefined ? {} : withK(value)) === '+p';
}

test('numeric_attribute: what no int is matches where the range holds 0, and never elsewhere', () => {
  const bound = fc.integer({ min: -5, max: 5 });
  fc.assert(
    fc.property(bound, bound, (least, most) => {
      const block = `{ key: k, min_value: ${least}, max_value: ${most} }`;
      fc.pre(refusal('numeric_attribute', block) === '');
      const said = toldOf('numeric_attribute', block).join('\n');
      const matching = INTS.filter((value) => isKept('numeric_attribute', block, { intValue: value }));
      for (const value of [TEXT, FLOAT]) {
        const kept = isKept('numeric_attribute', block, value);
        expect([
          said.includes('reads as 0: every such `k` matches') && !kept,
          said.includes('never matches') && kept,
        ]).toEqual([false, false]);
      }
      expect(said.includes('no value is within')).toBe(matching.length === 0);
      // 0 is no bound, as the lint says: values beyond it match.
      expect(said.includes('`0` is no bound')).toBe(least === 0 || most === 0);
      expect(matching.includes(-10)).toBe(least === 0 && matching.length > 0);
      expect(matching.includes(10)).toBe(most === 0 && matching.length > 0);
    }),
    { seed: 621, numRuns: 25 },
  );
});

test('string_attribute: a pattern that is not anchored matches anywhere; written as the lint says, it matches the whole text alone', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9 ]{0,6}$/);
  fc.assert(
    fc.property(word, fc.constantFrom('', '^'), fc.constantFrom('', '$'), (text, start, end) => {
      const blockOf = (pattern: string): string => `{ key: k, values: ['${pattern}'], enabled_regex_matching: true }`;
      const matches = (pattern: string, value: string): boolean =>
        isKept('string_attribute', blockOf(pattern), { stringValue: value });
      const pattern = start + text + end;
      const [said] = toldOf('string_attribute', blockOf(pattern));
      const anywhere = start === '' || end === '';
      expect(said?.includes('is not anchored') ?? false).toBe(anywhere);
      expect(matches(pattern, text)).toBe(true);
      expect(matches(pattern, `${start === '' ? 'x' : ''}${text}${end === '' ? 'y' : ''}`)).toBe(true);
      const asSaid = anywhere ? (/write (.*) to match the whole text/.exec(said ?? '')?.[1] ?? '') : pattern;
      expect(toldOf('string_attribute', blockOf(asSaid))).toEqual([]);
      expect([text, `x${text}`, `${text}y`, ''].map((value) => matches(asSaid, value))).toEqual([
        true,
        false,
        false,
        false,
      ]);
    }),
    { seed: 622, numRuns: 30 },
  );
});

test('string_attribute: of signs alone, a pattern of which the lint says that it matches every text does, and others do not', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[.^$*|()?]{1,5}$/), fc.array(fc.string(), { maxLength: 3 }), (pattern, texts) => {
      const block = `{ key: k, values: ['${pattern}'], enabled_regex_matching: true }`;
      fc.pre(refusal('string_attribute', block) === '');
      const saysAll = toldOf('string_attribute', block).join('\n').includes('matches every text');
      // An empty text is one that is missing.
      const found = ['x', 'two words', ...texts.filter((text) => text !== '')].map((stringValue) =>
        isKept('string_attribute', block, { stringValue }),
      );
      expect(saysAll && found.includes(false)).toBe(false);
    }),
    { seed: 623, numRuns: 60 },
  );
});

test('string_attribute: a value that looks like a pattern is compared as it stands', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z.*^$]{1,6}$/), (value) => {
      const block = `{ key: k, values: ['${value}'] }`;
      expect(isKept('string_attribute', block, { stringValue: value })).toBe(true);
      expect(isKept('string_attribute', block, { stringValue: `${value}x` })).toBe(false);
      const said = toldOf('string_attribute', block).join('\n');
      expect(said.includes('is compared as it stands')).toBe(/[*^$]/.test(value));
    }),
    { seed: 624, numRuns: 60 },
  );
});

test('boolean_attribute: with false, texts and numbers match, as the lint says; with true they do not', () => {
  for (const wanted of [true, false]) {
    const block = `{ key: k, value: ${wanted} }`;
    expect(toldOf('boolean_attribute', block).join('\n').includes('any text or number in `k` matches')).toBe(!wanted);
    for (const value of [TEXT, FLOAT, { intValue: 1 }]) expect(isKept('boolean_attribute', block, value)).toBe(!wanted);
    expect(isKept('boolean_attribute', block, { boolValue: wanted })).toBe(true);
    expect(isKept('boolean_attribute', block, { boolValue: !wanted })).toBe(false);
  }
});

test('invert_match also keeps traces without the attribute', () => {
  const blocks: Readonly<Record<string, string>> = {
    string_attribute: '{ key: k, values: [text], invert_match: true }',
    numeric_attribute: '{ key: k, min_value: 5, max_value: 9, invert_match: true }',
    boolean_attribute: '{ key: k, value: true, invert_match: true }',
  };
  for (const [type, block] of Object.entries(blocks)) {
    expect(toldOf(type, block).join('\n')).toContain('also keeps every trace without `k`');
    expect([type, isKept(type, block, undefined)]).toEqual([type, true]);
    expect([type, isKept(type, block.replace(', invert_match: true', ''), undefined)]).toEqual([type, false]);
  }
});
