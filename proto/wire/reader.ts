// Reads protobuf wire format in place: no copies, no objects per field, 64-bit values as two halves.
import { TWO_32 } from '../model/halves.ts';
import { MAX_VARINT_BYTES } from './varint.ts';
import { WireError } from './wire-error.ts';
import {
  fieldNumber,
  WIRE_BYTES,
  WIRE_END_GROUP,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_START_GROUP,
  WIRE_VARINT,
  wireType,
} from './wire-type.ts';

/** Groups are dead since proto3; a few are tolerated while skipping unknown fields, never an attack on the stack. */
const MAX_GROUP_DEPTH = 16;

const scratch = new DataView(new ArrayBuffer(8));

/** A cursor over bytes[pos, end). Every method throws {@link WireError} on malformed input and never reads past `end`. */
export class WireReader {
  bytes: Uint8Array;
  pos: number;
  end: number;
  /** High and low 32 bits (unsigned) of the last 64-bit read. */
  hi = 0;
  lo = 0;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  /** Field number × 8 + wire type, unsigned. */
  tag(): number {
    const at = this.pos;
    this.varint64();
    if (this.hi !== 0 || this.lo < 8) throw new WireError('illegal field number', at);
    return this.lo;
  }

  /** A varint into hi and lo. */
  varint64(): void {
    const bytes = this.bytes;
    const start = this.pos;
    let lo = 0;
    let hi = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.pos >= this.end) throw new WireError('varint runs off the end', start);
      const byte = bytes[this.pos++]!;
      const bits = byte & 0x7f;
      if (i < 4) lo |= bits << (7 * i);
      else if (i === 4) {
        lo |= bits << 28;
        hi = bits >>> 4;
      } else hi |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.lo = lo >>> 0;
        this.hi = hi >>> 0;
        return;
      }
    }
    throw new WireError('varint longer than 10 bytes', start);
  }

  /** Low 32 bits of a varint, unsigned: uint32, bool and enum fields (int32 with `| 0`). */
  varint32(): number {
    this.varint64();
    return this.lo;
  }

  /** fixed64 or sfixed64 into hi and lo. */
  fixed64(): void {
    this.lo = this.fixed32();
    this.hi = this.fixed32();
  }

  fixed32(): number {
    const at = this.pos;
    if (this.end - at < 4) throw new WireError('fixed field runs off the end', at);
    const bytes = this.bytes;
    this.pos = at + 4;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  double(): number {
    this.fixed64();
    scratch.setUint32(0, this.hi);
    scratch.setUint32(4, this.lo);
    return scratch.getFloat64(0);
  }

  /** Reads a length and returns where the field ends; its bytes begin at `pos`. Allocates nothing, whatever the length claims. */
  length(): number {
    const at = this.pos;
    this.varint64();
    const end = this.pos + this.lo;
    if (this.hi !== 0 || end > this.end) throw new WireError('length runs off the end', at);
    return end;
  }

  /** The last 64-bit value as unsigned bigint; not for hot code. */
  unsigned(): bigint {
    return (BigInt(this.hi) << 32n) | BigInt(this.lo);
  }

  /** The last 64-bit value as unsigned double: exact up to 2^53, else the nearest. */
  unsignedNumber(): number {
    return this.hi * TWO_32 + this.lo;
  }

  /** The last 64-bit value as signed double: exact within ±2^53, else the nearest. */
  signedNumber(): number {
    return (this.hi | 0) * TWO_32 + this.lo;
  }

  /** Skips the value of a field whose tag was just read. */
  skip(tag: number, depth = 0): void {
    const at = this.pos;
    switch (wireType(tag)) {
      case WIRE_VARINT:
        this.varint64();
        return;
      case WIRE_FIXED64:
        this.fixed64();
        return;
      case WIRE_BYTES:
        this.pos = this.length();
        return;
      case WIRE_FIXED32:
        this.fixed32();
        return;
      case WIRE_START_GROUP:
        this.#skipGroup(tag, depth + 1);
        return;
      default:
        throw new WireError(`wire type ${wireType(tag)}`, at);
    }
  }

  #skipGroup(startTag: number, depth: number): void {
    const at = this.pos;
    if (depth > MAX_GROUP_DEPTH) throw new WireError(`groups nested deeper than ${MAX_GROUP_DEPTH}`, at);
    while (this.pos < this.end) {
      const tag = this.tag();
      if (wireType(tag) === WIRE_END_GROUP) {
        if (fieldNumber(tag) !== fieldNumber(startTag)) throw new WireError('group ends another field', this.pos);
        return;
      }
      this.skip(tag, depth);
    }
    throw new WireError('group without end', at);
  }
}
