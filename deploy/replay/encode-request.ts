// OTLP/JSON objects to protobuf bytes, forgiving where captures are: snake_case keys, enum names, base64 ids.

import protobuf from 'protobufjs';
import { requestSchema, type FieldSchema, type MessageSchema } from './otlp-schema.ts';
import type { OtlpSignal } from './otlp-signal.ts';

/** Nesting of AnyValue that is still encoded; the same bound as protobuf's own recursion limit. */
const MAX_DEPTH = 100;

/** Thrown when a value cannot stand in its field; the message names the field and the value. */
export class CaptureValueError extends Error {
  override readonly name = 'CaptureValueError';
}

/**
 * Encodes one export request given as OTLP/JSON object. Unknown keys and nulls are left out.
 * @throws CaptureValueError for a value of the wrong type
 */
export function encodeRequest(signal: OtlpSignal, request: object): Uint8Array {
  const writer = protobuf.Writer.create();
  encodeMessage(writer, requestSchema(signal), request, 0);
  return writer.finish();
}

function encodeMessage(writer: protobuf.Writer, schema: MessageSchema, value: object, depth: number): void {
  if (depth > MAX_DEPTH) throw new CaptureValueError(`${schema.name} is nested deeper than ${MAX_DEPTH}`);
  for (const [key, member] of Object.entries(value)) {
    const field = schema.byName.get(key);
    if (field === undefined || member === null || member === undefined) continue;
    if (!field.repeated) {
      encodeField(writer, field, member, depth);
      continue;
    }
    if (!Array.isArray(member)) throw wrong(field, member, 'an array');
    if (field.kind === 'message' || field.kind === 'string' || field.kind === 'bytes') {
      for (const item of member) if (item !== null) encodeField(writer, { ...field, presence: true }, item, depth);
    } else if (member.length > 0) {
      writer.uint32((field.id << 3) | 2).fork();
      for (const item of member) encodeScalar(writer, field, item);
      writer.ldelim();
    }
  }
}

function encodeField(writer: protobuf.Writer, field: FieldSchema, value: unknown, depth: number): void {
  if (field.kind === 'message') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(field, value, 'an object');
    writer.uint32((field.id << 3) | 2).fork();
    if (field.message !== undefined) encodeMessage(writer, field.message, value, depth + 1);
    writer.ldelim();
    return;
  }
  if (!field.presence && (value === 0 || value === '' || value === false || value === '0')) return;
  writer.uint32((field.id << 3) | wireType(field.kind));
  encodeScalar(writer, field, value);
}

function encodeScalar(writer: protobuf.Writer, field: FieldSchema, value: unknown): void {
  switch (field.kind) {
    case 'string':
      writer.string(typeof value === 'string' ? value : JSON.stringify(value));
      return;
    case 'bytes':
      writer.bytes(bytesOf(field, value));
      return;
    case 'bool':
      writer.bool(value === true || value === 'true');
      return;
    case 'double':
      writer.double(doubleOf(field, value));
      return;
    case 'enum':
      writer.int32(typeof value === 'string' ? enumOf(field, value) : Number(integerOf(field, value)));
      return;
    case 'fixed32':
      writer.fixed32(Number(integerOf(field, value)));
      return;
    case 'uint32':
      writer.uint32(Number(integerOf(field, value)));
      return;
    case 'int32':
      writer.int32(Number(integerOf(field, value)));
      return;
    case 'sint32':
      writer.sint32(Number(integerOf(field, value)));
      return;
    case 'fixed64':
    case 'sfixed64': {
      const bits = BigInt.asUintN(64, integerOf(field, value));
      writer.fixed32(Number(bits & 0xffffffffn)).fixed32(Number(bits >> 32n));
      return;
    }
    case 'int64':
    case 'uint64': {
      const bits = BigInt.asUintN(64, integerOf(field, value));
      writer.uint64({ low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: true });
      return;
    }
    default:
      throw new CaptureValueError(`field ${field.jsonName}: protobuf type ${field.kind} is not known here`);
  }
}

function wireType(kind: string): number {
  if (kind === 'string' || kind === 'bytes') return 2;
  if (kind === 'double' || kind === 'fixed64' || kind === 'sfixed64') return 1;
  return kind === 'fixed32' ? 5 : 0;
}

function bytesOf(field: FieldSchema, value: unknown): Uint8Array {
  if (typeof value !== 'string') throw wrong(field, value, field.hex ? 'hex digits' : 'base64');
  if (field.hex && /^(?:[0-9a-f]{2})*$/iu.test(value)) return Buffer.from(value, 'hex');
  return Buffer.from(value, 'base64');
}

function doubleOf(field: FieldSchema, value: unknown): number {
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || (Number.isNaN(number) && value !== 'NaN')) throw wrong(field, value, 'a number');
  return number;
}

function enumOf(field: FieldSchema, value: string): number {
  const number = field.enumValues?.[value] ?? Number(value);
  if (!Number.isInteger(number)) throw wrong(field, value, 'a name or number of the enum');
  return number;
}

function integerOf(field: FieldSchema, value: unknown): bigint {
  try {
    if (typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint') return BigInt(value);
  } catch {
    // Fractions and words end below, with the value named.
  }
  throw wrong(field, value, 'an integer');
}

function wrong(field: FieldSchema, value: unknown, expected: string): CaptureValueError {
  return new CaptureValueError(`field ${field.jsonName}: ${JSON.stringify(value)?.slice(0, 60)} is not ${expected}`);
}
