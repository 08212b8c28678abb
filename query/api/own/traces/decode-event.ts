// Span events and links are stored as the OTLP messages they came in; here they become what the API shows.
// opentelemetry-proto trace/v1/trace.proto: Span.Event {1 time fixed64, 2 name, 3 attributes, 4 dropped}, Span.Link {1 trace id, 2 span id, 3 trace_state, 4 attributes, 5 dropped, 6 flags fixed32}.
import type { Attribute } from '#proto/api/common.ts';
import type { SpanEvent, SpanLink } from '#proto/api/trace.ts';
import { textFromAnyValue } from '#proto/otlp/any-value-text.ts';
import { Reader } from 'protobufjs/minimal.js';
import { attributeType } from '#query/store/attributes.ts';

/** Attributes of one event or link that are shown; the SDKs' own limit is 128. */
const MAX_ATTRIBUTES = 10_000;

/** Calls `field` for every field of a message; a field it does not take (returns false) is skipped. Bad bytes end the message where they begin. */
function readFields(bytes: Uint8Array, field: (number: number, reader: Reader) => boolean): void {
  const reader = Reader.create(bytes);
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (!field(tag >>> 3, reader)) reader.skipType(tag & 7);
    }
  } catch {
    // Stored bytes were validated when they came in; should they be damaged all the same, what was read so far is shown.
  }
}

function textOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

function hexOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** Unsigned 64 bits as decimal text. */
function fixed64Text(reader: Reader): string {
  const low = BigInt(reader.fixed32());
  return String((BigInt(reader.fixed32()) << 32n) | low);
}

function keyValue(bytes: Uint8Array): Attribute {
  let key = '';
  let value = { type: 0, text: '' };
  readFields(bytes, (number, reader) => {
    if (number === 1) key = textOfBytes(reader.bytes());
    else if (number === 2) {
      const message = reader.bytes();
      value = textFromAnyValue(message, 0, message.length);
    } else return false;
    return true;
  });
  return { key, type: attributeType(value.type), value: value.text };
}

export function decodeEvent(bytes: Uint8Array): SpanEvent {
  const event = { time: '0', name: '', attributes: new Array<Attribute>(), dropped_attributes: 0 };
  readFields(bytes, (number, reader) => {
    if (number === 1) event.time = fixed64Text(reader);
    else if (number === 2) event.name = textOfBytes(reader.bytes());
    else if (number === 3 && event.attributes.length < MAX_ATTRIBUTES) event.attributes.push(keyValue(reader.bytes()));
    else if (number === 4) event.dropped_attributes = reader.uint32();
    else return false;
    return true;
  });
  return event;
}

export function decodeLink(bytes: Uint8Array): SpanLink {
  const link = {
    trace_id: '',
    span_id: '',
    trace_state: '',
    flags: 0,
    attributes: new Array<Attribute>(),
    dropped_attributes: 0,
  };
  readFields(bytes, (number, reader) => {
    if (number === 1) link.trace_id = hexOfBytes(reader.bytes());
    else if (number === 2) link.span_id = hexOfBytes(reader.bytes());
    else if (number === 3) link.trace_state = textOfBytes(reader.bytes());
    else if (number === 4 && link.attributes.length < MAX_ATTRIBUTES) link.attributes.push(keyValue(reader.bytes()));
    else if (number === 5) link.dropped_attributes = reader.uint32();
    else if (number === 6) link.flags = reader.fixed32();
    else return false;
    return true;
  });
  return link;
}
