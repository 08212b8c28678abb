// Ids survive the way from digits to words and back, whatever the sign of the words.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { spanIdHex, traceIdHex, traceIdWords } from '#proto/model/ids.ts';

const ids = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((id) => id.toString(16).padStart(32, '0'));

it('trace ids: digits to words and back', () => {
  fc.assert(
    fc.property(ids, (hex) => {
      const words = traceIdWords(hex);
      expect(words.every((word) => word >= 0 && word < 2 ** 32)).toBe(true);
      expect(traceIdHex(...words)).toBe(hex);
      expect(traceIdHex(words[0] | 0, words[1] | 0, words[2] | 0, words[3] | 0)).toBe(hex);
    }),
  );
});

it('span ids are the words one after the other', () => {
  expect(spanIdHex(0, 1)).toBe('0000000000000001');
  expect(spanIdHex(-1, 0x0a0b0c0d)).toBe('ffffffff0a0b0c0d');
});
