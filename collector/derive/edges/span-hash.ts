// Where a span is looked for in the memories of edges.

/** HOT. 32 well mixed bits of a span's id and the last word of its trace's; their low bits choose the bucket. */
export function spanHash(t3: number, spanHi: number, spanLo: number): number {
  let h = Math.imul(spanHi ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(spanLo, 0xc2b2ae35) ^ Math.imul(t3, 0x27d4eb2f);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
