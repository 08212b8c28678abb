// Steps through protobuf bytes: varints, lengths and skipped fields as the encoding defines them, and never behind the end.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { readLength, readVarint, skipField, walk } from '#collector/decide/values/protobuf-walk.ts';

/** Base 128, least significant group first. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

const read = (bytes: readonly number[], end = bytes.length): readonly [bigint, number] => {
  readVarint(Uint8Array.from(bytes), 0, end);
  return [(BigInt(walk.high) << 32n) | BigInt(walk.low), walk.position];
};

test('a varint of any 64 bits is read whole, and the position is behind it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.uint8Array({ maxLength: 3 }), (value, after) => {
      const bytes = varint(value);
      expect(read([...bytes, ...after])).toEqual([value, bytes.length]);
    }),
    { seed: 131 },
  );
});

test.each<[bigint]>([
  [0n],
  [127n],
  [128n],
  [2n ** 28n - 1n],
  [2n ** 28n],
  [2n ** 31n],
  [2n ** 32n - 1n],
  [2n ** 32n],
  [2n ** 35n],
  [2n ** 63n],
  [2n ** 64n - 1n],
])('%s at the seams of the halves', (value) => {
  expect(read(varint(value))[0]).toBe(value);
});

test('a negative int is its 64 bits', () => {
  expect(read(varint(BigInt.asUintN(64, -1n)))).toEqual([2n ** 64n - 1n, 10]);
});

test('a varint that never ends stops after ten bytes, one that is cut at the end', () => {
  expect(read(Array.from({ length: 20 }, () => 0x80))).toEqual([0n, 10]);
  expect(read([0x80, 0x80, 0x01], 2)).toEqual([0n, 2]);
  expect(read([0xff, 0x01], 1)).toEqual([127n, 1]);
  expect(read([0x05], 0)).toEqual([0n, 0]);
});

test('longer forms of the same number are read as that number', () => {
  expect(read([0x85, 0x00])).toEqual([5n, 2]);
  expect(read([0x85, 0x80, 0x80, 0x00])).toEqual([5n, 4]);
});

test('lengths are read as they are up to 2^31, and beyond as more than there can be', () => {
  for (const length of [0, 1, 127, 128, 16_384, 2 ** 31 - 2]) {
    const bytes = varint(BigInt(length));
    expect(readLength(Uint8Array.from(bytes), 0, bytes.length)).toBe(length);
    expect(walk.position).toBe(bytes.length);
  }
  for (const length of [2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, 2n ** 64n - 1n])
    expect(readLength(Uint8Array.from(varint(length)), 0, 10)).toBe(2 ** 31 - 1);
});

test('a field is skipped by its wire type, whatever is in it', () => {
  const field = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => [0, varint(value)] as const),
    fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => [1, [...bytes]] as const),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => [2, [...varint(BigInt(bytes.length)), ...bytes]] as const),
    fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => [5, [...bytes]] as const),
  );
  fc.assert(
    fc.property(field, fc.uint8Array({ maxLength: 5 }), ([wire, payload], after) => {
      const bytes = Uint8Array.from([...payload, ...after]);
      expect(skipField(bytes, 0, bytes.length, wire)).toBe(payload.length);
    }),
    { seed: 132 },
  );
});

test('the payload of a skipped text begins at walk.position', () => {
  expect(skipField(Uint8Array.from([3, 97, 98, 99, 0]), 0, 5, 2)).toBe(4);
  expect(walk.position).toBe(1);
});

test('groups and wire types that are none end the walk', () => {
  for (const wire of [3, 4, 6, 7]) expect(skipField(Uint8Array.from([1, 2, 3]), 0, 3, wire)).toBe(3);
});

test('no field reaches behind the end, of any bytes', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 24 }),
      fc.integer({ min: 0, max: 7 }),
      fc.nat(),
      (bytes, wire, some) => {
        const at = some % bytes.length;
        const end = at + ((some >> 5) % (bytes.length - at + 1));
        const behind = skipField(bytes, at, end, wire);
        expect(behind).toBeLessThanOrEqual(Math.max(at, end));
      },
    ),
    { seed: 133, numRuns: 500 },
  );
});
