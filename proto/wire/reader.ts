// Reads protobuf bytes that nobody has checked, in place: no copies, no objects per field, 64-bit values as two halves.
//
// What is refused is the same here and in the index of trace requests (collector/assemble/wire-scanner.ts), so that a message that one of them
// accepts can be walked without checks (walk.ts):
// - a varint of more than ten bytes, or of more than 64 bits: the tenth byte is 0 or 1;
// - a tag or a length of more than five bytes or 32 bits, as protobuf's own parser in C++ does; field number 0;
// - groups. OTLP has none, they are "group start (deprecated)" and "group end (deprecated)" of the encoding's table of wire types
//   (https://protobuf.dev/programming-guides/encoding/#structure), and proto3 cannot declare them; what is skipped unread would have to be counted in depth.
import { TWO_32 } from '../model/halves.ts';
import { MAX_VARINT_BYTES } from './varint.ts';
import { WireError } from './wire-error.ts';
import {
  WIRE_BYTES,
  WIRE_END_GROUP,
  WIRE_FIXED32,
  WIRE_FIXED64,
  WIRE_START_GROUP,
  WIRE_VARINT,
  wireType,
} from './wire-type.ts';

/** Bytes of 32 bits as varint. */
const MAX_VARINT32_BYTES = 5;
const scratch = new DataView(new ArrayBuffer(8));

/** A cursor over bytes[pos, end). Every method throws {@link WireError} on malformed input and never reads past `end`. */
export class WireReader {
  bytes: Uint8Array;
  pos: number;
  end: number;
  /** High and low 32 bits (unsigned) of the last 64-bit read. */
  hi = 0;
  lo = 0;
  /** Of the field that {@link next} read: number and wire type, and its value bytes[from, to), behind the length of a length-delimited one. */
  fieldTag = 0;
  from = 0;
  to = 0;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  /** Reads a whole field; a varint or a fixed one is then in hi and lo (hi = 0 for 32 bits). False at the end. */
  next(): boolean {
    if (this.pos >= this.end) return false;
    const tag = this.tag();
    this.fieldTag = tag;
    this.from = this.pos;
    if (wireType(tag) === WIRE_BYTES) {
      const to = this.length();
      this.from = this.pos;
      this.pos = to;
    } else if (wireType(tag) === WIRE_FIXED32) {
      this.lo = this.fixed32();
      this.hi = 0;
    } else this.skip(tag);
    this.to = this.pos;
    return true;
  }

  /** Field number × 8 + wire type, unsigned. */
  tag(): number {
    const at = this.pos;
    const tag = this.#varint32('a field number out of range');
    if (tag < 8) throw new WireError('illegal field number', at);
    return tag;
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
        if (i === MAX_VARINT_BYTES - 1 && byte > 1) throw new WireError('varint of more than 64 bits', start);
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
    return this.asDouble();
  }

  /** Reads a length and returns where the field ends; its bytes begin at `pos`. Allocates nothing, whatever the length claims. */
  length(): number {
    const at = this.pos;
    const length = this.#varint32('a length out of range');
    const end = this.pos + length;
    if (end > this.end) throw new WireError('length runs off the end', at);
    return end;
  }

  /** The last 64-bit value as unsigned bigint; not for hot code. */
  unsigned(): bigint {
    return (BigInt(this.hi) << 32n) | BigInt(this.lo);
  }

  /** The last 64-bit value as signed bigint; not for hot code. */
  signed(): bigint {
    return BigInt.asIntN(64, this.unsigned());
  }

  /** The last 64-bit value as unsigned double: exact up to 2^53, else the nearest. */
  unsignedNumber(): number {
    return this.hi * TWO_32 + this.lo;
  }

  /** The last 64-bit value as signed double: exact within ±2^53, else the nearest. */
  signedNumber(): number {
    return (this.hi | 0) * TWO_32 + this.lo;
  }

  /** The last 64-bit value as the bits of a double. */
  asDouble(): number {
    scratch.setUint32(0, this.hi);
    scratch.setUint32(4, this.lo);
    return scratch.getFloat64(0);
  }

  /** Skips the value of a field whose tag was just read. */
  skip(tag: number): void {
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
      case WIRE_END_GROUP:
        throw new WireError('groups are not part of OTLP', at);
      default:
        throw new WireError(`wire type ${wireType(tag)} does not exist`, at);
    }
  }

  /** A tag or a length. */
  #varint32(outOfRange: string): number {
    const at = this.pos;
    this.varint64();
    if (this.hi !== 0 || this.pos - at > MAX_VARINT32_BYTES) throw new WireError(outOfRange, at);
    return this.lo;
  }
}
