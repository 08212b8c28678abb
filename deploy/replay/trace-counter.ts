// Counts distinct 16-byte trace ids in 8 bytes each: a set of 64-bit fingerprints with open addressing.

const FIRST_CAPACITY = 1 << 12;
/** 64 Mi ids are half a GiB; beyond that, a replay that only counts is wrong. */
const MAX_CAPACITY = 1 << 27;

/** A growing set of trace ids. Two ids share a fingerprint with probability 2^-64. */
export class TraceCounter {
  /** Distinct ids seen so far. */
  size = 0;
  #slots = new Uint32Array(FIRST_CAPACITY * 2);

  /** Notes the id in `bytes[at, at + 16)`. */
  // HOT
  add(bytes: Uint8Array, at: number): void {
    let a = 0x9e3779b9;
    let b = 0x85ebca6b;
    for (let i = 0; i < 16; i += 4) {
      const word = bytes[at + i]! | (bytes[at + i + 1]! << 8) | (bytes[at + i + 2]! << 16) | (bytes[at + i + 3]! << 24);
      a = Math.imul(a ^ word, 0xcc9e2d51);
      a ^= a >>> 15;
      b = Math.imul(b ^ (word + i), 0x1b873593);
      b ^= b >>> 13;
      b = (b + Math.imul(a, 5)) | 0;
    }
    this.#insert(a >>> 0, b >>> 0 || 1);
  }

  #insert(a: number, b: number): void {
    const mask = this.#slots.length / 2 - 1;
    let slot = a & mask;
    for (;;) {
      const high = this.#slots[slot * 2 + 1]!;
      if (high === 0) break;
      if (high === b && this.#slots[slot * 2] === a) return;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot * 2] = a;
    this.#slots[slot * 2 + 1] = b;
    this.size++;
    if (this.size * 2 > mask) this.#grow();
  }

  #grow(): void {
    const old = this.#slots;
    if (old.length >= MAX_CAPACITY) throw new Error(`more than ${this.size} traces in one replay: split the capture`);
    this.#slots = new Uint32Array(old.length * 2);
    this.size = 0;
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) this.#insert(old[i]!, old[i + 1]!);
  }
}
