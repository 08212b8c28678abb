// Reading and writing `ot` as the Collector does: what is malformed stays as it is, what is stricter stays too.
import { expect, test } from 'vitest';
import { parseOtState, withThreshold } from '#collector/decide/otelcol/ot-state.ts';

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
