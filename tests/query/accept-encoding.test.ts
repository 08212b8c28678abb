// What clients send as Accept-Encoding, and which coding they get.
import { expect, it } from 'vitest';
import { codingFor } from '#query/accept-encoding.ts';

it.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip, deflate, br', 'gzip'],
  ['GZIP;q=0.5', 'gzip'],
  ['zstd;q=0.1, gzip;q=0.9', 'gzip'],
  ['zstd;q=0, gzip;q=0', undefined],
  ['*', 'zstd'],
  ['*;q=0', undefined],
  ['zstd;q=0, *', 'gzip'],
  ['identity;q=1, gzip;q=0.5', undefined],
  ['gzip;q=nonsense', undefined],
  [`gzip,${' '.repeat(2000)}`, undefined],
])('%s: %s', (accepts, coding) => {
  expect(codingFor(accepts)).toBe(coding);
});
