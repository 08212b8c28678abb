// Steps over the fields of a protobuf message without looking into them and without an object for each. What is malformed ends the walk
// without an error, and groups are malformed: it estimates and cuts requests that are checked whole afterwards, so it need not be strict.
import { WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, WIRE_VARINT } from '#proto/wire/wire-type.ts';

export class FieldCursor {
  readonly bytes: Uint8Array;
  /** Of the field last read: number, wire type, where its value starts (behind a length) and where it ends. */
  number = 0;
  wireType = 0;
  from = 0;
  end = 0;
  /** It could not be read. */
  isMalformed = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** HOT. Reads the field that starts at `at`. False at the end `to`, and where no field can be read. */
  read(at: number, to: number): boolean {
    if (at >= to) return false;
    if (this.#field(at, to)) return true;
    this.isMalformed = true;
    return false;
  }

  #field(at: number, to: number): boolean {
    const afterTag = this.#varint(at, to);
    if (afterTag < 0) return false;
    const tag = this.#value;
    this.number = tag < 0x8000_0000 ? tag >>> 3 : Math.floor(tag / 8);
    this.wireType = tag & 7;
    this.from = afterTag;
    switch (this.wireType) {
      case WIRE_VARINT:
        this.end = this.#varint(afterTag, to);
        break;
      case WIRE_FIXED64:
        this.end = afterTag + 8;
        break;
      case WIRE_FIXED32:
        this.end = afterTag + 4;
        break;
      case WIRE_BYTES:
        this.from = this.#varint(afterTag, to);
        this.end = this.from + this.#value;
        break;
      default:
        return false;
    }
    return this.number > 0 && this.from >= 0 && this.end >= this.from && this.end <= to;
  }

  #value = 0;

  /** Reads a varint into `#value`, exact up to 2^53. @returns where it ends, -1 when it does not */
  #varint(at: number, to: number): number {
    const { bytes } = this;
    if (at < to && bytes[at]! < 0x80) {
      this.#value = bytes[at]!;
      return at + 1;
    }
    let value = 0;
    let scale = 1;
    for (let i = at; i < to && i < at + 10; i++) {
      const byte = bytes[i]!;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        this.#value = value;
        return i + 1;
      }
    }
    return -1;
  }
}

export function isLengthDelimited(field: FieldCursor): boolean {
  return field.wireType === WIRE_BYTES;
}
