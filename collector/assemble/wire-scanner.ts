// Checks protobuf structure in place: varints, lengths, wire types, attributes of any depth. What passes here can be walked
// later without a single bound check (proto/wire/walk.ts). It is a scanner beside WireReader (proto/wire/reader.ts), with the same rules for varints,
// tags, lengths and groups and the same error, because every span passes here: positions are passed in registers instead of being stored in a
// cursor, a tag and its check are one comparison, and nested values are checked without recursion. It also refuses known fields with another
// wire type, which protobuf reads as unknown ones: later readers may look at the number of a field alone.

import { WireError } from '#proto/wire/wire-error.ts';
import { ANY_VALUE, ARRAY_VALUE, KEY_VALUE } from '#proto/otlp/fields.ts';

// Constants of this module: the tags that hot code compares.
const { key: KEY, value: VALUE, keyStrindex: KEY_INDEX } = KEY_VALUE;
const { stringValue: STRING, bytesValue: BYTES, boolValue: BOOL, intValue: INT, doubleValue: DOUBLE } = ANY_VALUE;
const { arrayValue: ARRAY, kvlistValue: LIST, stringValueStrindex: STRING_INDEX } = ANY_VALUE;
/** Of ArrayValue and KeyValueList. */
const { values: VALUES } = ARRAY_VALUE;

/** Values within values (arrays, maps): deeper than any real attribute, shallow enough for every later walk. */
export const MAX_VALUE_DEPTH = 64;
/** Frames per level: a value, its key-value list, the pair. */
const MAX_FRAMES = MAX_VALUE_DEPTH * 3 + 3;

const IN_VALUE = 0;
const IN_ARRAY = 1;
const IN_LIST = 2;
const IN_PAIR = 3;

const EMPTY = Buffer.alloc(0);

export class WireScanner {
  protected bytes: Buffer = EMPTY;
  /** Value of the last {@link uvarint} (low 32 bits, unsigned) or {@link bigLength}. */
  protected value = 0;
  readonly #frameEnd = new Int32Array(MAX_FRAMES);
  readonly #frameKind = new Uint8Array(MAX_FRAMES);

  protected fail(offset: number, what: string): never {
    throw new WireError(what, offset);
  }

  /** Reads a varint of at most 10 bytes into {@link value}; returns where it ends. */
  protected uvarint(at: number, end: number): number {
    const bytes = this.bytes;
    let low = 0;
    for (let i = 0; i < 10; i++) {
      const p = at + i;
      if (p >= end) this.fail(at, 'a varint runs over the end');
      const byte = bytes[p]!;
      if (i < 5) low |= (byte & 0x7f) << (i * 7);
      if (byte < 0x80) {
        if (i === 9 && byte > 1) this.fail(at, 'a varint of more than 64 bits');
        this.value = low >>> 0;
        return p + 1;
      }
    }
    return this.fail(at, 'a varint of more than 10 bytes');
  }

  /** HOT: skips a varint. */
  protected skipVarint(at: number, end: number): number {
    if (at < end && this.bytes[at]! < 0x80) return at + 1;
    return this.uvarint(at, end);
  }

  /** HOT: reads a length at `at` into {@link value} and returns where its payload starts; the payload lies within end. */
  protected payload(at: number, end: number): number {
    if (at >= end) this.fail(at, 'a length is missing');
    const byte = this.bytes[at]!;
    if (byte < 0x80) {
      if (at + 1 + byte > end) this.fail(at, `a field of ${byte} bytes runs over the end`);
      this.value = byte;
      return at + 1;
    }
    return this.#longPayload(at, end);
  }

  /** Reads a tag of more than one byte into {@link value}. */
  protected longTag(at: number, end: number): number {
    const next = this.uvarint(at, end);
    if (next - at > 5 || (next - at === 5 && this.bytes[next - 1]! > 0x0f))
      this.fail(at, 'a field number out of range');
    return next;
  }

  /**
   * Steps over a field that this message does not name.
   * @param known highest field number of the message: a field up to it comes here only with a wrong wire type.
   */
  protected skip(tag: number, at: number, end: number, known: number): number {
    const field = tag >>> 3;
    const wireType = tag & 7;
    if (field === 0) this.fail(at, 'field number 0');
    if (field <= known) this.fail(at, `field ${field} has wire type ${wireType}`);
    switch (wireType) {
      case 0:
        return this.skipVarint(at, end);
      case 1:
        return this.fixed(at, end, 8);
      case 2:
        return this.payload(at, end) + this.value;
      case 5:
        return this.fixed(at, end, 4);
      default:
        return this.fail(at, wireType < 5 ? 'groups are not part of OTLP' : `wire type ${wireType} does not exist`);
    }
  }

  /** HOT */
  protected fixed(at: number, end: number, size: number): number {
    if (at + size > end) this.fail(at, `a fixed field of ${size} bytes runs over the end`);
    return at + size;
  }

  /** Checks a message of fields that are all length-delimited strings up to `known` (EntityRef). */
  protected strings(from: number, end: number, known: number): void {
    let p = from;
    while (p < end) {
      let tag = this.bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      const field = tag >>> 3;
      if ((tag & 7) === 2 && field >= 1 && field <= known) p = this.payload(p, end) + this.value;
      else p = this.skip(tag, p, end, known);
    }
  }

  /** HOT: checks a KeyValue; returns where its last key starts, with the key's length in {@link value} (0 when it has none). */
  protected keyValue(from: number, end: number): number {
    const bytes = this.bytes;
    let keyFrom = from;
    let keyLength = 0;
    let p = from;
    while (p < end) {
      let tag = bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      if (tag === KEY) {
        keyFrom = this.payload(p, end);
        keyLength = this.value;
        p = keyFrom + keyLength;
      } else if (tag === VALUE) {
        p = this.payload(p, end);
        const valueEnd = p + this.value;
        // Most values are one short string: tag, length, and the string to the end.
        const isPlainString =
          this.value >= 2 && bytes[p] === STRING && bytes[p + 1] === this.value - 2 && this.value < 0x82;
        if (!isPlainString) this.nested(p, valueEnd);
        p = valueEnd;
      } else if (tag === KEY_INDEX) p = this.skipVarint(p, end);
      else p = this.skip(tag, p, end, 3);
    }
    this.value = keyLength;
    return keyFrom;
  }

  /** Checks an AnyValue with all that is in it, without recursion. */
  protected nested(from: number, to: number): void {
    const bytes = this.bytes;
    const frameEnd = this.#frameEnd;
    const frameKind = this.#frameKind;
    let frame = 0;
    let depth = 1;
    let end = to;
    let kind = IN_VALUE;
    frameEnd[0] = to;
    frameKind[0] = IN_VALUE;
    let p = from;
    for (;;) {
      if (p >= end) {
        if (frame === 0) return;
        if (kind === IN_VALUE) depth--;
        frame--;
        end = frameEnd[frame]!;
        kind = frameKind[frame]!;
        continue;
      }
      let tag = bytes[p]!;
      if (tag < 0x80) p++;
      else {
        p = this.longTag(p, end);
        tag = this.value;
      }
      let inner = -1;
      if (kind === IN_VALUE) {
        if (tag === STRING || tag === BYTES) p = this.payload(p, end) + this.value;
        else if (tag === BOOL || tag === INT || tag === STRING_INDEX) p = this.skipVarint(p, end);
        else if (tag === DOUBLE) p = this.fixed(p, end, 8);
        else if (tag === ARRAY) inner = IN_ARRAY;
        else if (tag === LIST) inner = IN_LIST;
        else p = this.skip(tag, p, end, 8);
      } else if (kind === IN_PAIR) {
        if (tag === KEY) p = this.payload(p, end) + this.value;
        else if (tag === VALUE) inner = IN_VALUE;
        else if (tag === KEY_INDEX) p = this.skipVarint(p, end);
        else p = this.skip(tag, p, end, 3);
      } else if (tag === VALUES) inner = kind === IN_ARRAY ? IN_VALUE : IN_PAIR;
      else p = this.skip(tag, p, end, 1);
      if (inner < 0) continue;
      p = this.payload(p, end);
      if (inner === IN_VALUE && ++depth > MAX_VALUE_DEPTH)
        this.fail(p, `values nested more than ${MAX_VALUE_DEPTH} deep`);
      end = p + this.value;
      kind = inner;
      frame++;
      frameEnd[frame] = end;
      frameKind[frame] = kind;
    }
  }

  #longPayload(at: number, end: number): number {
    const next = this.uvarint(at, end);
    if (next - at > 5 || (next - at === 5 && this.bytes[next - 1]! > 0x0f)) this.fail(at, 'a length out of range');
    if (next + this.value > end) this.fail(at, `a field of ${this.value} bytes runs over the end`);
    return next;
  }
}
