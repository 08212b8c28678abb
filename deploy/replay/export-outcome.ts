// The result of one OTLP export, and how answers and waits are read from bytes (OTLP 1.11, "Failures" and "Throttling").

import { NS_PER_MS } from '#proto/model/unix-nano.ts';
import { WireReader } from '#proto/wire/reader.ts';

// Tags of Export*ServiceResponse and Export*PartialSuccess, the same for all signals.
const PARTIAL_SUCCESS = 0x0a;
const REJECTED = 0x08;
const ERROR_MESSAGE = 0x12;
// Tags of google.rpc.Status, google.protobuf.Any, google.rpc.RetryInfo and google.protobuf.Duration.
const STATUS_MESSAGE = 0x12;
const STATUS_DETAILS = 0x1a;
const ANY_TYPE_URL = 0x0a;
const ANY_VALUE = 0x12;
const RETRY_DELAY = 0x0a;
const DURATION_SECONDS = 0x08;
const DURATION_NANOS = 0x10;

/**
 * How one export ended. `acknowledged`: the server answered with success, possibly partial; then `rejected` records were
 * refused for good. Not acknowledged: `message` says why, after `attempts` tries.
 */
export interface ExportOutcome {
  acknowledged: boolean;
  rejected: number;
  message: string;
  attempts: number;
}

/** One try: done, failed for good, or worth another try, after `waitMs` when the server named a wait. */
export type AttemptResult =
  | { kind: 'done'; rejected: number; message: string }
  | { kind: 'failed'; message: string }
  | { kind: 'retry'; message: string; waitMs?: number };

/** Reads `partial_success` of an Export*ServiceResponse. Unreadable bytes count as success: the request was acknowledged. */
export function readExportResponse(body: Uint8Array): { rejected: number; message: string } {
  const result = { rejected: 0, message: '' };
  try {
    const response = new WireReader(body);
    while (response.next()) {
      if (response.fieldTag !== PARTIAL_SUCCESS) continue;
      const partial = new WireReader(body, response.from, response.to);
      while (partial.next()) {
        if (partial.fieldTag === REJECTED) result.rejected = Number(partial.signed());
        if (partial.fieldTag === ERROR_MESSAGE) result.message = textOf(partial);
      }
    }
  } catch (error) {
    result.message = `unreadable answer: ${String(error)}`;
  }
  return result;
}

/** A google.rpc.Status: its message, and the wait of a RetryInfo among its details, when there is one. */
export function readRpcStatus(body: Uint8Array): { message: string; retryAfterMs?: number } {
  const result: { message: string; retryAfterMs?: number } = { message: '' };
  try {
    const status = new WireReader(body);
    while (status.next()) {
      if (status.fieldTag === STATUS_MESSAGE) result.message = textOf(status);
      if (status.fieldTag !== STATUS_DETAILS) continue;
      const detail = new WireReader(body, status.from, status.to);
      let isRetryInfo = false;
      while (detail.next()) {
        if (detail.fieldTag === ANY_TYPE_URL) isRetryInfo = textOf(detail).endsWith('/google.rpc.RetryInfo');
        else if (detail.fieldTag === ANY_VALUE && isRetryInfo)
          result.retryAfterMs = retryDelayMs(body, detail.from, detail.to);
      }
    }
  } catch {
    // A status that cannot be read is a status without details.
  }
  return result;
}

// RetryInfo { Duration retry_delay = 1 { int64 seconds = 1; int32 nanos = 2 } }
function retryDelayMs(body: Uint8Array, from: number, to: number): number {
  let ms = 0;
  const info = new WireReader(body, from, to);
  while (info.next()) {
    if (info.fieldTag !== RETRY_DELAY) continue;
    const duration = new WireReader(body, info.from, info.to);
    while (duration.next()) {
      if (duration.fieldTag === DURATION_SECONDS) ms += Number(duration.signed()) * 1000;
      if (duration.fieldTag === DURATION_NANOS) ms += Number(duration.signed()) / NS_PER_MS;
    }
  }
  return Math.max(0, ms);
}

/**
 * The wait a `Retry-After` header asks for, in ms: seconds or an HTTP date. Undefined when absent or unreadable.
 * @param nowMs Unix ms
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/u.test(header.trim())) return Number(header) * 1000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function textOf({ bytes, from, to }: WireReader): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
}
