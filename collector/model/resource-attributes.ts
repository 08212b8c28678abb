// Reads a few attributes of a Resource message as text. The message was validated by the request index, so no bound is checked again.
import { ANY_VALUE, KEY_VALUE, RESOURCE } from '#proto/otlp/fields.ts';

/**
 * First value of each key, as text: strings as they are, ints, doubles and booleans printed; '' when absent or of another type.
 * @param message a Resource message (opentelemetry.proto.resource.v1)
 */
export function resourceAttributeTexts(message: Buffer, keys: readonly string[]): string[] {
  const found = keys.map(() => '');
  const seen = keys.map(() => false);
  const cursor = new Cursor(message, 0, message.length);
  while (cursor.next()) {
    if (cursor.tag !== RESOURCE.attributes) continue;
    let key = '';
    let value = '';
    const pair = new Cursor(message, cursor.from, cursor.to);
    while (pair.next()) {
      if (pair.tag === KEY_VALUE.key) key = message.toString('utf8', pair.from, pair.to);
      else if (pair.tag === KEY_VALUE.value) value = anyValueText(message, pair.from, pair.to);
    }
    const at = keys.indexOf(key);
    if (at < 0 || seen[at]) continue;
    seen[at] = true;
    found[at] = value;
  }
  return found;
}

/** AnyValue bytes[from, to) as text, '' for arrays, maps, bytes and the empty value. */
function anyValueText(message: Buffer, from: number, to: number): string {
  const cursor = new Cursor(message, from, to);
  let text = '';
  while (cursor.next()) {
    if (cursor.tag === ANY_VALUE.stringValue) text = message.toString('utf8', cursor.from, cursor.to);
    else if (cursor.tag === ANY_VALUE.boolValue) text = cursor.varint === 0n ? 'false' : 'true';
    else if (cursor.tag === ANY_VALUE.intValue) text = BigInt.asIntN(64, cursor.varint).toString();
    else if (cursor.tag === ANY_VALUE.doubleValue) text = String(message.readDoubleLE(cursor.from));
    else text = '';
  }
  return text;
}

/** Steps over the fields of one message. */
class Cursor {
  tag = 0;
  /** Value of a varint field. */
  varint = 0n;
  /** Payload of any other field. */
  from = 0;
  to = 0;
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, from: number, to: number) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.tag = Number(this.#varint());
    const wireType = this.tag & 7;
    if (wireType === 0) this.varint = this.#varint();
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? Number(this.#varint()) : 0;
    this.from = this.#at;
    this.#at += length;
    this.to = this.#at;
    return true;
  }

  #varint(): bigint {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
      shift += 7n;
    }
  }
}
