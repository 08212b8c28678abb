// W3C tracestate as the Collector's parser takes it: keys and values by its rules, one bad member spoils the list.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { parseTraceState } from '#collector/decide/otelcol/w3c-trace-state.ts';

const membersOf = (text: string): [string, string][] | undefined => {
  const members = parseTraceState(text);
  return members === undefined ? undefined : [...members];
};

test.each<[string, [string, string][]]>([
  ['', []],
  [',', []],
  ['a=1', [['a', '1']]],
  [
    'a=1,b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  [' a=1 ', [['a', '1']]],
  ['\ta=1\t', [['a', '1']]],
  [
    'a=1,,b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['a= 1', [['a', ' 1']]],
  ['a=b c', [['a', 'b c']]],
  ['a_-*/1=x', [['a_-*/1', 'x']]],
  ['1tenant@sys=x', [['1tenant@sys', 'x']]],
  ['a=!~', [['a', '!~']]],
  [`${'k'.repeat(256)}=v`, [['k'.repeat(256), 'v']]],
  [`a=${'v'.repeat(256)}`, [['a', 'v'.repeat(256)]]],
  [`${'t'.repeat(241)}@${'s'.repeat(14)}=v`, [[`${'t'.repeat(241)}@${'s'.repeat(14)}`, 'v']]],
])('%j', (text, members) => {
  expect(membersOf(text)).toEqual(members);
});

test.each([
  'a',
  'a=',
  '=1',
  'A=1',
  '1=1',
  'a=1,A=1',
  'a=b=c',
  'a=ä',
  'a=1,a=2',
  'a =1',
  'a@=1',
  '@b=1',
  'a@1=1',
  'a@b@c=1',
  `${'k'.repeat(257)}=v`,
  `a=${'v'.repeat(257)}`,
  `${'t'.repeat(242)}@s=v`,
  `t@${'s'.repeat(15)}=v`,
  'a=1, ,b=2',
])('%j is malformed', (text) => {
  expect(parseTraceState(text)).toBeUndefined();
});

test('32 members are read, 33 are not', () => {
  const list = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}=v`).join(',');
  expect(parseTraceState(list(32))?.size).toBe(32);
  expect(parseTraceState(list(33))).toBeUndefined();
});

test('what is written by the rules comes back, in its order', () => {
  const key = fc.stringMatching(/^[a-z][a-z0-9_*/-]{0,8}$/);
  const value = fc.stringMatching(/^[!-+.-<>-~]{1,8}$/);
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 8 }), (members) => {
      expect(membersOf(members.map((pair) => pair.join('=')).join(','))).toEqual(members);
    }),
    { seed: 521 },
  );
});
