// Steps over the fields of one protobuf message without building objects: enough for answers, splitting and transcoding.

/** Protobuf wire types. */
export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

/** Longest legal varint. */
const MAX_VARINT_BYTES = 10;

/** Thrown for bytes that are no protobuf; `offset` is where reading stopped. */
export class MalformedProtobufError extends Error {
  override readonly name = 'MalformedProtobufError';
  readonly offset: number;

  constructor(what: string, offset: number) {
    super(`malformed protobuf at byte ${offset}: ${what}`);
    this.offset = offset;
  }
}

/**
 * Cursor over the fields of the message in `bytes[from, to)`. After `next()` returns true, `field` and `wire` name the
 * field, `[start, end)` is its payload, `tagStart` where its tag began, `low` and `high` the 64 bits of a varint or fixed64.
 */
export class FieldReader {
  field = 0;
  wire = 0;
  tagStart = 0;
  start = 0;
  end = 0;
  low = 0;
  high = 0;
  readonly bytes: Uint8Array;
  readonly #to: number;

  constructor(bytes: Uint8Array, from = 0, to: number = bytes.length) {
    this.bytes = bytes;
    this.end = from;
    this.#to = to;
  }

  /**
   * Moves to the next field; false at the end of the message.
   * @throws MalformedProtobufError when the bytes are cut or no field
   */
  next(): boolean {
    if (this.end >= this.#to) return false;
    this.tagStart = this.end;
    this.#varint(this.end);
    const tag = this.low;
    this.field = tag >>> 3;
    this.wire = tag & 7;
    if (this.field === 0) throw new MalformedProtobufError('field number 0', this.tagStart);
    this.start = this.end;
    switch (this.wire) {
      case WIRE_VARINT:
        this.#varint(this.start);
        break;
      case WIRE_FIXED64:
        this.#take(8);
        this.low = this.#uint32(this.start);
        this.high = this.#uint32(this.start + 4);
        break;
      case WIRE_BYTES: {
        this.#varint(this.start);
        if (this.high !== 0) throw new MalformedProtobufError('a length beyond 4 GiB', this.start);
        this.start = this.end;
        this.#take(this.low);
        break;
      }
      case WIRE_FIXED32:
        this.#take(4);
        this.low = this.#uint32(this.start);
        this.high = 0;
        break;
      default:
        throw new MalformedProtobufError(`wire type ${this.wire}`, this.tagStart);
    }
    return true;
  }

  /** The current varint or fixed64 as a signed 64-bit integer. */
  asSigned(): bigint {
    return BigInt.asIntN(64, this.asUnsigned());
  }

  /** The current varint or fixed64 as an unsigned 64-bit integer. */
  asUnsigned(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  /** The current payload, not copied. */
  payload(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  /** The current payload as UTF-8 text. */
  text(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.start, this.end - this.start).toString('utf8');
  }

  #take(length: number): void {
    this.end = this.start + length;
    if (this.end > this.#to) throw new MalformedProtobufError(`${length} bytes announced, fewer left`, this.start);
  }

  #uint32(at: number): number {
    const b = this.bytes;
    return (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0;
  }

  #varint(from: number): void {
    let low = 0;
    let high = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (from + i >= this.#to) throw new MalformedProtobufError('a varint is cut', from);
      const byte = this.bytes[from + i]!;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        this.end = from + i + 1;
        return;
      }
    }
    throw new MalformedProtobufError('a varint longer than 10 bytes', from);
  }
}
