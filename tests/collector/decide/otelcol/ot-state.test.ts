// Reading and writing `ot` as the Collector does: what is malformed stays as it is, what is stricter stays too.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { parseOtState, thresholdDigits, thresholdOf, withThreshold } from '#collector/decide/otelcol/ot-state.ts';

const HALF = 1n << 55n;

test.each([
  ['', 'ot=th:8'],
  ['ot=th:0', 'ot=th:8'],
  ['ot=th:c', 'ot=th:c'],
  ['ot=th:8000;rv:ABCDEF01234567;a:b', 'ot=rv:ABCDEF01234567;th:8;a:b'],
  ['vendor=1, ot=th:4 ,x=2', 'ot=th:8,vendor=1,x=2'],
  ['ot=th:4;rv:xyz', 'ot=th:4;rv:xyz'],
  ['ot=th:', 'ot=th:'],
  ['ot=th:4;', 'ot=th:4;'],
  ['BAD=1,ot=th:4', 'BAD=1,ot=th:4'],
  ['ot=th:4;th:c', 'ot=th:4;th:c'],
  ['ot=th:c,ot=th:4', 'ot=th:8'],
])('%s becomes %s at one half', (before, after) => {
  expect(withThreshold(before, HALF)).toBe(after);
});

test('more than 31 members, or more than 1024 characters, are unreadable', () => {
  const members = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=1`).join(',');
  expect(parseOtState(members(31))).toBeDefined();
  expect(parseOtState(members(32))).toBeUndefined();
  expect(parseOtState(`k=${'v'.repeat(200)},`.repeat(6))).toBeUndefined();
});

describe('reading', () => {
  test.each([
    ['', '', '', [], []],
    ['a=1,b=2', '', '', [], ['a=1', 'b=2']],
    ['ot=th:8;rv:0123456789abcd;p:8', '0123456789abcd', '8', ['p:8'], []],
    ['ot=th:8', '', '8', [], []],
    ['ot=p:8;q:a.b-c_d', '', '', ['p:8', 'q:a.b-c_d'], []],
    ['ot=th:8,a=1', '', '8', [], ['a=1']],
    ['ot=rv:ABCDEF01234567', 'ABCDEF01234567', '', [], []],
    ['a=1,,b=2,', '', '', [], ['a=1', 'b=2']],
    ['1t@s=1', '', '', [], ['1t@s=1']],
  ])('%j: rv %j, th %j', (list, rv, th, fields, members) => {
    expect(parseOtState(list)).toEqual({ rv, th, fields, members });
  });

  test.each([
    'a',
    '=1',
    'a=',
    'A=1',
    'a=b=c',
    'a=ä',
    'ot=th:123456789012345',
    'ot=th:xyz',
    'ot=rv:123',
    'ot=8',
    'ot=TH:8',
    'ot=th:8;;p:1',
    `ot=${'a:b;'.repeat(70)}a:b`,
    `${'k'.repeat(257)}=1`,
    't@1=1',
  ])('%j is unreadable', (list) => {
    expect(parseOtState(list)).toBeUndefined();
  });
});

describe('thresholds', () => {
  const value = fc.bigInt({ min: 0n, max: (1n << 56n) - 1n });

  test('digits and back are the same', () => {
    fc.assert(
      fc.property(value, (threshold) => {
        expect(thresholdDigits(threshold)).toHaveLength(14);
        expect(thresholdOf(thresholdDigits(threshold))).toBe(threshold);
        expect(thresholdOf(thresholdDigits(threshold).replace(/0+$/, '') || '0')).toBe(threshold);
      }),
      { seed: 811 },
    );
  });

  test('th is raised, never lowered, and everything else stays', () => {
    fc.assert(
      fc.property(value, value, (before, raised) => {
        const list = `vendor=x,ot=th:${thresholdDigits(before)};rv:0123456789abcd;p:8`;
        const after = parseOtState(withThreshold(list, raised))!;
        expect(thresholdOf(after.th)).toBe(before > raised ? before : raised);
        expect([after.rv, after.fields, after.members]).toEqual(['0123456789abcd', ['p:8'], ['vendor=x']]);
      }),
      { seed: 812 },
    );
  });
});
