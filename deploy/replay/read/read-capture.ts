// Opens a capture file, recognizes its format by its content, and yields its export requests one by one.

import { createReadStream } from 'node:fs';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Readable } from 'node:stream';
import { CaptureValueError } from '../encode-request.ts';
import { CaptureError, type CaptureRequest } from './capture-request.ts';
import { readFrames } from './frames.ts';
import { addJaegerTrace, jaegerTraces } from './jaeger-json.ts';
import { readJsonDocuments } from './json-documents.ts';
import { otlpJsonSignal, readOtlpJson } from './otlp-json.ts';
import { parseJson } from './parse-json.ts';
import { SpanGroups } from './span-groups.ts';
import { addZipkinSpan, zipkinSpans } from './zipkin-json.ts';

/** Enough of the first bytes to know a format by. */
const SNIFF_BYTES = 4;
const GZIP_MAGIC = [0x1f, 0x8b];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const BOM = [0xef, 0xbb, 0xbf];

/**
 * Yields the requests of one capture in file order: `.pb.frames`, `.zst.frames`, OTLP/JSON (lines, concatenated or one
 * document), Jaeger JSON, Zipkin v2 JSON; each also gzipped or zstd-compressed as a whole. Memory stays at one request.
 * @throws CaptureError naming file, byte and cause; a system error when the file cannot be opened
 */
export async function* readCapture(path: string): AsyncGenerator<CaptureRequest> {
  try {
    yield* readStream(createReadStream(path, { highWaterMark: 1 << 18 }));
  } catch (error) {
    throw error instanceof CaptureError || error instanceof CaptureValueError
      ? new CaptureError(`${path}: ${error.message}`)
      : error;
  }
}

async function* readStream(file: AsyncIterable<Uint8Array>): AsyncGenerator<CaptureRequest> {
  const { head, chunks } = await sniff(file);
  if (startsWith(head, GZIP_MAGIC)) return yield* readStream(Readable.from(chunks).pipe(createGunzip()));
  if (startsWith(head, ZSTD_MAGIC)) return yield* readStream(Readable.from(chunks).pipe(createZstdDecompress()));
  const json = head.length > 0 && (startsWith(head, BOM) || /[{[\s]/u.test(String.fromCharCode(head[0]!)));
  // A frame's length starts with a zero byte unless the frame is over 16 MiB, and then it is no JSON bracket either.
  if (json) yield* readJson(startsWith(head, BOM) ? dropFirst(chunks, BOM.length) : chunks);
  else yield* readFrames(chunks);
}

async function* readJson(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CaptureRequest> {
  const groups = new SpanGroups();
  for await (const { text, offset } of readJsonDocuments(chunks)) {
    let document: unknown;
    try {
      document = parseJson(text);
    } catch (error) {
      throw new CaptureError(`the document at byte ${offset} is no JSON: ${String(error)}`);
    }
    const signal = otlpJsonSignal(document);
    if (signal !== undefined) {
      yield readOtlpJson(signal, document, text);
      continue;
    }
    const traces = jaegerTraces(document);
    const spans = traces === undefined ? zipkinSpans(document) : undefined;
    if (traces !== undefined) for (const trace of traces) addJaegerTrace(trace, groups);
    else if (spans !== undefined) for (const span of spans) addZipkinSpan(span, groups);
    else if (text !== '{}') {
      throw new CaptureError(
        `the document at byte ${offset} is neither OTLP/JSON nor Jaeger nor Zipkin v2 JSON: ${text.slice(0, 60)}`,
      );
    }
    const request = groups.full ? groups.take() : undefined;
    if (request !== undefined) yield request;
  }
  const last = groups.take();
  if (last !== undefined) yield last;
}

async function sniff(
  file: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; chunks: AsyncGenerator<Uint8Array> }> {
  const iterator = file[Symbol.asyncIterator]();
  let first: Buffer = Buffer.alloc(0);
  while (first.length < SNIFF_BYTES) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    first = Buffer.concat([first, value]);
  }
  return { head: first.subarray(0, SNIFF_BYTES), chunks: rejoin(first, iterator) };
}

async function* rejoin(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (;;) {
      const { value, done } = await rest.next();
      if (done === true) return;
      yield value;
    }
  } finally {
    await rest.return?.();
  }
}

async function* dropFirst(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

function startsWith(head: Uint8Array, magic: number[]): boolean {
  return magic.every((byte, i) => head[i] === byte);
}
