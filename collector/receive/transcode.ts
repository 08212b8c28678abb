// OTLP/JSON into the protobuf bytes that everything behind the receivers reads.
import { isUtf8 } from 'node:buffer';
import { JsonMappingError } from '#proto/otlp/json-error.ts';
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import { logsRequestSchema, metricsRequestSchema, traceRequestSchema, type MessageSchema } from '#proto/otlp/schema.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { WriterFullError } from '#proto/wire/writer.ts';

const schemas: Readonly<Record<Signal, MessageSchema>> = {
  traces: traceRequestSchema,
  logs: logsRequestSchema,
  metrics: metricsRequestSchema,
};

export type Transcoded =
  | { readonly kind: 'ok'; readonly body: Buffer }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'too_large'; readonly message: string };

export function transcodeJson(signal: Signal, json: Buffer, maxBytes: number): Transcoded {
  if (!isUtf8(json)) return { kind: 'malformed', message: 'the body is not valid UTF-8' };
  try {
    const bytes = jsonToProtobuf(schemas[signal], json, maxBytes);
    return { kind: 'ok', body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) };
  } catch (error) {
    if (error instanceof WriterFullError)
      return { kind: 'too_large', message: `${error.message}: send smaller batches` };
    if (error instanceof JsonMappingError) return { kind: 'malformed', message: error.message };
    throw error;
  }
}
