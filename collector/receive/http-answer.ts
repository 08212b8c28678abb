// Writes OTLP/HTTP answers: always in the encoding of the request, errors always as google.rpc.Status.
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Signal } from '#proto/otlp/signal.ts';
import { discardRest } from './http-discard.ts';
import { hasBody } from './http-head.ts';
import type { OtlpEncoding } from './intake.ts';
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
import { RECEIVER_FULL_RETRY_MS } from './limits.ts';

const mediaTypes: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

const rpcCodes: Readonly<Record<number, number>> = {
  400: RPC_INVALID_ARGUMENT,
  404: RPC_NOT_FOUND,
  405: RPC_UNIMPLEMENTED,
  408: RPC_UNAVAILABLE,
  413: RPC_RESOURCE_EXHAUSTED,
  415: RPC_INVALID_ARGUMENT,
  417: RPC_INVALID_ARGUMENT,
  431: RPC_RESOURCE_EXHAUSTED,
  503: RPC_UNAVAILABLE,
};

/** The answer to a failed request; `headers` are additional. */
export interface HttpError extends StatusDetails {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function sendSuccess(
  response: ServerResponse,
  encoding: OtlpEncoding,
  signal: Signal,
  rejected: number,
  message: string,
): void {
  send(
    response,
    200,
    encoding,
    encoding === 'json'
      ? Buffer.from(exportResponseJson(signal, rejected, message))
      : exportResponse(rejected, message),
  );
}

export function sendError(response: ServerResponse, encoding: OtlpEncoding, error: HttpError): void {
  const code = rpcCodes[error.status] ?? RPC_INTERNAL;
  for (const [name, value] of Object.entries(error.headers ?? {})) response.setHeader(name, value);
  if (error.retryAfterMs !== undefined) setRetryAfter(response, error.retryAfterMs);
  const body =
    encoding === 'json'
      ? Buffer.from(rpcStatusJson(code, error.message, error))
      : rpcStatus(code, error.message, error);
  send(response, error.status, encoding, body);
}

/** As Prometheus answers: the message alone, as text. */
export function sendPlain(response: ServerResponse, { status, message, headers, retryAfterMs }: HttpError): void {
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (retryAfterMs !== undefined) setRetryAfter(response, retryAfterMs);
  sendBody(response, status, 'text/plain; charset=utf-8', Buffer.from(message === '' ? '' : `${message}\n`));
}

/**
 * Answers what Node's parser refuses, and a head that does not come in time: no request, so that there is no response to send it with.
 * @param response the last one on this connection
 */
export function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  response: ServerResponse | undefined,
): void {
  const isAnswering = response !== undefined && response.headersSent && !response.writableFinished;
  // There was no request, or the connection is closed, or an answer is being sent, which this one would only garble.
  if (error.code === 'ECONNRESET' || socket.bytesRead === 0 || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  const { status, message, retryAfterMs } = brokenRequest(error);
  const body = rpcStatusJson(
    rpcCodes[status] ?? RPC_INVALID_ARGUMENT,
    message,
    retryAfterMs === undefined ? {} : { retryAfterMs },
  );
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    `Content-Type: ${mediaTypes.json}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    ...(retryAfterMs === undefined ? [] : [`Retry-After: ${Math.ceil(retryAfterMs / 1000)}`]),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

function brokenRequest(error: NodeJS.ErrnoException): HttpError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, message: 'the headers of the request are too long: send fewer or shorter ones' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, message: 'the chunk extensions of the request are too long' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 503,
        message: 'the headers of the request did not come in time',
        retryAfterMs: RECEIVER_FULL_RETRY_MS,
      };
    default:
      return { status: 400, message: `this is no HTTP/1.1 request: ${error.message}` };
  }
}

function setRetryAfter(response: ServerResponse, ms: number): void {
  response.setHeader('Retry-After', String(Math.max(1, Math.ceil(ms / 1000))));
}

function send(response: ServerResponse, status: number, encoding: OtlpEncoding, body: Buffer): void {
  sendBody(response, status, mediaTypes[encoding], body);
}

function sendBody(response: ServerResponse, status: number, mediaType: string, body: Buffer): void {
  if (response.headersSent || response.destroyed) return;
  const { req: request } = response;
  const isWhole = request.complete || !hasBody(request);
  // The rest of the body cannot be distinguished from a next request.
  if (!isWhole) response.setHeader('Connection', 'close');
  response.writeHead(status, {
    ...(status === 204 ? {} : { 'Content-Type': mediaType, 'Content-Length': body.length }),
    'X-Content-Type-Options': 'nosniff',
  });
  if (isWhole) response.end(body);
  else {
    // The client has its whole answer now; the connection stays open for it to finish sending.
    response.write(body);
    discardRest(request, () => response.end());
  }
}
