// Protobuf bytes of an export request to standard OTLP/JSON: hex ids, 64-bit integers as strings, enums as integers.

import { WireReader } from '#proto/wire/reader.ts';
import { fieldNumber, WIRE_BYTES, wireType } from '#proto/wire/wire-type.ts';
import { requestSchema, type FieldSchema, type MessageSchema } from './otlp-schema.ts';
import type { OtlpSignal } from './otlp-signal.ts';

/** Nesting that is still decoded; the same bound as protobuf's own recursion limit. */
const MAX_DEPTH = 100;

/** A decoded message in OTLP/JSON shape. */
export interface JsonMessage {
  [key: string]: unknown;
}

/**
 * Decodes one export request into the object whose `JSON.stringify` is OTLP/JSON. Unknown fields are left out.
 * @throws WireError for bytes that are no such request
 */
export function decodeRequest(signal: OtlpSignal, bytes: Uint8Array): JsonMessage {
  return decodeMessage(requestSchema(signal), bytes, 0, bytes.length, 0);
}

function decodeMessage(schema: MessageSchema, bytes: Uint8Array, from: number, to: number, depth: number): JsonMessage {
  const message: JsonMessage = {};
  if (depth > MAX_DEPTH) return message;
  const reader = new WireReader(bytes, from, to);
  while (reader.next()) {
    const field = schema.byId.get(fieldNumber(reader.fieldTag));
    if (field === undefined) continue;
    if (!field.repeated) {
      message[field.jsonName] = decodeValue(field, reader, depth);
      continue;
    }
    const list = (message[field.jsonName] ??= []) as unknown[];
    if (wireType(reader.fieldTag) === WIRE_BYTES && packable(field)) decodePacked(field, reader, list);
    else list.push(decodeValue(field, reader, depth));
  }
  return message;
}

function decodeValue(field: FieldSchema, reader: WireReader, depth: number): unknown {
  switch (field.kind) {
    case 'message':
      return field.message === undefined
        ? {}
        : decodeMessage(field.message, reader.bytes, reader.from, reader.to, depth + 1);
    case 'string':
      return bytesOf(reader).toString('utf8');
    case 'bytes':
      return bytesOf(reader).toString(field.hex ? 'hex' : 'base64');
    case 'bool':
      return reader.lo !== 0;
    case 'double':
      return jsonDouble(reader.bytes, reader.from);
    case 'int64':
    case 'sfixed64':
      return reader.signed().toString();
    case 'uint64':
    case 'fixed64':
      return reader.unsigned().toString();
    case 'enum':
    case 'int32':
      return reader.lo | 0;
    case 'sint32':
      return (reader.lo >>> 1) ^ -(reader.lo & 1);
    default:
      return reader.lo;
  }
}

function decodePacked(field: FieldSchema, reader: WireReader, list: unknown[]): void {
  const { bytes, from: start, to: end } = reader;
  if (field.kind === 'double') {
    for (let at = start; at + 8 <= end; at += 8) list.push(jsonDouble(bytes, at));
  } else if (field.kind === 'fixed64' || field.kind === 'sfixed64') {
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
    for (let at = 0; at + 8 <= end - start; at += 8) {
      list.push((field.kind === 'fixed64' ? view.getBigUint64(at, true) : view.getBigInt64(at, true)).toString());
    }
  } else {
    let value = 0n;
    let shift = 0n;
    for (let at = start; at < end; at++) {
      value |= BigInt(bytes[at]! & 0x7f) << shift;
      shift += 7n;
      if (bytes[at]! >= 0x80) continue;
      list.push(BigInt.asUintN(64, value).toString());
      value = 0n;
      shift = 0n;
    }
  }
}

function bytesOf({ bytes, from, to }: WireReader): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from);
}

function packable(field: FieldSchema): boolean {
  return field.kind !== 'message' && field.kind !== 'string' && field.kind !== 'bytes';
}

function jsonDouble(bytes: Uint8Array, at: number): number | string {
  const number = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0, true);
  return Number.isFinite(number) ? number : String(number);
}
