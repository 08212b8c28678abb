// A small OTLP client for tools and tests: sends request bytes as they are, over gRPC or HTTP, and retries by the rules.

import type { ExportOutcome } from './export-outcome.ts';
import { createGrpcExporter } from './grpc-exporter.ts';
import { createHttpExporter } from './http-exporter.ts';
import type { OtlpBody } from './otlp-exporter.ts';
import type { OtlpSignal } from './otlp-signal.ts';
import { retryExport } from './retry-export.ts';

export const otlpProtocols = ['grpc', 'http/protobuf', 'http/json'] as const;

/** The three transports of OTLP. */
export type OtlpProtocol = (typeof otlpProtocols)[number];

/** Where and how to send. */
export interface OtlpClientOptions {
  /** `HOST:PORT`, with or without `http://`. */
  endpoint: string;
  protocol: OtlpProtocol;
  /** Longest wait for one answer, ms. */
  timeoutMs?: number;
  /** How long one request is tried again after retryable answers, ms. */
  giveUpAfterMs?: number;
  /** Sent with every request. */
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends export requests. `export` resolves for every answer; close it when done. */
export interface OtlpClient {
  readonly protocol: OtlpProtocol;
  export(signal: OtlpSignal, body: OtlpBody): Promise<ExportOutcome>;
  close(): void;
}

/** A receiver under pressure holds its answer back before it refuses: give it time. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** A restart of the store or the receiver is ridden out. */
const DEFAULT_GIVE_UP_AFTER_MS = 120_000;

/**
 * Creates a client; connects on the first request.
 * @throws TypeError for an endpoint that is not HOST:PORT
 */
export function createOtlpClient(options: OtlpClientOptions): OtlpClient {
  const { host, port } = parseEndpoint(options.endpoint);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const headers = options.headers ?? {};
  const exporter =
    options.protocol === 'grpc'
      ? createGrpcExporter({ host, port, timeoutMs, headers })
      : createHttpExporter({ host, port, timeoutMs, headers, json: options.protocol === 'http/json' });
  const limits = {
    giveUpAfterMs: options.giveUpAfterMs ?? DEFAULT_GIVE_UP_AFTER_MS,
    ...(options.signal && { signal: options.signal }),
  };
  return {
    protocol: options.protocol,
    export: (signal, body) => retryExport(() => exporter.attempt(signal, body), limits),
    close: () => exporter.close(),
  };
}

/**
 * Splits `HOST:PORT`; a listener's "any address" becomes the loopback address, since one cannot connect to it.
 * @throws TypeError naming what was given
 */
export function parseEndpoint(endpoint: string): { host: string; port: number } {
  const match = /^(?:(?:http|grpc):\/\/)?(?<host>\[[^\]]+\]|[^:/]*):(?<port>\d{1,5})\/?$/u.exec(endpoint);
  const port = Number(match?.groups?.['port']);
  if (match === null || port > 65_535 || port === 0)
    throw new TypeError(`endpoint "${endpoint}" is not HOST:PORT, e.g. 127.0.0.1:4317`);
  const host = (match.groups?.['host'] ?? '').replaceAll(/[[\]]/gu, '');
  if (host === '' || host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: host === '::' ? '::1' : host, port };
}
