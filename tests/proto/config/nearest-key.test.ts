// Guessing the word that was meant.

import { expect, test } from 'vitest';
import { nearestKey } from '#proto/config/nearest-key.ts';

test.each([
  ['repaly', ['replay', 'demo'], 'replay'],
  ['pre', ['spans_per_second', 'per'], 'per'],
  ['epr', ['spans_per_second', 'per'], 'per'],
  ['kye', ['key', 'value'], 'key'],
  ['pr', ['per', 'rate'], 'per'],
  ['rep', ['per', 'rate'], undefined],
  ['spans', ['speed', 'spans-per-request'], 'spans-per-request'],
  ['demo', ['replay', 'demo'], 'demo'],
  ['demo', ['demos', 'demo'], 'demo'],
  ['zzzzzz', ['replay', 'demo'], undefined],
  ['x', [], undefined],
  ['max-bytes', ['spool.max_bytes', 'bounds'], 'spool.max_bytes'],
  ['Burst', ['burst_capacity', 'rate'], 'burst_capacity'],
])('%s among %j is %s', (word, known, expected) => {
  expect(nearestKey(word, known)).toBe(expected);
});
