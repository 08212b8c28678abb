// Whether two arrays are the same memory: stores give series with equal times one array for them where they can.

export function sameMemory(a: Float64Array, b: Float64Array): boolean {
  return a === b || (a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length);
}
