// Whether two Span messages say the same. Encoders agree but for one thing: some write a count or a code that is 0, others leave it out.

const WIRE_TYPE_MASK = 7;
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIELD_EVENTS = 11;
const FIELD_LINKS = 13;
const FIELD_STATUS = 15;

class Walk {
  readonly bytes: Buffer;
  end: number;
  field = 0;
  wireType = VARINT;
  /** Of the value. */
  from = 0;
  to = 0;

  constructor(bytes: Buffer, at: number, length: number) {
    this.bytes = bytes;
    this.to = at;
    this.end = at + length;
  }

  /** Goes to the next field that is not a zero; false at the end. The message is well-formed: the index has read it. */
  next(): boolean {
    while (this.to < this.end) {
      const tag = this.#varint(this.to);
      this.field = Math.floor(tag / 8);
      this.wireType = tag & WIRE_TYPE_MASK;
      const at = this.to;
      if (this.wireType === VARINT) {
        const value = this.#varint(at);
        this.from = at;
        if (value === 0) continue;
      } else if (this.wireType === BYTES) {
        const length = this.#varint(at);
        this.from = this.to;
        this.to += length;
      } else {
        this.from = at;
        this.to = at + (this.wireType === FIXED64 ? 8 : 4);
      }
      return true;
    }
    return false;
  }

  /** Of the value that stands there; {@link to} is where it ends. */
  #varint(at: number): number {
    let value = 0;
    let factor = 1;
    let p = at;
    for (; this.bytes[p]! >= 0x80; p++) {
      value += (this.bytes[p]! & 0x7f) * factor;
      factor *= 128;
    }
    this.to = p + 1;
    return value + this.bytes[p]! * factor;
  }
}

/** For spans of equal prints only: most often all bytes are equal. @param at of the first message @param othersAt of the second */
export function isSameMessage(bytes: Buffer, at: number, length: number, others: Buffer, othersAt: number, othersLength: number): boolean {
  if (length === othersLength && bytes.compare(others, othersAt, othersAt + length, at, at + length) === 0) return true;
  return saysTheSame(new Walk(bytes, at, length), new Walk(others, othersAt, othersLength), true);
}

function saysTheSame(one: Walk, other: Walk, isSpan: boolean): boolean {
  for (;;) {
    const isMore = one.next();
    if (isMore !== other.next()) return false;
    if (!isMore) return true;
    if (one.field !== other.field || one.wireType !== other.wireType) return false;
    if (one.bytes.compare(other.bytes, other.from, other.to, one.from, one.to) === 0) continue;
    const isMessage = isSpan && (one.field === FIELD_EVENTS || one.field === FIELD_LINKS || one.field === FIELD_STATUS);
    if (!isMessage || !saysTheSame(new Walk(one.bytes, one.from, one.to - one.from), new Walk(other.bytes, other.from, other.to - other.from), false)) return false;
  }
}
