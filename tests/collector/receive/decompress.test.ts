// The bound on a compressed request as it travels, whatever it would become.
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { ByteBudget } from '#collector/receive/byte-budget.ts';
import { decompress } from '#collector/receive/decompress.ts';
import { DEFAULT_RECEIVE_LIMITS } from '#collector/receive/limits.ts';

const limits = { ...DEFAULT_RECEIVE_LIMITS, maxCompressedBytes: 2000 };
const budget = new ByteBudget(limits.maxInflatingBytes, limits.maxInflatingWaiting);

it('refuses a compressed request over the bound, naming it, and takes one below it', async () => {
  const [small, large] = [randomBytes(1000), randomBytes(3000)];
  expect(await decompress(gzipSync(small), 'gzip', limits, budget)).toEqual({ kind: 'ok', body: small });
  expect(await decompress(gzipSync(large), 'gzip', limits, budget)).toEqual({
    kind: 'too_large',
    message: 'the compressed request is larger than 2000 bytes: send smaller batches',
  });
});

it('holds nothing against a request of that size that is not compressed', async () => {
  const plain = randomBytes(3000);
  expect(await decompress(plain, 'identity', limits, budget)).toEqual({ kind: 'ok', body: plain });
});
