// Whether two Span messages say the same. Encoders agree but for one thing: some write a count or a code that is 0, others leave it out.
import { SPAN } from '#proto/otlp/fields.ts';
import { WIRE_BYTES, WIRE_VARINT } from '#proto/wire/wire-type.ts';
import { WireReader } from '#proto/wire/reader.ts';

/** Fields that hold messages. */
const MESSAGES: ReadonlySet<number> = new Set([SPAN.events, SPAN.links, SPAN.status]);

const NONE: ReadonlySet<number> = new Set();

interface Field {
  readonly tag: number;
  /** Of its value. */
  readonly from: number;
  readonly to: number;
}

/** For spans of equal prints only: most often all bytes are equal. @param at of the first message @param othersAt of the second */
export function isSameMessage(
  bytes: Buffer,
  at: number,
  length: number,
  others: Buffer,
  othersAt: number,
  othersLength: number,
): boolean {
  if (length === othersLength && bytes.compare(others, othersAt, othersAt + length, at, at + length) === 0) return true;
  return saysTheSame(
    new WireReader(bytes, at, at + length),
    new WireReader(others, othersAt, othersAt + othersLength),
    MESSAGES,
  );
}

/** @param messages tags of fields that are compared field by field, too */
function saysTheSame(one: WireReader, other: WireReader, messages: ReadonlySet<number>): boolean {
  for (;;) {
    const [a, b] = [nextField(one), nextField(other)];
    if (a === undefined || b === undefined) return a === b;
    if (a.tag !== b.tag) return false;
    if (Buffer.compare(one.bytes.subarray(a.from, a.to), other.bytes.subarray(b.from, b.to)) === 0) continue;
    if (!messages.has(a.tag)) return false;
    if (!saysTheSame(new WireReader(one.bytes, a.from, a.to), new WireReader(other.bytes, b.from, b.to), NONE))
      return false;
  }
}

/** The next field that is no zero; undefined at the end. The index has read the message: it is well-formed. */
function nextField(reader: WireReader): Field | undefined {
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    let from = reader.pos;
    if ((tag & 7) === WIRE_BYTES) {
      const to = reader.length();
      from = reader.pos;
      reader.pos = to;
      return { tag, from, to };
    }
    reader.skip(tag);
    if ((tag & 7) === WIRE_VARINT && reader.lo === 0 && reader.hi === 0) continue;
    return { tag, from, to: reader.pos };
  }
  return undefined;
}
