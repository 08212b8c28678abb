// OTLP over gRPC with bytes in and bytes out: one unary call per request, nothing decoded but the answer.

import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { addressText } from '#proto/config/address.ts';
import { readExportResponse, readRpcStatus, type AttemptResult } from './export-outcome.ts';
import type { OtlpExporter } from './otlp-exporter.ts';
import { otlpSignals } from './otlp-signal.ts';

/** Codes that OTLP calls retryable; RESOURCE_EXHAUSTED only when the server sends RetryInfo. */
const RETRYABLE = new Set<status>([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** Address, patience per try, and metadata for every call. */
export interface GrpcExporterOptions {
  host: string;
  port: number;
  timeoutMs: number;
  headers: Record<string, string>;
}

/** Creates the exporter; grpc-js connects, and reconnects, by itself. */
export function createGrpcExporter(options: GrpcExporterOptions): OtlpExporter {
  const address = addressText(options);
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
    'grpc.use_local_subchannel_pool': 1,
    // Retries are ours: OTLP's rules differ from gRPC's.
    'grpc.enable_retries': 0,
  });
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(options.headers)) metadata.set(key, value);
  return {
    attempt(signal, body) {
      const { promise, resolve } = Promise.withResolvers<AttemptResult>();
      const deadline = Date.now() + options.timeoutMs;
      client.makeUnaryRequest(
        otlpSignals[signal].grpcPath,
        asBuffer,
        asIs,
        asBuffer(body),
        metadata,
        { deadline },
        (error, answer) => {
          resolve(
            error === null ? { kind: 'done', ...readExportResponse(answer ?? Buffer.alloc(0)) } : failureOf(error),
          );
        },
      );
      return promise;
    },
    close: () => client.close(),
  };
}

function failureOf(error: ServiceError): AttemptResult {
  const details = error.metadata?.get('grpc-status-details-bin')[0];
  const waitMs = details instanceof Buffer ? readRpcStatus(details).retryAfterMs : undefined;
  const message = `${status[error.code] ?? error.code}: ${error.details}`;
  const retryable = RETRYABLE.has(error.code) || (error.code === status.RESOURCE_EXHAUSTED && waitMs !== undefined);
  if (!retryable) return { kind: 'failed', message };
  return waitMs === undefined ? { kind: 'retry', message } : { kind: 'retry', message, waitMs };
}

function asBuffer(body: Uint8Array | string): Buffer {
  if (typeof body === 'string') throw new TypeError('gRPC carries protobuf bytes, not JSON text');
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
