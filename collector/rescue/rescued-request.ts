// Makes an ExportTraceServiceRequest of a trace's chunks, so that it comes back the way it came: through the request index.
import { RESOURCE_SPANS, SCOPE_SPANS, TRACES_DATA } from '#proto/otlp/fields.ts';
import { fieldNumber } from '#proto/wire/wire-type.ts';
import { WireWriter } from '#proto/wire/writer.ts';
import {
  CHUNK_HEAD_WORDS,
  CHUNK_SPANS,
  MESSAGE_HEAD_WORDS,
  SPAN_BYTES,
  SPAN_HEAD_WORDS,
  SPAN_RESOURCE,
  SPAN_SCOPE,
  type SegmentMemory,
} from './segment-writer.ts';

/** Where a chunk stands. */
export interface ChunkPlace {
  readonly memory: SegmentMemory;
  readonly word: number;
}

/** A guess at the size of a trace. */
const FIRST_BYTES = 16_384;

/** Calls `each` with the word of every span of a chunk, in their order. */
export function forEachSpan({ memory: { words }, word }: ChunkPlace, each: (at: number) => void): void {
  let at = word + CHUNK_HEAD_WORDS;
  for (let left = words[word + CHUNK_SPANS]!; left > 0;) {
    const length = words[at]!;
    if (length < 0) {
      at += MESSAGE_HEAD_WORDS + ((-1 - length + words[at + 1]! + 3) >>> 2);
      continue;
    }
    each(at);
    left--;
    at += SPAN_HEAD_WORDS + ((length + 3) >>> 2);
  }
}

/** The spans of the chunks, oldest chunk first, with their resources and scopes; undefined when one of them is. */
export function rescuedRequest(chunks: Iterable<ChunkPlace | undefined>): Buffer | undefined {
  const writer = new WireWriter(FIRST_BYTES);
  for (const chunk of chunks) {
    if (chunk === undefined) return undefined;
    writeChunk(writer, chunk);
  }
  return Buffer.from(writer.finish());
}

function writeChunk(writer: WireWriter, chunk: ChunkPlace): void {
  const { words, bytes } = chunk.memory;
  let resource = -1;
  let scope = -1;
  let resourceSpans = 0;
  let scopeSpans = 0;
  const closeScope = (): void => {
    if (scope < 0) return;
    writeSchema(writer, chunk.memory, scope);
    writer.close(scopeSpans);
    scope = -1;
  };
  const closeResource = (): void => {
    closeScope();
    if (resource < 0) return;
    writeSchema(writer, chunk.memory, resource);
    writer.close(resourceSpans);
    resource = -1;
  };
  forEachSpan(chunk, (at) => {
    if (words[at + SPAN_RESOURCE] !== resource) {
      closeResource();
      resource = words[at + SPAN_RESOURCE]!;
      resourceSpans = writer.open(fieldNumber(TRACES_DATA.resourceSpans));
      writeMessage(writer, chunk.memory, fieldNumber(RESOURCE_SPANS.resource), resource);
    }
    if (words[at + SPAN_SCOPE] !== scope) {
      closeScope();
      scope = words[at + SPAN_SCOPE]!;
      scopeSpans = writer.open(fieldNumber(RESOURCE_SPANS.scopeSpans));
      writeMessage(writer, chunk.memory, fieldNumber(SCOPE_SPANS.scope), scope);
    }
    const from = (at + SPAN_HEAD_WORDS) * 4;
    writer.bytesField(fieldNumber(SCOPE_SPANS.spans), bytes.subarray(from, from + words[at + SPAN_BYTES]!));
  });
  closeResource();
}

function writeMessage(writer: WireWriter, { words, bytes }: SegmentMemory, field: number, at: number): void {
  const from = (at + MESSAGE_HEAD_WORDS) * 4;
  writer.bytesField(field, bytes.subarray(from, from - 1 - words[at]!));
}

/** Of a resource or a scope: both have it in the same field. */
function writeSchema(writer: WireWriter, { words, bytes }: SegmentMemory, at: number): void {
  const length = words[at + 1]!;
  if (length === 0) return;
  const from = (at + MESSAGE_HEAD_WORDS) * 4 - 1 - words[at]!;
  writer.bytesField(fieldNumber(RESOURCE_SPANS.schemaUrl), bytes.subarray(from, from + length));
}
