// Attribute values as they are stored: a type (the field number of OTLP's AnyValue) and a text, made of the protobuf bytes without loss:
// NaN, int64, mixed arrays, empty values.
// opentelemetry-proto common/v1/common.proto; OTLP specification 1.11, "JSON Protobuf Encoding".
import { WireWalk } from '../wire/walk.ts';
import { base64FromBytes } from './base64.ts';
import {
  VALUE_ARRAY,
  VALUE_BOOL,
  VALUE_BYTES,
  VALUE_DOUBLE,
  VALUE_INT,
  VALUE_KVLIST,
  VALUE_STRING,
  VALUE_UNSET,
} from './enums.ts';
import { ANY_VALUE, ARRAY_VALUE, KEY_VALUE, KEY_VALUE_LIST } from './fields.ts';

/** Arrays and maps deeper than this are cut to the unset value: nobody reads them, and recursion stays bounded. */
export const MAX_VALUE_DEPTH = 64;

/** Text by type: strings as they are, `true`/`false`, decimal, shortest round-trip double (also NaN, Infinity, -0), OTLP/JSON of the whole AnyValue, base64. */
export interface TypedText {
  type: number;
  text: string;
}

const utf8 = new TextDecoder();

/** Type and text of the AnyValue message in bytes[start, end). @param bytes checked when they were received */
export function textFromAnyValue(bytes: Uint8Array, start: number, end: number): TypedText {
  const reader = new WireWalk();
  reader.open(bytes, start, end);
  let result: TypedText = { type: VALUE_UNSET, text: '' };
  while (reader.next()) {
    switch (reader.tag) {
      case ANY_VALUE.stringValue:
        result = { type: VALUE_STRING, text: utf8.decode(bytes.subarray(reader.from, reader.to)) };
        break;
      case ANY_VALUE.boolValue:
        result = { type: VALUE_BOOL, text: reader.lo !== 0 || reader.hi !== 0 ? 'true' : 'false' };
        break;
      case ANY_VALUE.intValue:
        result = { type: VALUE_INT, text: int64Text(reader.hi, reader.lo) };
        break;
      case ANY_VALUE.doubleValue:
        result = { type: VALUE_DOUBLE, text: doubleText(doubleAt(bytes, reader.from)) };
        break;
      case ANY_VALUE.arrayValue:
        result = { type: VALUE_ARRAY, text: jsonText(bytes, start, end, 0) };
        break;
      case ANY_VALUE.kvlistValue:
        result = { type: VALUE_KVLIST, text: jsonText(bytes, start, end, 0) };
        break;
      case ANY_VALUE.bytesValue:
        result = { type: VALUE_BYTES, text: base64FromBytes(bytes, reader.from, reader.to) };
        break;
      default:
        break;
    }
  }
  return result;
}

/** Shortest text that reads back as the same double; also NaN, Infinity, -Infinity, -0. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Decimal text of a two's complement int64 given as halves. */
export function int64Text(high: number, low: number): string {
  return String((BigInt(high | 0) << 32n) | BigInt(low >>> 0));
}

function isPlainNumber(text: string): boolean {
  return text !== '-0' && Number.isFinite(Number(text));
}

function doubleAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0, true);
}

/** OTLP/JSON text of one AnyValue. */
function jsonText(bytes: Uint8Array, start: number, end: number, depth: number): string {
  if (depth > MAX_VALUE_DEPTH) return '{}';
  const reader = new WireWalk();
  reader.open(bytes, start, end);
  let text = '{}';
  while (reader.next()) {
    switch (reader.tag) {
      case ANY_VALUE.stringValue:
        text = `{"stringValue":${JSON.stringify(utf8.decode(bytes.subarray(reader.from, reader.to)))}}`;
        break;
      case ANY_VALUE.boolValue:
        text = `{"boolValue":${reader.lo !== 0 || reader.hi !== 0}}`;
        break;
      case ANY_VALUE.intValue:
        text = `{"intValue":"${int64Text(reader.hi, reader.lo)}"}`;
        break;
      case ANY_VALUE.doubleValue: {
        const number = doubleText(doubleAt(bytes, reader.from));
        text = `{"doubleValue":${isPlainNumber(number) ? number : `"${number}"`}}`;
        break;
      }
      case ANY_VALUE.arrayValue:
        text = `{"arrayValue":${listText(bytes, reader.from, reader.to, depth, false)}}`;
        break;
      case ANY_VALUE.kvlistValue:
        text = `{"kvlistValue":${listText(bytes, reader.from, reader.to, depth, true)}}`;
        break;
      case ANY_VALUE.bytesValue:
        text = `{"bytesValue":"${base64FromBytes(bytes, reader.from, reader.to)}"}`;
        break;
      default:
        break;
    }
  }
  return text;
}

/** ArrayValue and KeyValueList: both hold their members in field 1. */
function listText(bytes: Uint8Array, start: number, end: number, depth: number, pairs: boolean): string {
  const reader = new WireWalk();
  reader.open(bytes, start, end);
  const members: string[] = [];
  while (reader.next()) {
    if (reader.tag !== (pairs ? KEY_VALUE_LIST.values : ARRAY_VALUE.values)) continue;
    members.push(
      pairs ? pairText(bytes, reader.from, reader.to, depth) : jsonText(bytes, reader.from, reader.to, depth + 1),
    );
  }
  return members.length === 0 ? '{}' : `{"values":[${members.join(',')}]}`;
}

function pairText(bytes: Uint8Array, start: number, end: number, depth: number): string {
  const reader = new WireWalk();
  reader.open(bytes, start, end);
  let key = '""';
  let value: string | undefined;
  while (reader.next()) {
    if (reader.tag === KEY_VALUE.key) key = JSON.stringify(utf8.decode(bytes.subarray(reader.from, reader.to)));
    else if (reader.tag === KEY_VALUE.value) value = jsonText(bytes, reader.from, reader.to, depth + 1);
  }
  return value === undefined ? `{"key":${key}}` : `{"key":${key},"value":${value}}`;
}
