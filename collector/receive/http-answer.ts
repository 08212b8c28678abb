// Writes OTLP/HTTP answers: always in the encoding of the request, errors always as google.rpc.Status.
import type { ServerResponse } from 'node:http';
import type { Encoding, Signal } from './intake.ts';
import {
  exportResponse,
  exportResponseJson,
  RPC_INTERNAL,
  RPC_INVALID_ARGUMENT,
  RPC_NOT_FOUND,
  RPC_RESOURCE_EXHAUSTED,
  RPC_UNAVAILABLE,
  RPC_UNIMPLEMENTED,
  rpcStatus,
  rpcStatusJson,
  type StatusDetails,
} from './answers.ts';

const mediaTypes: Readonly<Record<Encoding, string>> = { protobuf: 'application/x-protobuf', json: 'application/json' };

const rpcCodes: Readonly<Record<number, number>> = {
  400: RPC_INVALID_ARGUMENT,
  404: RPC_NOT_FOUND,
  405: RPC_UNIMPLEMENTED,
  408: RPC_UNAVAILABLE,
  413: RPC_RESOURCE_EXHAUSTED,
  415: RPC_INVALID_ARGUMENT,
  503: RPC_UNAVAILABLE,
};

/** What a failed request is told; `headers` are additional. */
export interface HttpError extends StatusDetails {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function sendSuccess(response: ServerResponse, encoding: Encoding, signal: Signal, rejected: number, message: string): void {
  send(response, 200, encoding, encoding === 'json' ? Buffer.from(exportResponseJson(signal, rejected, message)) : exportResponse(rejected, message));
}

export function sendError(response: ServerResponse, encoding: Encoding, error: HttpError): void {
  const code = rpcCodes[error.status] ?? RPC_INTERNAL;
  for (const [name, value] of Object.entries(error.headers ?? {})) response.setHeader(name, value);
  if (error.retryAfterMs !== undefined) response.setHeader('Retry-After', String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
  const body = encoding === 'json' ? Buffer.from(rpcStatusJson(code, error.message, error)) : rpcStatus(code, error.message, error);
  send(response, error.status, encoding, body);
}

function send(response: ServerResponse, status: number, encoding: Encoding, body: Buffer): void {
  if (response.headersSent || response.destroyed) return;
  // What was not read of the body cannot be told from the next request.
  if (!response.req.complete) response.setHeader('Connection', 'close');
  response.writeHead(status, { 'Content-Type': mediaTypes[encoding], 'Content-Length': body.length, 'X-Content-Type-Options': 'nosniff' });
  response.end(body);
}
