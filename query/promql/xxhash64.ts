// XXH64 with seed 0, for limit_ratio: the same series must be kept here as by Prometheus. A label set is hashed once per query, so
// BigInt is fast enough.

const MASK = 0xffffffffffffffffn;
const PRIME1 = 0x9e3779b185ebca87n;
const PRIME2 = 0xc2b2ae3d27d4eb4fn;
const PRIME3 = 0x165667b19e3779f9n;
const PRIME4 = 0x85ebca77c2b2ae63n;
const PRIME5 = 0x27d4eb2f165667c5n;

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

function round(state: bigint, input: bigint): bigint {
  return (rotate((state + input * PRIME2) & MASK, 31n) * PRIME1) & MASK;
}

function merge(hash: bigint, state: bigint): bigint {
  return ((hash ^ round(0n, state)) * PRIME1 + PRIME4) & MASK;
}

/** The 64-bit hash of some bytes. */
export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  let at = 0;
  let hash = PRIME5;
  if (length >= 32) {
    const states: [bigint, bigint, bigint, bigint] = [
      (PRIME1 + PRIME2) & MASK,
      PRIME2,
      0n,
      (MASK + 1n - PRIME1) & MASK,
    ];
    for (; at + 32 <= length; at += 32) {
      for (let lane = 0; lane < 4; lane++) states[lane] = round(states[lane]!, view.getBigUint64(at + lane * 8, true));
    }
    const [one, two, three, four] = states;
    hash = (rotate(one, 1n) + rotate(two, 7n) + rotate(three, 12n) + rotate(four, 18n)) & MASK;
    for (const state of states) hash = merge(hash, state);
  }
  hash = (hash + BigInt(length)) & MASK;
  for (; at + 8 <= length; at += 8)
    hash = (rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * PRIME1 + PRIME4) & MASK;
  if (at + 4 <= length) {
    hash = (rotate(hash ^ ((BigInt(view.getUint32(at, true)) * PRIME1) & MASK), 23n) * PRIME2 + PRIME3) & MASK;
    at += 4;
  }
  for (; at < length; at++) hash = (rotate(hash ^ ((BigInt(view.getUint8(at)) * PRIME5) & MASK), 11n) * PRIME1) & MASK;
  hash = ((hash ^ (hash >> 33n)) * PRIME2) & MASK;
  hash = ((hash ^ (hash >> 29n)) * PRIME3) & MASK;
  return hash ^ (hash >> 32n);
}
