// Steps over the fields of protobuf bytes that were checked before (proto/wire/reader.ts, or the index of trace requests): no bound is checked
// again, and no object, string or closure is made. What was not checked is read with WireReader. Should bytes be damaged all the same (by a disk, say),
// the walk ends at the first field that leads outside of its message: it never throws, and never shows a value that is not within the message.
import { TWO_32 } from '../model/halves.ts';
import { MAX_VARINT_BYTES } from './varint.ts';
import { WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT } from './wire-type.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * A cursor over the fields of one message. Who reads keeps one for each level of messages and opens it again and again. Nothing else moves it,
 * so that what it says of a field is true until its own next step.
 */
export class WireWalk {
  bytes: Uint8Array = NO_BYTES;
  /** Number and wire type of the current field: compare it whole, for a known field with another wire type is an unknown field. */
  tag = 0;
  /** The value of the current field: bytes[from, to), behind the length of a length-delimited one. */
  from = 0;
  to = 0;
  #end = 0;

  /** Begins at the message bytes[from, to). */
  open(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.to = from;
    this.#end = to;
  }

  /** Keeps no bytes alive. */
  close(): void {
    this.open(NO_BYTES, 0, 0);
  }

  /** HOT: steps to the next field; false at the end of the message. */
  next(): boolean {
    let at = this.to;
    const end = this.#end;
    if (at >= end) return false;
    const bytes = this.bytes;
    let tag = bytes[at++]!;
    if (tag >= 0x80) {
      tag = varint32At(bytes, at - 1);
      while (bytes[at++]! >= 0x80);
    }
    this.tag = tag;
    const wireType = tag & 7;
    if (wireType === WIRE_BYTES) {
      let length = bytes[at++]!;
      if (length >= 0x80) {
        length = varint32At(bytes, at - 1);
        while (bytes[at++]! >= 0x80);
      }
      this.from = at;
      at += length;
    } else {
      this.from = at;
      if (wireType === WIRE_VARINT) while (bytes[at++]! >= 0x80);
      else if (wireType === WIRE_FIXED64) at += 8;
      else if (wireType === WIRE_FIXED32) at += 4;
      // Groups, and wire types that do not exist: no check lets them pass.
      else at = end + 1;
    }
    this.to = at;
    return at <= end;
  }

  /** HOT: makes a varint that no tag stands before the current field. */
  varintAt(bytes: Uint8Array, at: number): void {
    let to = at;
    while (bytes[to++]! >= 0x80);
    this.bytes = bytes;
    this.from = at;
    this.to = to;
  }

  /** HOT: length of the current field's value. */
  get length(): number {
    return this.to - this.from;
  }

  /** HOT: low 32 bits of the current field, where it is a varint. Unsigned. */
  get lo(): number {
    const byte = this.bytes[this.from]!;
    return byte < 0x80 ? byte : varint32At(this.bytes, this.from);
  }

  /** HOT: high 32 bits of the current field, where it is a varint. Unsigned. */
  get hi(): number {
    const { bytes, from, to } = this;
    if (to - from < 5) return 0;
    let hi = (bytes[from + 4]! & 0x7f) >>> 4;
    for (let i = 5; i < to - from && i < MAX_VARINT_BYTES; i++) hi |= (bytes[from + i]! & 0x7f) << (7 * i - 32);
    return hi >>> 0;
  }

  /** HOT: the varint as unsigned double: exact up to 2^53, else the nearest. */
  get unsignedNumber(): number {
    return this.hi * TWO_32 + this.lo;
  }

  /** The varint as signed 64 bits; not for hot code. */
  get signed(): bigint {
    return (BigInt(this.hi | 0) << 32n) | BigInt(this.lo);
  }
}

/** HOT: low 32 bits of the varint at `at`, unsigned. */
function varint32At(bytes: Uint8Array, at: number): number {
  let value = 0;
  let i = at;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[i++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value >>> 0;
}
