// The two columns of a value, type and text, filled straight from AnyValue messages (proto/otlp/any-value-text.ts says
// which text). Strings are copied; only doubles, long integers, bytes and nested values become a JavaScript string first.
import { WireWalk } from '#proto/wire/walk.ts';
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
import type { UInt8Column } from '../columns/fixed-columns.ts';
import type { StringColumn } from '../columns/string-column.ts';

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
// Constants of this module: the tags that hot code compares.
const { stringValue: STRING, bytesValue: BYTES, boolValue: BOOL, intValue: INT, doubleValue: DOUBLE } = ANY_VALUE;
const { arrayValue: ARRAY, kvlistValue: LIST } = ANY_VALUE;
/** An array or map whose message is longer is kept as its bytes: as text it could be longer than a JavaScript string may be. */
const MAX_NESTED_BYTES = 8 * 1024 * 1024;

export class AnyValueColumns {
  readonly #types: UInt8Column;
  readonly #texts: StringColumn;
  readonly #value = new WireWalk();
  readonly #double = new Float64Array(1);
  readonly #doubleBytes = new Uint8Array(this.#double.buffer);

  constructor(types: UInt8Column, texts: StringColumn) {
    this.#types = types;
    this.#texts = texts;
  }

  /** HOT. One AnyValue message in bytes[start, end); the last field of the oneof counts. */
  append(bytes: Buffer, start: number, end: number): void {
    // Nearly every value is one short text that fills the message.
    if (end - start >= 2 && bytes[start] === STRING) {
      const length = bytes[start + 1]!;
      if (length < 0x80 && start + 2 + length === end) {
        this.#types.append(VALUE_STRING);
        this.#texts.append(bytes, start + 2, end);
        return;
      }
    }
    this.#appendOther(bytes, start, end);
  }

  #appendOther(bytes: Buffer, start: number, end: number): void {
    let type = 0;
    let from = 0;
    let to = 0;
    let hi = 0;
    let lo = 0;
    const value = this.#value;
    value.open(bytes, start, end);
    while (value.next()) {
      const { tag } = value;
      if (tag === BOOL || tag === INT) {
        hi = value.hi;
        lo = value.lo;
      } else if (tag !== STRING && tag !== BYTES && tag !== DOUBLE && tag !== ARRAY && tag !== LIST) continue;
      type = fieldNumber(tag);
      from = value.from;
      to = value.to;
    }
    if ((type === VALUE_ARRAY || type === VALUE_KVLIST) && end - start > MAX_NESTED_BYTES) {
      type = VALUE_BYTES;
      from = start;
      to = end;
    }
    this.#types.append(type);
    switch (type) {
      case VALUE_UNSET:
        this.#texts.appendEmpty();
        break;
      case VALUE_STRING:
        this.#texts.append(bytes, from, to);
        break;
      case VALUE_BOOL: {
        const truth = (lo | hi) !== 0;
        this.#texts.append(truth ? TRUE : FALSE, 0, truth ? 4 : 5);
        break;
      }
      case VALUE_INT:
        this.#appendInteger(hi, lo);
        break;
      case VALUE_DOUBLE:
        for (let i = 0; i < 8; i++) this.#doubleBytes[i] = bytes[from + i]!;
        this.#texts.appendText(doubleText(this.#double[0]!));
        break;
      case VALUE_BYTES:
        this.#texts.appendText(bytes.toString('base64', from, to));
        break;
      default:
        this.#texts.appendText(textFromAnyValue(bytes, start, end).text);
        break;
    }
  }

  #appendInteger(hi: number, lo: number): void {
    const value = (hi | 0) * TWO_32 + lo;
    if (Number.isSafeInteger(value)) this.#texts.appendInteger(value);
    else this.#texts.appendText(int64Text(hi, lo));
  }
}
