// A LowCardinality(String) column: each distinct value once per block, rows as indexes. Cheaper than plain strings for
// us (a hash instead of a copy), for the network, and for the server, which otherwise builds the dictionary itself.
import { fnv1a, FNV_START } from '#proto/model/hash.ts';
import type { Column } from './column.ts';
import { grown, keptAfterReset, writeUInt64 } from './column.ts';
import { StringColumn } from './string-column.ts';

// SerializationLowCardinality: version, then index type and flags (additional keys, update dictionary).
const KEYS_VERSION = 1;
const HAS_ADDITIONAL_KEYS = 0x200;
const NEEDS_UPDATE = 0x400;
const INDEX_UINT32 = 2;
const PREFIX_BYTES = 8;
const HEADER_BYTES = 24;
const INITIAL_BUCKETS = 1024;
const EMPTY = -1;
// A value not found within so many steps is taken as new: names made to collide cost a longer dictionary, never time.
const MAX_PROBES = 32;

export class DictionaryColumn implements Column {
  readonly type = 'LowCardinality(String)';
  readonly #keys = new StringColumn();
  #keyStart: number[] = [];
  #keyEnd: number[] = [];
  #keyHash: number[] = [];
  #buckets = new Int32Array(INITIAL_BUCKETS).fill(EMPTY);
  #indexes: Buffer = Buffer.alloc(0);
  #used = 0;

  constructor() {
    this.#addKey(Buffer.alloc(0), 0, 0, 0); // index 0 is the default value, as the server writes it
  }

  get rows(): number {
    return this.#used / 4;
  }

  /** HOT. Appends a row of bytes[start, end) and returns its index in this block, for `appendIndex`. */
  append(source: Uint8Array, start: number, end: number): number {
    const index = start === end ? 0 : this.#find(source, start, end);
    this.appendIndex(index);
    return index;
  }

  appendText(text: string): number {
    const bytes = Buffer.from(text);
    return this.append(bytes, 0, bytes.length);
  }

  /** HOT. A row that repeats an earlier value of the same block. */
  appendIndex(index: number): void {
    const at = this.#used;
    if (at + 4 > this.#indexes.length) this.#indexes = grown(this.#indexes, at, at + 4);
    const buffer = this.#indexes;
    buffer[at] = index;
    buffer[at + 1] = index >>> 8;
    buffer[at + 2] = index >>> 16;
    buffer[at + 3] = index >>> 24;
    this.#used = at + 4;
  }

  #is(index: number, source: Uint8Array, start: number, end: number): boolean {
    const from = this.#keyStart[index]!;
    if (this.#keyEnd[index]! - from !== end - start) return false;
    const held = this.#keys.buffer;
    for (let i = from, j = start; j < end; i++, j++) if (held[i] !== source[j]) return false;
    return true;
  }

  byteLength(): number {
    return PREFIX_BYTES + (this.#used === 0 ? 0 : HEADER_BYTES + this.#keys.byteLength() + this.#used);
  }

  writePrefix(out: Buffer, at: number): number {
    return writeUInt64(out, at, KEYS_VERSION);
  }

  write(out: Buffer, at: number): number {
    if (this.#used === 0) return at; // the server writes and expects nothing for an empty nested column
    let end = writeUInt64(out, at, HAS_ADDITIONAL_KEYS + NEEDS_UPDATE + INDEX_UINT32);
    end = writeUInt64(out, end, this.#keys.rows);
    end = this.#keys.write(out, end);
    end = writeUInt64(out, end, this.rows);
    this.#indexes.copy(out, end, 0, this.#used);
    return end + this.#used;
  }

  reset(): void {
    this.#keys.reset();
    this.#keyStart = [];
    this.#keyEnd = [];
    this.#keyHash = [];
    if (this.#buckets.length > INITIAL_BUCKETS * 64) this.#buckets = new Int32Array(INITIAL_BUCKETS);
    this.#buckets.fill(EMPTY);
    this.#used = 0;
    this.#indexes = keptAfterReset(this.#indexes);
    this.#addKey(Buffer.alloc(0), 0, 0, 0);
  }

  #find(source: Uint8Array, start: number, end: number): number {
    let hash = fnv1a(source, start, end, FNV_START ^ (end - start));
    hash ^= hash >>> 15;
    const mask = this.#buckets.length - 1;
    let bucket = hash & mask;
    let probes = 0;
    for (; probes < MAX_PROBES; probes++) {
      const index = this.#buckets[bucket]!;
      if (index === EMPTY) break;
      if (this.#keyHash[index] === hash && this.#is(index, source, start, end)) return index;
      bucket = (bucket + 1) & mask;
    }
    const index = this.#addKey(source, start, end, hash);
    if (probes === MAX_PROBES) return index;
    this.#buckets[bucket] = index;
    if (this.#keys.rows * 2 > this.#buckets.length) this.#rehash();
    return index;
  }

  #addKey(source: Uint8Array, start: number, end: number, hash: number): number {
    const index = this.#keys.rows;
    this.#keys.append(source, start, end);
    this.#keyStart.push(this.#keys.used - (end - start));
    this.#keyEnd.push(this.#keys.used);
    this.#keyHash.push(hash);
    return index;
  }

  #rehash(): void {
    const buckets = new Int32Array(this.#buckets.length * 4).fill(EMPTY);
    const mask = buckets.length - 1;
    for (let index = 1; index < this.#keyHash.length; index++) {
      let bucket = this.#keyHash[index]! & mask;
      let probes = 0;
      for (; probes < MAX_PROBES && buckets[bucket] !== EMPTY; probes++) bucket = (bucket + 1) & mask;
      if (probes < MAX_PROBES) buckets[bucket] = index;
    }
    this.#buckets = buckets;
  }
}
