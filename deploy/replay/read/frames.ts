// Reads length-prefixed captures: 4-byte big-endian length, then one export request, as protobuf or OTLP/JSON, plain or in
// one zstd frame (what the Collector's file exporter writes).

import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { detectSignal } from '../otlp-signal.ts';
import { CaptureError, MAX_DOCUMENT_BYTES, type CaptureRequest } from './capture-request.ts';
import { otlpJsonSignal, readOtlpJson } from './otlp-json.ts';
import { parseJson } from './parse-json.ts';

const PREFIX_BYTES = 4;
const ZSTD_MAGIC = 0xfd2fb528;

/** The first byte of OTLP/JSON; as a protobuf tag it would be a group, which OTLP does not use. */
const OPEN_BRACE = 0x7b;

const inflate = promisify(zstdDecompress);

/**
 * Yields the requests of a `.pb.frames` or `.zst.frames` stream. Each request's signal is recognized by its content.
 * @param chunks the file, in order
 * @throws CaptureError for a frame that is cut, too long or no zstd
 */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CaptureRequest> {
  let pending: Buffer = Buffer.alloc(0);
  let offset = 0;
  let frame = 0;
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    let at = 0;
    while (pending.length - at >= PREFIX_BYTES) {
      const length = pending.readUInt32BE(at);
      if (length > MAX_DOCUMENT_BYTES) {
        throw new CaptureError(
          `frame ${frame} at byte ${offset + at} announces ${length} bytes, more than ${MAX_DOCUMENT_BYTES}: not a frames capture?`,
        );
      }
      if (pending.length - at - PREFIX_BYTES < length) break;
      const body = pending.subarray(at + PREFIX_BYTES, at + PREFIX_BYTES + length);
      yield await requestOf(body, frame);
      at += PREFIX_BYTES + length;
      frame++;
    }
    offset += at;
    pending = pending.subarray(at);
  }
  if (pending.length > 0)
    throw new CaptureError(
      `the capture ends inside frame ${frame} (byte ${offset}): ${pending.length} bytes are left over`,
    );
}

async function requestOf(body: Buffer, frame: number): Promise<CaptureRequest> {
  let bytes: Uint8Array;
  if (body.length >= PREFIX_BYTES && body.readUInt32LE(0) === ZSTD_MAGIC) {
    try {
      bytes = await inflate(body, { maxOutputLength: MAX_DOCUMENT_BYTES });
    } catch (error) {
      throw new CaptureError(`frame ${frame} is no zstd frame: ${String(error)}`);
    }
  } else {
    bytes = Uint8Array.from(body);
  }
  try {
    return bytes[0] === OPEN_BRACE ? jsonRequest(bytes) : { signal: detectSignal(bytes), bytes };
  } catch (error) {
    throw new CaptureError(`frame ${frame} holds no export request: ${String(error)}`);
  }
}

function jsonRequest(bytes: Uint8Array): CaptureRequest {
  const text = Buffer.from(bytes).toString('utf8');
  const document = parseJson(text);
  const signal = otlpJsonSignal(document);
  if (signal === undefined) throw new CaptureError(`no OTLP/JSON: ${text.slice(0, 60)}`);
  return readOtlpJson(signal, document, text);
}
