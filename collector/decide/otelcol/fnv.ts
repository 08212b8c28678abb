// The Collector's probabilistic hash: FNV-1a over salt and trace id, and its threshold for a percentage.
import { TWO_32 } from '#proto/model/halves.ts';

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = (1n << 64n) - 1n;
/** Salt when none is configured. */
export const DEFAULT_HASH_SALT = 'default-hash-seed';

/** FNV-1a, 64 bits, carried on from `hash`. */
export function fnv1a(bytes: Uint8Array, hash: bigint = OFFSET): bigint {
  let h = hash;
  for (const byte of bytes) h = ((h ^ BigInt(byte)) * PRIME) & MASK;
  return h;
}

/** What the last {@link hashTraceId} came to: two 32-bit halves. */
export const traceHash = { hi: 0, lo: 0 };

/** HOT: per trace. FNV-1a of the 16 bytes of a trace id (big-endian words), carried on from the halves of the salt's hash. */
export function hashTraceId(
  hi: number,
  lo: number,
  { id0, id1, id2, id3 }: { readonly id0: number; readonly id1: number; readonly id2: number; readonly id3: number },
): void {
  traceHash.hi = hi;
  traceHash.lo = lo;
  hashWord(id0);
  hashWord(id1);
  hashWord(id2);
  hashWord(id3);
}

/** HOT. The prime is 2^40 + 435: a shift into the high half, and a product that a double holds exactly. */
function hashWord(word: number): void {
  let { hi, lo } = traceHash;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const mixed = (lo ^ ((word >>> shift) & 0xff)) >>> 0;
    const product = mixed * 435;
    hi = (hi * 435 + Math.floor(product / TWO_32) + mixed * 256) >>> 0;
    lo = product >>> 0;
  }
  traceHash.hi = hi;
  traceHash.lo = lo;
}

/**
 * percentage / 100 of 2^64 - 1, in a float of 64 mantissa bits (round half to even), then cut: Go's big.Float.
 * @returns -1 for nothing at all
 */
export function hashThreshold(percentage: number): bigint {
  const ratio = percentage / 100;
  if (ratio >= 1) return MASK;
  if (!(ratio > 0)) return -1n;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, ratio);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n);
  // ratio = mantissa * 2^-scale
  const scale = 1075 - Math.max(exponent, 1);
  let product = mantissa * MASK;
  let shift = scale;
  const excess = product.toString(2).length - 64;
  if (excess > 0) {
    const cut = BigInt(excess);
    const rest = product & ((1n << cut) - 1n);
    const half = 1n << (cut - 1n);
    product >>= cut;
    if (rest > half || (rest === half && (product & 1n) === 1n)) product++;
    shift -= excess;
  }
  return shift >= 0 ? product >> BigInt(shift) : product << BigInt(-shift);
}
