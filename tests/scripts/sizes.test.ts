// Files that are too long are found, and a product whose files grow as a whole.
import { expect, it } from 'vitest';
import { sizesOf } from '#scripts/sizes.ts';

const lines = (count: number): string => 'x\n'.repeat(count);
const product = (...counts: readonly number[]): Map<string, string> =>
  new Map(counts.map((count, i) => [`collector/part/file-${i}.ts`, lines(count)]));

it('is content with files of up to 400 lines, half of them of up to 80', () => {
  expect(sizesOf(product(10, 80, 400))).toEqual({
    problems: [],
    summary: '3 files, median 80 lines (product 80), longest 400',
  });
});

it('names each file that is longer, tests too', () => {
  const sources = product(10, 20, 401).set('tests/collector/part/file.test.ts', lines(500));
  expect(sizesOf(sources).problems).toEqual([
    expect.stringContaining('collector/part/file-2.ts has 401 lines (over 400)'),
    expect.stringContaining('tests/collector/part/file.test.ts has 500 lines (over 400)'),
  ]);
});

it('looks at the median of the product alone', () => {
  const tests = Array.from({ length: 9 }, (_, i) => [`tests/a-${i}.test.ts`, lines(300)] as const);
  expect(sizesOf(new Map([...product(10, 20, 90), ...tests])).problems).toEqual([]);
  expect(sizesOf(product(10, 81, 90)).problems).toEqual([expect.stringContaining('more than 81 lines (over 80)')]);
});

it('does not look at nothing', () => {
  expect(sizesOf(new Map()).problems).toEqual(['no source files found: the check is looking at nothing']);
});
