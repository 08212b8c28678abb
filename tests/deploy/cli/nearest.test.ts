// Guessing the word that was meant.

import { expect, test } from 'vitest';
import { nearest } from '#deploy/cli/nearest.ts';

test.each([
  ['repaly', ['replay', 'demo'], 'replay'],
  ['spans', ['speed', 'spans-per-request'], 'spans-per-request'],
  ['demo', ['replay', 'demo'], 'demo'],
  ['zzzzzz', ['replay', 'demo'], undefined],
  ['x', [], undefined],
])('%s among %j is %s', (word, known, expected) => {
  expect(nearest(word, known)).toBe(expected);
});
