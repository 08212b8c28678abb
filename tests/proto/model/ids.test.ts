// Ids survive the way from digits to words and back, whatever the sign of the words.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { spanIdHex, traceIdHex, traceIdOf, traceIdOfBytes, traceIdWords } from '#proto/model/ids.ts';

const ids = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((id) => id.toString(16).padStart(32, '0'));

it('trace ids: digits to words and back', () => {
  fc.assert(
    fc.property(ids, (hex) => {
      const { id0, id1, id2, id3 } = traceIdWords(traceIdOf(hex));
      expect([id0, id1, id2, id3].every((word) => word >= 0 && word < 2 ** 32)).toBe(true);
      expect(traceIdOfBytes(Buffer.from(`00${hex}`, 'hex'), 1)).toBe(hex);
      expect(traceIdHex(id0, id1, id2, id3)).toBe(hex);
      expect(traceIdHex(id0 | 0, id1 | 0, id2 | 0, id3 | 0)).toBe(hex);
    }),
  );
});

it.each([
  '',
  '0af7651916cd43dd8448eb211c80319',
  '0af7651916cd43dd8448eb211c80319cc',
  '0af7651916cd43dd8448eb211c80319g',
])('no trace id: %j', (text) => {
  expect(() => traceIdOf(text)).toThrow(RangeError);
  expect(traceIdOf('0AF7651916CD43DD8448EB211C80319C')).toBe('0af7651916cd43dd8448eb211c80319c');
});

it('span ids are the words one after the other', () => {
  expect(spanIdHex(0, 1)).toBe('0000000000000001');
  expect(spanIdHex(-1, 0x0a0b0c0d)).toBe('ffffffff0a0b0c0d');
});
