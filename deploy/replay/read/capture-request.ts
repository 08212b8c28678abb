// What every capture reader yields, and the error that names file, place and cause when a capture cannot be read.

import type { OtlpSignal } from '../otlp-signal.ts';

/**
 * One export request of a capture. `bytes` is its own copy and may be patched in place; `json` is the original text
 * when the capture held standard OTLP/JSON.
 */
export interface CaptureRequest {
  signal: OtlpSignal;
  bytes: Uint8Array;
  json?: string;
}

/** Largest single frame or JSON document that is read; captures are made of requests, and 64 MiB is OTLP's own limit. */
export const MAX_DOCUMENT_BYTES = 64 << 20;

/** Spans in one request made from Jaeger or Zipkin JSON: the batch size of most SDKs. */
export const SPANS_PER_BUILT_REQUEST = 512;

/** Thrown when a capture cannot be read: says where, what was found and what would help. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}
