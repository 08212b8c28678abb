// Checks that bytes are the OTLP message they claim to be, so that later readers need not check any bound again.
import { WireReader } from '../wire/reader.ts';
import { WireError } from '../wire/wire-error.ts';
import type { FieldSchema, MessageSchema } from './schema.ts';

/** Messages within messages; those deeper are refused, for readers recurse. Eight are OTLP's own, three more for each nested map. */
const MAX_MESSAGE_DEPTH = 100;

/** What a message would cost to hold as objects. */
export interface MessageSize {
  /** Messages in it at any depth, itself included. */
  readonly messages: number;
  /** Numbers in packed fields. */
  readonly numbers: number;
}

/**
 * Walks the whole message. Unknown fields, and known ones of another wire type (which protobuf reads as unknown), are skipped.
 * @throws WireError where the bytes are malformed
 */
export function validateMessage(schema: MessageSchema, bytes: Uint8Array, start = 0, end = bytes.length): MessageSize {
  const size = { messages: 0, numbers: 0 };
  validate(schema, new WireReader(bytes, start, end), 1, size);
  return size;
}

function validate(
  schema: MessageSchema,
  reader: WireReader,
  depth: number,
  size: { messages: number; numbers: number },
): void {
  size.messages++;
  if (depth > MAX_MESSAGE_DEPTH) throw new WireError(`messages nested deeper than ${MAX_MESSAGE_DEPTH}`, reader.pos);
  const { end } = reader;
  while (reader.pos < end) {
    const tag = reader.tag();
    const field = schema.byNumber.get(tag >>> 3);
    if (field === undefined || (tag & 7) !== 2) {
      reader.skip(tag);
      continue;
    }
    const fieldEnd = reader.length();
    if (field.kind === 'message') {
      reader.end = fieldEnd;
      validate(field.message!(), reader, depth + 1, size);
      reader.end = end;
    } else if (field.repeated) size.numbers += checkPacked(field, reader, fieldEnd);
    reader.pos = fieldEnd;
  }
}

/** Packed numbers must fill their field exactly. @returns how many there are */
function checkPacked(field: FieldSchema, reader: WireReader, fieldEnd: number): number {
  const size = fieldEnd - reader.pos;
  if (field.kind === 'fixed64' || field.kind === 'double') {
    if (size % 8 !== 0) throw new WireError('packed numbers end within a number', reader.pos);
    return size / 8;
  }
  if (field.kind !== 'uint64') return 0;
  const outer = reader.end;
  reader.end = fieldEnd;
  let count = 0;
  for (; reader.pos < fieldEnd; count++) reader.varint64();
  reader.end = outer;
  return count;
}
