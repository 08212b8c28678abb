// OTLP/JSON into the protobuf bytes of the same message, in one pass over the body (OTLP 1.11, "JSON Protobuf Encoding").
import { sortFields } from '../wire/sort-fields.ts';
import { WireWriter } from '../wire/writer.ts';
import { varint32Bytes, zigzag32 } from '../wire/varint.ts';
import { hexDigit, JsonScanner } from './json-scanner.ts';
import { anyValueSchema, type FieldSchema, type MessageSchema } from './schema.ts';

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_INT32 = 2 ** 31 - 1;
const MAX_UINT32 = 2 ** 32 - 1;
/** Text of a decimal integer longer than this is out of every range; it is not handed to BigInt. */
const MAX_INTEGER_DIGITS = 24;

/**
 * Strict where OTLP is strict: ids in hex, enums as integers, lowerCamelCase keys; unknown fields are skipped, null means unset,
 * 64-bit integers may be numbers or strings and keep every digit. The fields of a message come in the order of their numbers, and without those that
 * have their default value, as most encoders write them: a request that is sent again in the other encoding is then known as a copy.
 * @param maxBytes limit of the result
 * @throws JsonMappingError for a body that is not this message; WriterFullError beyond maxBytes
 */
export function jsonToProtobuf(schema: MessageSchema, json: Uint8Array, maxBytes: number): Uint8Array {
  const transcoder = new Transcoder(json, maxBytes);
  transcoder.message(schema, 1);
  transcoder.scanner.expectEnd();
  return transcoder.writer.finish();
}

class Transcoder {
  readonly scanner: JsonScanner;
  readonly writer: WireWriter;

  constructor(json: Uint8Array, maxBytes: number) {
    this.scanner = new JsonScanner(json);
    this.writer = new WireWriter(json.length >>> 1, maxBytes);
  }

  message(schema: MessageSchema, depth: number): void {
    const from = this.writer.length;
    let last = 0;
    let isAscending = true;
    this.scanner.object(depth, (key) => {
      const field = schema.byJson.get(key);
      if (field === undefined) {
        this.scanner.skip(depth + 1);
        return;
      }
      this.scanner.path.push(key);
      if (!this.scanner.isNull()) this.#field(field, depth + 1);
      this.scanner.path.pop();
      if (field.number < last) isAscending = false;
      last = field.number;
    });
    // Of an AnyValue with several values the last one counts.
    if (!isAscending && schema !== anyValueSchema) sortFields(this.writer.finish().subarray(from));
  }

  #field(field: FieldSchema, depth: number): void {
    if (!field.repeated) {
      const from = this.writer.length;
      this.#single(field, depth);
      // A value of zeros, or none: behind the tag there is nothing else.
      const value = from + varint32Bytes(field.tag);
      if (!field.explicit && field.kind !== 'message' && this.writer.isZero(value)) this.writer.truncate(from);
      return;
    }
    if (field.kind === 'message' || field.kind === 'string') {
      this.scanner.array(depth, () => this.#element(field, depth + 1));
      return;
    }
    const from = this.writer.length;
    const at = this.writer.open(field.number);
    this.scanner.array(depth, () => this.#scalar(field));
    if (this.writer.length === at) this.writer.truncate(from);
    else this.writer.close(at);
  }

  #element(field: FieldSchema, depth: number): void {
    // A null among the values of an array attribute is an AnyValue without a value.
    if (field.message?.().name === 'AnyValue' && this.scanner.isNull())
      this.writer.close(this.writer.open(field.number));
    else this.#single(field, depth);
  }

  #single(field: FieldSchema, depth: number): void {
    const { writer, scanner } = this;
    switch (field.kind) {
      case 'message': {
        const at = writer.open(field.number);
        this.message(field.message!(), depth);
        writer.close(at);
        return;
      }
      case 'string': {
        const at = writer.open(field.number);
        scanner.utf8Into(writer);
        writer.close(at);
        return;
      }
      case 'hex':
      case 'bytes': {
        const at = writer.open(field.number);
        if (field.kind === 'hex') this.#hex();
        else this.#base64();
        writer.close(at);
        return;
      }
      default:
        writer.varint32(field.tag);
        this.#scalar(field);
    }
  }

  #scalar(field: FieldSchema): void {
    const { writer, scanner } = this;
    switch (field.kind) {
      case 'bool':
        writer.byte(scanner.bool() ? 1 : 0);
        return;
      case 'double':
        writer.double(this.#double());
        return;
      case 'fixed32':
        writer.fixed32(this.#int32(0, MAX_UINT32));
        return;
      case 'uint32':
        writer.varint32(this.#int32(0, MAX_UINT32));
        return;
      case 'sint32':
        writer.varint32(zigzag32(this.#int32(-MAX_INT32 - 1, MAX_INT32)));
        return;
      case 'enum':
        if (scanner.peek() === 0x22)
          scanner.fail(`expected an integer, found ${JSON.stringify(scanner.text())} (OTLP/JSON has no enum names)`);
        this.#signedVarint(this.#int32(-MAX_INT32 - 1, MAX_INT32));
        return;
      case 'int32':
        this.#signedVarint(this.#int32(-MAX_INT32 - 1, MAX_INT32));
        return;
      case 'int64':
      case 'uint64':
        this.#integer64(field.kind === 'int64', (hi, lo) => writer.varint64(hi, lo));
        return;
      default:
        this.#integer64(field.kind === 'sfixed64', (hi, lo) => writer.fixed64(hi, lo));
    }
  }

  #signedVarint(value: number): void {
    if (value < 0) this.writer.varint64(0xffff_ffff, value >>> 0);
    else this.writer.varint32(value);
  }

  #int32(min: number, max: number): number {
    const text = this.scanner.numberOrString();
    const value = Number(text);
    if (text.trim() !== text || text === '' || !Number.isInteger(value))
      this.scanner.fail(`expected an integer, found ${shown(text)}`);
    if (value < min || value > max) this.scanner.fail(`${shown(text)} is out of range (${min} to ${max})`);
    return value;
  }

  #integer64(signed: boolean, write: (hi: number, lo: number) => void): void {
    const text = this.scanner.numberOrString();
    const value = parseInteger(text);
    if (value === null) this.scanner.fail(`expected an integer, found ${shown(text)}`);
    if (value < (signed ? MIN_INT64 : 0n) || value > (signed ? MAX_INT64 : MAX_UINT64)) {
      this.scanner.fail(`${shown(text)} does not fit ${signed ? 'a signed' : 'an unsigned'} 64-bit integer`);
    }
    const bits = BigInt.asUintN(64, value);
    write(Number(bits >> 32n), Number(bits & 0xffff_ffffn));
  }

  #double(): number {
    const quoted = this.scanner.peek() === 0x22;
    const text = this.scanner.numberOrString();
    if (text === 'NaN') return Number.NaN;
    if (text === 'Infinity') return Number.POSITIVE_INFINITY;
    if (text === '-Infinity') return Number.NEGATIVE_INFINITY;
    if (quoted && !/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text))
      this.scanner.fail(`expected a number, found ${shown(text)}`);
    const value = Number(text);
    if (!Number.isFinite(value)) this.scanner.fail(`${shown(text)} does not fit a double`);
    return value;
  }

  #hex(): void {
    if (this.scanner.hexInto(this.writer)) return;
    const text = this.scanner.text();
    if (text.length % 2 !== 0) this.scanner.fail(`expected hex digits in pairs, found ${shown(text)}`);
    for (let i = 0; i < text.length; i += 2) {
      const high = hexDigit(text.charCodeAt(i));
      const low = hexDigit(text.charCodeAt(i + 1));
      if (high < 0 || low < 0) this.scanner.fail(`expected hex digits, found ${shown(text)}`);
      this.writer.byte(high * 16 + low);
    }
  }

  /** Base64 of either alphabet, padded or not. */
  #base64(): void {
    const text = this.scanner.text().replace(/={1,2}$/, '');
    if (text.length % 4 === 1) this.scanner.fail('expected base64, found a text of impossible length');
    let bits = 0;
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      const sextet = base64Digit(text.charCodeAt(i));
      if (sextet < 0) this.scanner.fail('expected base64, found another character');
      bits = ((bits << 6) | sextet) & 0xfff_ffff;
      count += 6;
      if (count >= 8) {
        count -= 8;
        this.writer.byte((bits >>> count) & 0xff);
      }
    }
  }
}

/** Exact value of a decimal integer; `1e3` and `5.0` count as integers, as in proto3 JSON. Null for anything else. */
function parseInteger(text: string): bigint | null {
  if (/^-?\d+$/.test(text)) return text.length > MAX_INTEGER_DIGITS ? MAX_UINT64 + 1n : BigInt(text);
  if (!/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return null;
  const value = Number(text);
  if (!Number.isInteger(value)) return Number.isNaN(value) || Number.isFinite(value) ? null : MAX_UINT64 + 1n;
  return Math.abs(value) > 2 ** 64 ? MAX_UINT64 + 1n : BigInt(value);
}

function base64Digit(c: number): number {
  if (c >= 0x41 && c <= 0x5a) return c - 0x41;
  if (c >= 0x61 && c <= 0x7a) return c - 0x61 + 26;
  if (c >= 0x30 && c <= 0x39) return c - 0x30 + 52;
  if (c === 0x2b || c === 0x2d) return 62;
  return c === 0x2f || c === 0x5f ? 63 : -1;
}

/** A client's value in a message: quoted, never long. */
function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
