// Finds the values of the attribute keys that rules ask for: one walk over a message's bytes for all keys together.
import { WireWalk } from '#proto/wire/walk.ts';
import { VALUE_BYTES, VALUE_STRING } from '#proto/otlp/enums.ts';
import { KEY_VALUE } from '#proto/otlp/fields.ts';
import { fieldNumber, WIRE_BYTES } from '#proto/wire/wire-type.ts';

// Constants of this module: the tags that hot code compares.
const { key: KEY, value: VALUE } = KEY_VALUE;

/** The continuation bit of a tag's first byte, and its wire type. */
const ONE_BYTE_AND_TYPE = 0x87;

/** Types of a value: 0 = the key is missing, else the field number in AnyValue (common.proto), or {@link EMPTY_VALUE}. */
export const MISSING = 0;
/** The key is there, with an AnyValue that holds nothing. */
const EMPTY_VALUE = 15;

/** Key lengths beyond this share a list; no semantic convention comes near. */
const LENGTH_BUCKETS = 256;

/** The keys that a rule set asks for, each with a slot. */
export class AttributeKeys {
  readonly names: string[] = [];
  readonly bytes: Buffer[] = [];
  /** First slot with a key of that length, -1 for none; `following` goes on. */
  readonly byLength = new Int32Array(LENGTH_BUCKETS).fill(-1);
  readonly following: number[] = [];

  slot(key: string): number {
    const known = this.names.indexOf(key);
    if (known >= 0) return known;
    const slot = this.names.push(key) - 1;
    const bytes = Buffer.from(key);
    const bucket = Math.min(bytes.length, LENGTH_BUCKETS - 1);
    this.bytes.push(bytes);
    this.following.push(this.byLength[bucket]!);
    this.byLength[bucket] = slot;
    return slot;
  }

  get size(): number {
    return this.names.length;
  }
}

/** Values of one message by key slot: type, and where the payload lies in `bytes`. The first of equal keys counts. */
export class AttributeReader {
  bytes: Uint8Array = new Uint8Array(0);
  readonly types: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly #keys: AttributeKeys;
  readonly #count: number;
  readonly #fields = new WireWalk();
  readonly #pair = new WireWalk();
  readonly #value = new WireWalk();

  constructor(keys: AttributeKeys) {
    this.#keys = keys;
    this.#count = keys.size;
    this.types = new Uint8Array(keys.size);
    this.starts = new Int32Array(keys.size);
    this.ends = new Int32Array(keys.size);
  }

  /** HOT: per span. Reads the KeyValue fields with that one-byte tag of the message bytes[from, to). */
  read(bytes: Uint8Array, from: number, to: number, attributesTag: number): void {
    this.bytes = bytes;
    const types = this.types;
    let left = this.#count;
    for (let i = 0; i < left; i++) types[i] = MISSING;
    const fields = this.#fields;
    // Short fields, as nearly all are, are stepped over here: a call of the walk for each makes decisions 15 % slower.
    let at = from;
    while (left > 0 && at < to) {
      const tag = bytes[at]!;
      const length = bytes[at + 1]!;
      if ((tag & ONE_BYTE_AND_TYPE) === WIRE_BYTES && length < 0x80) {
        const start = at + 2;
        at = start + length;
        if (at > to) return; // damaged: as the walk, which shows nothing that leads outside
        if (tag === attributesTag && this.#keyValue(bytes, start, at)) left--;
        continue;
      }
      fields.open(bytes, at, to);
      if (!fields.next()) return;
      at = fields.to;
      if (fields.tag === attributesTag && this.#keyValue(bytes, fields.from, at)) left--;
    }
  }

  /** HOT: per attribute. @returns whether a key's value was found */
  #keyValue(bytes: Uint8Array, from: number, to: number): boolean {
    let keyStart = 0;
    let keyEnd = 0;
    let valueStart = -1;
    let valueEnd = -1;
    // Nearly every pair is a short key and a short value behind it. AttributesColumns of the store splits pairs likewise: with one class for both,
    // decisions took 4 to 7 % longer (five pairs of runs of the bench `decide`).
    const keyBytes = bytes[from + 1]!;
    const behindKey = from + 2 + keyBytes;
    const valueBytes = bytes[behindKey + 1]!;
    const isShort = keyBytes < 0x80 && valueBytes < 0x80 && behindKey + 2 + valueBytes === to;
    if (isShort && bytes[from] === KEY && bytes[behindKey] === VALUE) {
      keyStart = from + 2;
      keyEnd = behindKey;
      valueStart = behindKey + 2;
      valueEnd = to;
    } else {
      const pair = this.#pair;
      pair.open(bytes, from, to);
      while (pair.next()) {
        if (pair.tag === KEY) {
          keyStart = pair.from;
          keyEnd = pair.to;
        } else if (pair.tag === VALUE) {
          valueStart = pair.from;
          valueEnd = pair.to;
        }
      }
    }
    const keyLength = keyEnd - keyStart;
    const keys = this.#keys;
    let slot = keys.byLength[keyLength < LENGTH_BUCKETS ? keyLength : LENGTH_BUCKETS - 1]!;
    for (; slot >= 0; slot = keys.following[slot]!) {
      const key = keys.bytes[slot]!;
      let i = key.length === keyLength ? keyLength - 1 : -2;
      while (i >= 0 && key[i] === bytes[keyStart + i]) i--;
      if (i === -1) break;
    }
    if (slot < 0 || this.types[slot] !== MISSING) return false;
    this.#read(slot, bytes, valueStart, valueEnd);
    return true;
  }

  /** HOT: per attribute asked for. The last field of the AnyValue counts, as in any protobuf oneof. */
  #read(slot: number, bytes: Uint8Array, from: number, to: number): void {
    this.types[slot] = EMPTY_VALUE;
    this.starts[slot] = 0;
    this.ends[slot] = 0;
    // Nearly every value is one short field; the walk reads the others.
    const tag = from < 0 ? 0 : bytes[from]!;
    const length = bytes[from + 1]!;
    if ((tag & ONE_BYTE_AND_TYPE) === WIRE_BYTES && length < 0x80 && from + 2 + length === to) {
      this.#found(slot, tag, from + 2, to);
      return;
    }
    const value = this.#value;
    value.open(bytes, from, to);
    while (value.next()) this.#found(slot, value.tag, value.from, value.to);
  }

  /** HOT. */
  #found(slot: number, tag: number, from: number, to: number): void {
    const field = fieldNumber(tag);
    if (field < VALUE_STRING || field > VALUE_BYTES) return;
    this.types[slot] = field;
    this.starts[slot] = from;
    this.ends[slot] = to;
  }
}
