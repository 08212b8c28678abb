// The result of one OTLP export, and how answers and waits are read from bytes (OTLP 1.11, "Failures" and "Throttling").

import { FieldReader, WIRE_BYTES, WIRE_VARINT } from './field-reader.ts';

/**
 * How one export ended. `acknowledged`: the server answered with success, possibly partial; then `rejected` records were
 * refused for good. Not acknowledged: `message` says why, after `attempts` tries.
 */
export type ExportOutcome = { acknowledged: boolean; rejected: number; message: string; attempts: number };

/** One try: done, failed for good, or worth another try, after `waitMs` when the server named a wait. */
export type AttemptResult =
  | { kind: 'done'; rejected: number; message: string }
  | { kind: 'failed'; message: string }
  | { kind: 'retry'; message: string; waitMs?: number };

/** Reads `partial_success` of an Export*ServiceResponse. Unreadable bytes count as success: the request was acknowledged. */
export function readExportResponse(body: Uint8Array): { rejected: number; message: string } {
  const result = { rejected: 0, message: '' };
  try {
    const response = new FieldReader(body);
    while (response.next()) {
      if (response.field !== 1 || response.wire !== WIRE_BYTES) continue;
      const partial = new FieldReader(body, response.start, response.end);
      while (partial.next()) {
        if (partial.field === 1 && partial.wire === WIRE_VARINT) result.rejected = Number(partial.asSigned());
        if (partial.field === 2 && partial.wire === WIRE_BYTES) result.message = partial.text();
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
    const status = new FieldReader(body);
    while (status.next()) {
      if (status.field === 2 && status.wire === WIRE_BYTES) result.message = status.text();
      if (status.field !== 3 || status.wire !== WIRE_BYTES) continue;
      const detail = new FieldReader(body, status.start, status.end);
      let isRetryInfo = false;
      while (detail.next()) {
        if (detail.field === 1) isRetryInfo = detail.text().endsWith('/google.rpc.RetryInfo');
        else if (detail.field === 2 && isRetryInfo) result.retryAfterMs = retryDelayMs(body, detail.start, detail.end);
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
  const info = new FieldReader(body, from, to);
  while (info.next()) {
    if (info.field !== 1 || info.wire !== WIRE_BYTES) continue;
    const duration = new FieldReader(body, info.start, info.end);
    while (duration.next()) {
      if (duration.field === 1) ms += Number(duration.asSigned()) * 1000;
      if (duration.field === 2) ms += Number(duration.asSigned()) / 1e6;
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
