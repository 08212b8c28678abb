// Distinct byte messages (resources, scopes), once each, counted by their holders; those nobody holds are kept a while, bounded.

import { FNV_START } from '#proto/model/hash.ts';
import { createHash } from 'node:crypto';
import { MAX_IDLE_ENTRIES } from './resource-table.ts';

/** Bytes of messages that nobody holds: with {@link MAX_IDLE_ENTRIES}, what a stream of ever new resources can cost. */
const MAX_IDLE_BYTES = 32 * 1024 * 1024;
/** A JavaScript Buffer and its place in the arrays, beside the message itself. */
const ENTRY_OVERHEAD_BYTES = 256;
const NONE = -1;

export class MessageTable {
  /** First 8 bytes of SHA-256 over message and schema_url, big-endian words. */
  idHi = new Uint32Array(256);
  idLo = new Uint32Array(256);
  /** Bytes of all entries, idle ones included. */
  heldBytes = 0;
  /** Entries in use or idle. */
  size = 0;
  #holders = new Int32Array(256);
  #hashes = new Int32Array(256);
  /** Next slot in the same bucket; while free: next free slot. */
  #following = new Int32Array(256);
  #older = new Int32Array(256);
  #newer = new Int32Array(256);
  #buckets = new Int32Array(512).fill(NONE);
  readonly #messages: (Buffer | undefined)[] = [];
  readonly #schemas: (Buffer | undefined)[] = [];
  #free = NONE;
  #oldestIdle = NONE;
  #newestIdle = NONE;
  #idle = 0;
  #idleBytes = 0;
  readonly #seed: number;

  /** @param seed any 32 bits, so that peers cannot know which messages share a bucket. */
  constructor(seed = FNV_START) {
    this.#seed = seed | 0;
  }

  /**
   * Slot of message bytes[from, to) with its schema_url. A new one is idle until somebody retains it; idle ones stay valid until {@link trim}.
   */
  intern(
    bytes: Uint8Array,
    from: number,
    to: number,
    schema: Uint8Array,
    schemaFrom: number,
    schemaTo: number,
  ): number {
    let hash = this.#seed ^ (to - from);
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ (hash >>> 15) ^ bytes[i]!, 0x2c1b3c6d);
    for (let i = schemaFrom; i < schemaTo; i++) hash = Math.imul(hash ^ (hash >>> 15) ^ schema[i]!, 0x297a2d39);
    hash ^= hash >>> 13;
    for (let slot = this.#buckets[hash & (this.#buckets.length - 1)]!; slot !== NONE; slot = this.#following[slot]!) {
      if (this.#hashes[slot] !== hash) continue;
      const message = this.messageOf(slot);
      if (message.length !== to - from || message.compare(bytes, from, to) !== 0) continue;
      if (this.schemaUrlOf(slot).compare(schema, schemaFrom, schemaTo) === 0) return slot;
    }
    return this.#add(hash, copyOf(bytes, from, to), copyOf(schema, schemaFrom, schemaTo));
  }

  /** @throws Error when the slot is not in use. */
  messageOf(slot: number): Buffer {
    const message = this.#messages[slot];
    if (message === undefined) throw new Error(`message slot ${slot} is not in use`);
    return message;
  }

  schemaUrlOf(slot: number): Buffer {
    const schema = this.#schemas[slot];
    if (schema === undefined) throw new Error(`message slot ${slot} is not in use`);
    return schema;
  }

  /** HOT: per span. Holds a slot for n more spans. */
  retain(slot: number, n: number): void {
    const held = this.#holders[slot]!;
    if (held === 0 && n > 0) this.#unlinkIdle(slot);
    this.#holders[slot] = held + n;
  }

  /** HOT: per span. Lets one span go. */
  release(slot: number): void {
    const left = this.#holders[slot]! - 1;
    this.#holders[slot] = left;
    if (left === 0) this.#linkIdle(slot);
  }

  /** Lets the longest idle entries go until the rest is within bounds. Call it where no slot lies about unretained. */
  trim(): void {
    while (this.#idle > MAX_IDLE_ENTRIES || this.#idleBytes > MAX_IDLE_BYTES) this.#remove(this.#oldestIdle);
  }

  /** Called with each new slot, so that a derived table can fill its own columns. */
  protected added(_slot: number): void {}

  /** Called when the columns grow to `capacity` slots. */
  protected grown(_capacity: number): void {}

  #add(hash: number, message: Buffer, schema: Buffer): number {
    let slot = this.#free;
    if (slot === NONE) slot = this.#messages.length;
    else this.#free = this.#following[slot]!;
    if (slot >= this.#holders.length) this.#grow();
    this.#messages[slot] = message;
    this.#schemas[slot] = schema;
    this.#hashes[slot] = hash;
    this.#holders[slot] = 0;
    const bucket = hash & (this.#buckets.length - 1);
    this.#following[slot] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
    const digest = createHash('sha256').update(message).update(schema).digest();
    this.idHi[slot] = digest.readUInt32BE(0);
    this.idLo[slot] = digest.readUInt32BE(4);
    this.heldBytes += this.#bytesOf(slot);
    this.size++;
    this.#linkIdle(slot);
    this.added(slot);
    return slot;
  }

  #remove(slot: number): void {
    this.#unlinkIdle(slot);
    const bucket = this.#hashes[slot]! & (this.#buckets.length - 1);
    let at = this.#buckets[bucket]!;
    if (at === slot) this.#buckets[bucket] = this.#following[slot]!;
    else {
      while (this.#following[at] !== slot) at = this.#following[at]!;
      this.#following[at] = this.#following[slot]!;
    }
    this.heldBytes -= this.#bytesOf(slot);
    this.size--;
    this.#messages[slot] = undefined;
    this.#schemas[slot] = undefined;
    this.#following[slot] = this.#free;
    this.#free = slot;
  }

  #bytesOf(slot: number): number {
    return this.messageOf(slot).length + this.schemaUrlOf(slot).length + ENTRY_OVERHEAD_BYTES;
  }

  #linkIdle(slot: number): void {
    this.#older[slot] = this.#newestIdle;
    this.#newer[slot] = NONE;
    if (this.#newestIdle === NONE) this.#oldestIdle = slot;
    else this.#newer[this.#newestIdle] = slot;
    this.#newestIdle = slot;
    this.#idle++;
    this.#idleBytes += this.#bytesOf(slot);
  }

  #unlinkIdle(slot: number): void {
    const older = this.#older[slot]!;
    const newer = this.#newer[slot]!;
    if (older === NONE) this.#oldestIdle = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newestIdle = older;
    else this.#older[newer] = older;
    this.#idle--;
    this.#idleBytes -= this.#bytesOf(slot);
  }

  #grow(): void {
    const capacity = this.#holders.length * 2;
    this.idHi = grown(this.idHi, capacity);
    this.idLo = grown(this.idLo, capacity);
    this.#holders = grownSigned(this.#holders, capacity);
    this.#hashes = grownSigned(this.#hashes, capacity);
    this.#following = grownSigned(this.#following, capacity);
    this.#older = grownSigned(this.#older, capacity);
    this.#newer = grownSigned(this.#newer, capacity);
    this.#buckets = new Int32Array(capacity * 2).fill(NONE);
    for (let slot = 0; slot < this.#messages.length; slot++) {
      if (this.#messages[slot] === undefined) continue;
      const bucket = this.#hashes[slot]! & (capacity * 2 - 1);
      this.#following[slot] = this.#buckets[bucket]!;
      this.#buckets[bucket] = slot;
    }
    this.grown(capacity);
  }
}

function copyOf(bytes: Uint8Array, from: number, to: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(to - from);
  copy.set(bytes.subarray(from, to));
  return copy;
}

/** A longer copy. */
export function grown(column: Uint32Array, capacity: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(capacity);
  longer.set(column);
  return longer;
}

function grownSigned(column: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(capacity);
  longer.set(column);
  return longer;
}
