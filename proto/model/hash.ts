// Hashes of ids and words for tables in memory: seeded where what is hashed comes from outside, so that nobody can choose collisions.
// The constants are those of MurmurHash3, xxHash32 and FNV-1a (public domain). Functions that say "for good" must never change: sampling and stored
// ids depend on them.

/** HOT. MurmurHash3's finalizer, for good: every bit of 32 depends on every other. Signed. */
export function mix32(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** A seed for one of several tables, of the seed of the process. */
export function seedOf(seed: number, table: number): number {
  return Math.imul(seed ^ table, 0x85ebca6b);
}

/** HOT. 32 well mixed bits of a trace id. */
export function traceIdHash(id0: number, id1: number, id2: number, id3: number, seed: number): number {
  let a = Math.imul(id0 ^ seed, 0x9e3779b1);
  a = Math.imul((a ^ (a >>> 16)) + id1, 0x85ebca77);
  let b = Math.imul(id2 ^ seed ^ 0x510e527f, 0xc2b2ae3d);
  b = Math.imul((b ^ (b >>> 15)) + id3, 0x27d4eb2f);
  const hash = Math.imul(a ^ (a >>> 13) ^ (b << 7) ^ (b >>> 11) ^ seed, 0x165667b1);
  return hash ^ (hash >>> 15);
}

/** HOT. 32 well mixed bits of three words (0 for one that is not there); ids that count up (tests, some tracers) are spread as well as random ones. */
export function wordsHash(a: number, b: number, c: number): number {
  let h =
    Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^
    Math.imul(b ^ 0x7f4a7c15, 0xc2b2ae35) ^
    Math.imul(c ^ 0x165667b1, 0x27d4eb2f);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

/** What FNV-1a begins with. */
export const FNV_START = 0x811c9dc5;

/** HOT. FNV-1a of bytes[from, to), for good. Signed. */
export function fnv1a(bytes: Uint8Array, from: number, to: number, start = FNV_START): number {
  let hash = start;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}
