// Builds protobuf bytes once, off the hot path, and remembers the places that are filled in anew for every trace.

/** What stands at a patched place. `arg` is a span index, a point index, a link index, or slot × 16 + digit count. */
export const PATCH_TRACE_ID = 0;
export const PATCH_SPAN_ID = 1;
export const PATCH_TIME = 2;
export const PATCH_LINK = 3;
export const PATCH_DIGITS = 4;

/** Digits in one place; a place holds `slot * DIGITS_RADIX + digits`. */
export const DIGITS_RADIX = 16;

/** An attribute value; `{ slot, digits, prefix }` is text that ends in digits drawn per trace. */
export type AttributeValue = string | number | boolean | { prefix: string; slot: number; digits: number };

/** Attributes by key. */
export type Attributes = Record<string, AttributeValue>;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Append-only message; patches move along when it is put into another one. */
export class ByteBuilder {
  readonly bytes: number[] = [];
  readonly patches: { kind: number; at: number; arg: number }[] = [];

  /** An unsigned integer field; zeros are written, too. */
  varint(id: number, value: number): this {
    this.#number((id << 3) | VARINT);
    this.#number(value);
    return this;
  }

  /** A double field. */
  double(id: number, value: number): this {
    this.#number((id << 3) | FIXED64);
    this.bytes.push(...new Uint8Array(new Float64Array([value]).buffer));
    return this;
  }

  /** A fixed32 field. */
  fixed32(id: number, value: number): this {
    this.#number((id << 3) | FIXED32);
    this.bytes.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
    return this;
  }

  /** A text field. */
  text(id: number, value: string): this {
    return this.#run(id, Buffer.from(value, 'utf8'));
  }

  /** A fixed64 time that is patched from point `point`. */
  time(id: number, point: number): this {
    this.#number((id << 3) | FIXED64);
    this.#patch(PATCH_TIME, point);
    this.bytes.push(0, 0, 0, 0, 0, 0, 0, 0);
    return this;
  }

  /** A patched id of 16 or 8 bytes. */
  id(id: number, kind: number, arg: number): this {
    const length = kind === PATCH_TRACE_ID ? 16 : 8;
    this.#number((id << 3) | BYTES);
    this.#number(length);
    this.#patch(kind, arg);
    for (let i = 0; i < length; i++) this.bytes.push(0);
    return this;
  }

  /** A link's trace id and span id, patched together as 16 + 2 + 8 bytes. */
  linkIds(link: number): this {
    this.#number((1 << 3) | BYTES);
    this.#number(16);
    this.#patch(PATCH_LINK, link);
    for (let i = 0; i < 16; i++) this.bytes.push(0);
    this.bytes.push((2 << 3) | BYTES, 8, 0, 0, 0, 0, 0, 0, 0, 0);
    return this;
  }

  /** KeyValues in field `id`. */
  attributes(id: number, attributes: Attributes): this {
    for (const [key, value] of Object.entries(attributes)) {
      this.message(id, new ByteBuilder().text(1, key).message(2, valueOf(value)));
    }
    return this;
  }

  /** Another message in field `id`. */
  message(id: number, inner: ByteBuilder): this {
    this.#number((id << 3) | BYTES);
    this.#number(inner.bytes.length);
    const offset = this.bytes.length;
    for (const { kind, at, arg } of inner.patches) this.patches.push({ kind, at: at + offset, arg });
    for (const byte of inner.bytes) this.bytes.push(byte);
    return this;
  }

  /** Text whose last digits are patched. */
  digits(id: number, prefix: string, slot: number, count: number): this {
    this.#run(id, Buffer.from(prefix + '0'.repeat(count), 'utf8'));
    this.patches.push({ kind: PATCH_DIGITS, at: this.bytes.length - count, arg: slot * DIGITS_RADIX + count });
    return this;
  }

  #patch(kind: number, arg: number): void {
    this.patches.push({ kind, at: this.bytes.length, arg });
  }

  #run(id: number, run: Uint8Array): this {
    this.#number((id << 3) | BYTES);
    this.#number(run.length);
    for (const byte of run) this.bytes.push(byte);
    return this;
  }

  #number(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes.push((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.bytes.push(rest);
  }
}

// AnyValue: string 1, bool 2, int 3, double 4.
function valueOf(value: AttributeValue): ByteBuilder {
  const any = new ByteBuilder();
  if (typeof value === 'string') return any.text(1, value);
  if (typeof value === 'boolean') return any.varint(2, value ? 1 : 0);
  if (typeof value === 'number') return Number.isInteger(value) ? any.varint(3, value) : any.double(4, value);
  return any.digits(1, value.prefix, value.slot, value.digits);
}
