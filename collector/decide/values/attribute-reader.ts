// Finds the values of the attribute keys that rules ask for: one walk over a message's bytes for all keys together.
import { VALUE_BYTES, VALUE_STRING } from '#proto/otlp/enums.ts';
import { KEY_VALUE } from '#proto/otlp/fields.ts';
import { fieldNumber } from '#proto/wire/wire-type.ts';
import { readLength, skipField, walk } from './protobuf-walk.ts';

// Constants of this module: the tags that hot code compares.
const { key: KEY, value: VALUE } = KEY_VALUE;

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
    let at = from;
    while (at < to && left > 0) {
      const tag = bytes[at]!;
      if (tag === attributesTag) {
        const length = readLength(bytes, at + 1, to);
        const start = walk.position;
        at = start + length < to ? start + length : to;
        if (this.#keyValue(bytes, start, at)) left--;
      } else {
        const wire = tag & 7;
        at++;
        if (tag >= 0x80) while (at < to && bytes[at++]! >= 0x80);
        at = skipField(bytes, at, to, wire);
      }
    }
  }

  /** HOT: per attribute. @returns whether a key's value was found */
  #keyValue(bytes: Uint8Array, from: number, to: number): boolean {
    let keyStart = 0;
    let keyEnd = 0;
    let valueStart = -1;
    let valueEnd = -1;
    let at = from;
    while (at < to) {
      const tag = bytes[at]!;
      if (tag === KEY) {
        const length = readLength(bytes, at + 1, to);
        keyStart = walk.position;
        at = keyEnd = keyStart + length < to ? keyStart + length : to;
      } else if (tag === VALUE) {
        const length = readLength(bytes, at + 1, to);
        valueStart = walk.position;
        at = valueEnd = valueStart + length < to ? valueStart + length : to;
      } else {
        at++;
        if (tag >= 0x80) while (at < to && bytes[at++]! >= 0x80);
        at = skipField(bytes, at, to, tag & 7);
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
    this.#value(slot, bytes, valueStart, valueEnd);
    return true;
  }

  /** HOT: per attribute asked for. The last field of the AnyValue counts, as in any protobuf oneof. */
  #value(slot: number, bytes: Uint8Array, from: number, to: number): void {
    this.types[slot] = EMPTY_VALUE;
    this.starts[slot] = 0;
    this.ends[slot] = 0;
    let at = from;
    while (at >= 0 && at < to) {
      const tag = bytes[at]!;
      const field = fieldNumber(tag);
      at++;
      if (tag >= 0x80) while (at < to && bytes[at++]! >= 0x80);
      const end = skipField(bytes, at, to, tag & 7);
      if (tag < 0x80 && field >= VALUE_STRING && field <= VALUE_BYTES) {
        this.types[slot] = field;
        this.starts[slot] = (tag & 7) === 2 ? walk.position : at;
        this.ends[slot] = end;
      }
      at = end;
    }
  }
}
