// Undoes gzip, deflate, zstd and snappy under a hard limit on the output, so that a small bomb stays small.
import zlib from 'node:zlib';
import { promisify } from 'node:util';
import { uncompress, uncompressSync } from 'snappy';
import { WireReader } from '#proto/wire/reader.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { ReceiveLimits } from './limits.ts';

/** snappy: a block, as remote write has it; OTLP does not know it. */
export type Compression = 'identity' | 'gzip' | 'deflate' | 'zstd' | 'snappy';

/** For messages to clients. */
export const UNDERSTOOD_COMPRESSIONS = 'gzip, deflate, zstd, identity';

export type Decompressed =
  | { readonly kind: 'ok'; readonly body: Buffer }
  | { readonly kind: 'too_large'; readonly message: string }
  | { readonly kind: 'bad_compression'; readonly message: string }
  | { readonly kind: 'busy'; readonly message: string };

/** Below this the loop's own thread is faster than the way to another, and even at the ratio cap it is not kept long. */
const INLINE_BYTES = 16 * 1024;
/** zlib's default of 16 KiB makes many pieces of a telemetry batch. */
const CHUNK_BYTES = 128 * 1024;

interface InflateOptions {
  readonly maxOutputLength: number;
  readonly chunkSize: number;
}

interface Codec {
  readonly sync: (body: Buffer, options: InflateOptions) => Buffer;
  readonly async: (body: Buffer, options: InflateOptions) => Promise<Buffer>;
}

const codecs: Readonly<Record<Exclude<Compression, 'identity'>, Codec>> = {
  gzip: { sync: zlib.gunzipSync, async: promisify<Buffer, InflateOptions, Buffer>(zlib.gunzip) },
  deflate: { sync: zlib.inflateSync, async: promisify<Buffer, InflateOptions, Buffer>(zlib.inflate) },
  snappy: { sync: unsnap, async: unsnapApart },
  zstd: { sync: zlib.zstdDecompressSync, async: promisify<Buffer, InflateOptions, Buffer>(zlib.zstdDecompress) },
};

/** A block says at its beginning how long it is decompressed: a bomb is refused unread. The library checks that it is no longer. */
function checkLength(body: Buffer, { maxOutputLength }: InflateOptions): void {
  const reader = new WireReader(body);
  if (reader.varint32() > maxOutputLength || reader.hi > 0)
    throw Object.assign(new Error('too large'), { code: 'ERR_BUFFER_TOO_LARGE' });
}

function unsnap(body: Buffer, options: InflateOptions): Buffer {
  checkLength(body, options);
  return Buffer.from(uncompressSync(body, { asBuffer: true }));
}

async function unsnapApart(body: Buffer, options: InflateOptions): Promise<Buffer> {
  checkLength(body, options);
  return Buffer.from(await uncompress(body, { asBuffer: true }));
}

/** The compression of that name (any case; `x-gzip` is gzip), undefined for one that is not understood. */
export function compressionOf(name: string): Compression | undefined {
  switch (name.trim().toLowerCase()) {
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
      return 'deflate';
    case 'zstd':
      return 'zstd';
    default:
      return undefined;
  }
}

/** Never throws and never yields more than the limits allow. Bytes being inflated at once are bounded by `budget`. */
export function decompress(
  body: Buffer,
  compression: Compression,
  limits: ReceiveLimits,
  budget: ByteBudget,
): Decompressed | Promise<Decompressed> {
  if (compression === 'identity') return { kind: 'ok', body };
  if (body.length > limits.maxCompressedBytes) {
    return {
      kind: 'too_large',
      message: `the compressed request is larger than ${limits.maxCompressedBytes} bytes: send smaller batches`,
    };
  }
  const byRatio = Math.max(limits.ratioFreeBytes, body.length * limits.maxRatio);
  const maxOutputLength = Math.min(limits.maxBodyBytes, byRatio);
  const codec = codecs[compression];
  if (body.length <= INLINE_BYTES) {
    try {
      const options = { maxOutputLength, chunkSize: Math.min(CHUNK_BYTES, Math.max(1024, body.length * 8)) };
      return { kind: 'ok', body: codec.sync(body, options) };
    } catch (error) {
      return failure(error, compression, maxOutputLength, limits);
    }
  }
  return inflateApart(body, compression, maxOutputLength, limits, budget);
}

async function inflateApart(
  body: Buffer,
  compression: Exclude<Compression, 'identity'>,
  maxOutputLength: number,
  limits: ReceiveLimits,
  budget: ByteBudget,
): Promise<Decompressed> {
  if (!(await budget.take(maxOutputLength))) {
    return { kind: 'busy', message: 'too many compressed requests at once: send it again later' };
  }
  try {
    return { kind: 'ok', body: await codecs[compression].async(body, { maxOutputLength, chunkSize: CHUNK_BYTES }) };
  } catch (error) {
    return failure(error, compression, maxOutputLength, limits);
  } finally {
    budget.give(maxOutputLength);
  }
}

function failure(
  error: unknown,
  compression: Compression,
  maxOutputLength: number,
  limits: ReceiveLimits,
): Decompressed {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_BUFFER_TOO_LARGE') {
    const why = maxOutputLength < limits.maxBodyBytes ? `, ${limits.maxRatio} times its compressed size` : '';
    return {
      kind: 'too_large',
      message: `the request is larger than ${maxOutputLength} bytes once decompressed (the limit${why}): send smaller batches`,
    };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return {
    kind: 'bad_compression',
    message: `the body is announced as ${compression} but cannot be decompressed: ${detail}`,
  };
}
