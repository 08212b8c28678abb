// The answers' bodies: Export*ServiceResponse and google.rpc.Status, in protobuf and in JSON.
import { TWO_32 } from '#proto/model/halves.ts';
import { NS_PER_MS } from '#proto/model/unix-nano.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { WireWriter } from '#proto/wire/writer.ts';
import { wireMessage } from './limits.ts';

/** google.rpc.Code, as far as it is used here. */
export const RPC_INVALID_ARGUMENT = 3;
export const RPC_NOT_FOUND = 5;
export const RPC_RESOURCE_EXHAUSTED = 8;
export const RPC_UNIMPLEMENTED = 12;
export const RPC_INTERNAL = 13;
export const RPC_UNAVAILABLE = 14;

const RETRY_INFO_URL = 'type.googleapis.com/google.rpc.RetryInfo';
const BAD_REQUEST_URL = 'type.googleapis.com/google.rpc.BadRequest';
const EMPTY = Buffer.alloc(0);

const rejectedKeys: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
};

/** What an error says beyond its code and message. */
export interface StatusDetails {
  /** RetryInfo, ms; only where the client should ask again. */
  readonly retryAfterMs?: number;
  /** BadRequest with this one violation. */
  readonly badRequest?: boolean;
}

/** Export*ServiceResponse in protobuf; partial_success (field 1 of all three) is unset unless something was rejected or is warned of. */
export function exportResponse(rejected: number, message: string): Buffer {
  if (rejected === 0 && message === '') return EMPTY;
  const writer = new WireWriter();
  const partial = writer.open(1);
  if (rejected > 0) {
    writer.tag(1, 0);
    writer.varint64(Math.floor(rejected / TWO_32), rejected >>> 0);
  }
  if (message !== '') writer.textField(2, wireMessage(message));
  writer.close(partial);
  return Buffer.from(writer.finish());
}

/** The same in OTLP/JSON (64-bit integers as strings). */
export function exportResponseJson(signal: Signal, rejected: number, message: string): string {
  if (rejected === 0 && message === '') return '{}';
  const partialSuccess: Record<string, string> = {};
  if (rejected > 0) partialSuccess[rejectedKeys[signal]] = String(rejected);
  if (message !== '') partialSuccess['errorMessage'] = wireMessage(message);
  return JSON.stringify({ partialSuccess });
}

/** google.rpc.Status in protobuf: also the value of gRPC's grpc-status-details-bin. */
export function rpcStatus(code: number, message: string, details: StatusDetails = {}): Buffer {
  const writer = new WireWriter();
  writer.tag(1, 0);
  writer.varint32(code);
  writer.textField(2, wireMessage(message));
  if (details.retryAfterMs !== undefined) {
    const any = writer.open(3);
    writer.textField(1, RETRY_INFO_URL);
    const retryInfo = writer.open(2);
    const delay = writer.open(1);
    writer.tag(1, 0);
    writer.varint32(Math.floor(details.retryAfterMs / 1000));
    writer.tag(2, 0);
    writer.varint32(Math.floor((details.retryAfterMs % 1000) * NS_PER_MS));
    writer.close(delay);
    writer.close(retryInfo);
    writer.close(any);
  }
  if (details.badRequest === true) {
    const any = writer.open(3);
    writer.textField(1, BAD_REQUEST_URL);
    const badRequest = writer.open(2);
    const violation = writer.open(1);
    writer.textField(2, wireMessage(message));
    writer.close(violation);
    writer.close(badRequest);
    writer.close(any);
  }
  return Buffer.from(writer.finish());
}

/** google.rpc.Status in JSON. */
export function rpcStatusJson(code: number, message: string, details: StatusDetails = {}): string {
  const text = wireMessage(message);
  const list: object[] = [];
  if (details.retryAfterMs !== undefined)
    list.push({ '@type': RETRY_INFO_URL, retryDelay: `${(details.retryAfterMs / 1000).toFixed(3)}s` });
  if (details.badRequest === true) list.push({ '@type': BAD_REQUEST_URL, fieldViolations: [{ description: text }] });
  return JSON.stringify(list.length === 0 ? { code, message: text } : { code, message: text, details: list });
}
