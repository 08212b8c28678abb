// The two columns of a value, type and text, filled straight from AnyValue messages (proto/otlp/any-value-text.ts says
// which text). Strings are copied; only doubles, long integers, bytes and nested values take a JavaScript string.
import { TWO_32 } from '#proto/model/halves.ts';
import { doubleText, int64Text, textFromAnyValue } from '#proto/otlp/any-value-text.ts';
import {
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DOUBLE,
  VALUE_INT,
  VALUE_KVLIST,
  VALUE_STRING,
  VALUE_UNSET,
} from '#proto/otlp/enums.ts';
import { ANY_VALUE } from '#proto/otlp/fields.ts';
import { fieldNumber } from '#proto/wire/wire-type.ts';
import { UInt8Column } from '../columns/fixed-columns.ts';
import { StringColumn } from '../columns/string-column.ts';
import { readVarint, skipField, varintEnd } from './wire.ts';

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
// Constants of this module: the tags that hot code compares.
const { stringValue: STRING, bytesValue: BYTES, boolValue: BOOL, intValue: INT, doubleValue: DOUBLE } = ANY_VALUE;
const { arrayValue: ARRAY, kvlistValue: LIST } = ANY_VALUE;
/** An array or map whose message is longer is kept as its bytes: as text it could be longer than a JavaScript string may be. */
const MAX_NESTED_BYTES = 8 * 1024 * 1024;

export class AnyValueColumns {
  readonly types = new UInt8Column();
  readonly texts = new StringColumn();
  readonly #double = new Float64Array(1);
  readonly #doubleBytes = new Uint8Array(this.#double.buffer);

  /** HOT. One AnyValue message in bytes[start, end); the last field of the oneof counts. */
  append(bytes: Buffer, start: number, end: number): void {
    // Nearly every value is one field that fills the message.
    if (end - start >= 2 && bytes[start] === STRING) {
      let at = start + 1;
      let length = bytes[at++]!;
      if (length >= 128) {
        length = readVarint(bytes, at - 1);
        at = varintEnd;
      }
      if (at + length === end) {
        this.types.append(VALUE_STRING);
        this.texts.append(bytes, at, end);
        return;
      }
    }
    this.#appendOther(bytes, start, end);
  }

  #appendOther(bytes: Buffer, start: number, end: number): void {
    let type = 0;
    let from = 0;
    let to = 0;
    let at = start;
    while (at < end) {
      const tag = readVarint(bytes, at);
      at = varintEnd;
      const next = skipField(bytes, at, tag);
      if (tag === BOOL || tag === INT || tag === DOUBLE) {
        type = fieldNumber(tag);
        from = at;
        to = next;
      } else if (tag === STRING || tag === BYTES || tag === ARRAY || tag === LIST) {
        type = fieldNumber(tag);
        readVarint(bytes, at);
        from = varintEnd;
        to = next;
      }
      at = next;
    }
    if ((type === VALUE_ARRAY || type === VALUE_KVLIST) && end - start > MAX_NESTED_BYTES) {
      type = VALUE_BYTES;
      from = start;
      to = end;
    }
    this.types.append(type);
    switch (type) {
      case VALUE_UNSET:
        this.texts.appendEmpty();
        break;
      case VALUE_STRING:
        this.texts.append(bytes, from, to);
        break;
      case VALUE_BOOL: {
        let truth = false;
        for (let i = from; i < to; i++) if ((bytes[i]! & 127) !== 0) truth = true;
        this.texts.append(truth ? TRUE : FALSE, 0, truth ? 4 : 5);
        break;
      }
      case VALUE_INT:
        if (to - from <= 7) this.texts.appendInteger(readVarint(bytes, from)); // 49 bits: a double holds it
        else this.#appendLongInteger(bytes, from, to);
        break;
      case VALUE_DOUBLE:
        for (let i = 0; i < 8; i++) this.#doubleBytes[i] = bytes[from + i]!;
        this.texts.appendText(doubleText(this.#double[0]!));
        break;
      case VALUE_BYTES:
        this.texts.appendText(bytes.toString('base64', from, to));
        break;
      default:
        this.texts.appendText(textFromAnyValue(bytes, start, end).text);
        break;
    }
  }

  /** Varints of 8 to 10 bytes: negative and very large numbers. */
  #appendLongInteger(bytes: Buffer, from: number, to: number): void {
    let low = 0;
    let high = 0;
    for (let i = from, shift = 0; i < to; i++, shift += 7) {
      const bits = bytes[i]! & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
    }
    const value = high * TWO_32 + (low >>> 0);
    if (Number.isSafeInteger(value)) this.texts.appendInteger(value);
    else this.texts.appendText(int64Text(high, low));
  }
}
