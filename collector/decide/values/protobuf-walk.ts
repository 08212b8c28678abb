// Steps through protobuf bytes without objects: just enough for conditions. The bytes were checked when they were received;
// a length that leads outside all the same ends the walk instead of reading on.

/** Where the last call stopped: one walk at a time, so module state is safe and costs nothing. */
export const walk = { position: 0, low: 0, high: 0 };

/** HOT. Reads a varint at `at` into walk.low and walk.high (unsigned 32-bit halves) and moves walk.position behind it. */
export function readVarint(bytes: Uint8Array, at: number, end: number): void {
  let low = 0;
  let high = 0;
  let position = at;
  for (let shift = 0; shift < 70 && position < end; shift += 7) {
    const byte = bytes[position++]!;
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high |= bits >>> 4;
    } else if (shift < 63) high |= bits << (shift - 32);
    else high |= (bits & 1) << 31;
    if (byte < 0x80) break;
  }
  walk.low = low >>> 0;
  walk.high = high >>> 0;
  walk.position = position;
}

/** HOT. A length or tag at `at` (below 2^31), walk.position behind it; cut to what fits before `end`. */
export function readLength(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at]!;
  if (byte < 0x80) {
    walk.position = at + 1;
    return byte;
  }
  readVarint(bytes, at, end);
  return walk.high === 0 && walk.low < 0x7fffffff ? walk.low : 0x7fffffff;
}

/** HOT. The position behind a field's payload that starts at `at`, never behind `end`. */
export function skipField(bytes: Uint8Array, at: number, end: number, wire: number): number {
  let position: number;
  if (wire === 2) {
    const length = readLength(bytes, at, end);
    position = walk.position + length;
  } else if (wire === 0) {
    position = at;
    while (position < end && bytes[position]! >= 0x80) position++;
    position++;
  } else if (wire === 1) position = at + 8;
  else if (wire === 5) position = at + 4;
  else position = end;
  return position < end ? position : end;
}
