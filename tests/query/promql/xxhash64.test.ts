// Known hashes of XXH64 with seed 0.
import { expect, it } from 'vitest';
import { xxhash64 } from '#query/promql/xxhash64.ts';

it.each([
  ['', 0xef46db3751d8e999n],
  ['a', 0xd24ec4f1a98c6e5bn],
  ['abc', 0x44bc2cf5ad770999n],
  ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
])('hashes %j', (text, hash) => {
  expect(xxhash64(Buffer.from(text))).toBe(hash);
});
