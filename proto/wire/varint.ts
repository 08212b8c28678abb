// Protobuf varints: their size and the limits that a reader must hold to.

/** A 64-bit value needs at most ten groups of seven bits; an eleventh byte is malformed. */
export const MAX_VARINT_BYTES = 10;

/** Bytes of an unsigned 32-bit value as varint, 1 to 5. */
export function varint32Bytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Zigzag code of a signed 32-bit value (sint32), as unsigned. */
export function zigzag32(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

/** The signed value of a zigzag code. */
export function unzigzag32(code: number): number {
  return (code >>> 1) ^ -(code & 1);
}
