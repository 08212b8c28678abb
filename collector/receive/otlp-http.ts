// The OTLP/HTTP receiver: /v1/traces, /v1/logs and /v1/metrics over HTTP/1.1, protobuf and JSON (OTLP 1.11, "OTLP/HTTP").
import { isUtf8 } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JsonMappingError } from '#proto/otlp/json-error.ts';
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import { logsRequestSchema, metricsRequestSchema, traceRequestSchema, type MessageSchema } from '#proto/otlp/schema.ts';
import { WriterFullError } from '#proto/wire/writer.ts';
import { ByteBudget } from '../admit/byte-budget.ts';
import { answerCors } from './cors.ts';
import { compressionOf, decompress, UNDERSTOOD_COMPRESSIONS, type Compression } from './decompress.ts';
import { sendError, sendSuccess, type HttpError } from './http-answer.ts';
import { receiveBody } from './http-body.ts';
import type { Encoding, Intake, RefusalReason, Signal } from './intake.ts';
import { DEFAULT_DEADLINE_MS, DEFAULT_RECEIVE_LIMITS, type ReceiveLimits } from './limits.ts';
import { CLOSE_GRACE_MS, ListenError, type Listening, type ListenOptions } from './listen.ts';

export interface HttpReceiverOptions extends ListenOptions {
  readonly limits?: ReceiveLimits;
  /** Origins that may send from a browser; none by default. */
  readonly corsAllowedOrigins?: readonly string[];
  /** Request headers that such a browser may send; `*` and nothing given mean any. */
  readonly corsAllowedHeaders?: readonly string[];
}

/** A client has this long for its headers, and for the whole request: slower ones hold connections open on purpose. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than the usual 60 s export interval of metrics, so that their connections are used again. */
const KEEP_ALIVE_MS = 75_000;
const CONNECTIONS_CHECK_MS = 5000;
const MAX_HEADER_BYTES = 16 * 1024;
/** While closing, connections are looked through for idle ones this often. */
const IDLE_SWEEP_MS = 50;
/** What a client is told when the receiver's own buffers are full: they empty within a request's time. */
const RECEIVER_FULL_RETRY_MS = 1000;

interface Route {
  readonly signal: Signal;
  readonly schema: MessageSchema;
}

const routes: ReadonlyMap<string, Route> = new Map([
  ['/v1/traces', { signal: 'traces', schema: traceRequestSchema }],
  ['/v1/logs', { signal: 'logs', schema: logsRequestSchema }],
  ['/v1/metrics', { signal: 'metrics', schema: metricsRequestSchema }],
]);

/** @throws ListenError when the port cannot be had */
export async function startOtlpHttp(options: HttpReceiverOptions, intake: Intake): Promise<Listening> {
  const receiver = new HttpReceiver(options, intake);
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
  });
  server.maxConnections = (options.limits ?? DEFAULT_RECEIVE_LIMITS).maxConnections;
  server.on('request', (request, response) => void receiver.answer(request, response));
  // Node answers what is no HTTP at all, and closes; nothing was taken.
  await listen(server, options);
  const { address, port } = server.address() as AddressInfo;
  return { address, port, close: () => closeServer(server) };
}

class HttpReceiver {
  readonly #intake: Intake;
  readonly #limits: ReceiveLimits;
  readonly #origins: readonly string[];
  readonly #headers: readonly string[];
  readonly #inflating: ByteBudget;
  readonly #receiving: ByteBudget;

  constructor(options: HttpReceiverOptions, intake: Intake) {
    this.#intake = intake;
    this.#limits = options.limits ?? DEFAULT_RECEIVE_LIMITS;
    this.#origins = options.corsAllowedOrigins ?? [];
    this.#headers = options.corsAllowedHeaders ?? ['*'];
    this.#inflating = new ByteBudget(this.#limits.maxInflatingBytes, this.#limits.maxInflatingWaiting);
    this.#receiving = new ByteBudget(this.#limits.maxReceivingBytes, 0);
  }

  /** Answers one request; every failure becomes an answer. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const encoding = encodingOf(request.headers['content-type']);
    try {
      if (answerCors(request, response, this.#origins, this.#headers)) return;
      const route = routes.get(pathOf(request.url ?? '/'));
      const problem = route === undefined ? notFound(request) : requestProblem(request, encoding);
      if (problem !== null || route === undefined || encoding === null) {
        this.#refuse(response, encoding, route?.signal, problem ?? notFound(request), problem?.reason);
        return;
      }
      await this.#export(request, response, route, encoding);
    } catch (error) {
      // No path is known that leads here; a client still gets its answer.
      const detail = error instanceof Error ? error.message : String(error);
      sendError(response, encoding ?? 'json', { status: 500, message: `internal error: ${detail}` });
    }
  }

  async #export(request: IncomingMessage, response: ServerResponse, route: Route, encoding: Encoding): Promise<void> {
    const { received, done } = receiveBody(request, this.#limits.maxBodyBytes, this.#receiving);
    try {
      const arrived = await received;
      if (arrived.kind === 'canceled') this.#intake.refused(route.signal, 'canceled');
      else if (arrived.kind === 'too_large') {
        const message = `the request is larger than ${this.#limits.maxBodyBytes} bytes: send smaller batches`;
        this.#refuse(response, encoding, route.signal, { status: 413, message }, 'too_large');
      } else if (arrived.kind === 'busy') this.#busy(response, encoding, route.signal, 'too many requests are being received: send it again later');
      else await this.#decode(arrived.body, request, response, route, encoding);
    } finally {
      done();
    }
  }

  async #decode(raw: Buffer, request: IncomingMessage, response: ServerResponse, route: Route, encoding: Encoding): Promise<void> {
    const { signal } = route;
    const compression = compressionOf(request.headers['content-encoding'] ?? '') as Compression;
    const inflated = await decompress(raw, compression, this.#limits, this.#inflating);
    if (inflated.kind === 'busy') return this.#busy(response, encoding, signal, inflated.message);
    if (inflated.kind === 'too_large') return this.#refuse(response, encoding, signal, { status: 413, message: inflated.message }, 'too_large');
    if (inflated.kind === 'bad_compression') {
      return this.#refuse(response, encoding, signal, { status: 400, message: inflated.message, badRequest: true }, 'bad_compression');
    }
    let body = inflated.body;
    if (encoding === 'json') {
      const transcoded = transcode(route.schema, body, this.#limits.maxBodyBytes);
      if ('status' in transcoded) return this.#refuse(response, encoding, signal, transcoded, transcoded.status === 413 ? 'too_large' : 'malformed');
      body = transcoded.body;
    }
    const answer = await this.#intake.accept({ signal, body, transport: 'http', encoding, deadlineMs: DEFAULT_DEADLINE_MS });
    if (answer.kind === 'accepted') sendSuccess(response, encoding, signal, answer.rejected, answer.message);
    else if (answer.kind === 'malformed') sendError(response, encoding, { status: 400, message: answer.message, badRequest: true });
    else sendError(response, encoding, { status: 503, message: answer.message, retryAfterMs: answer.retryAfterMs });
  }

  #busy(response: ServerResponse, encoding: Encoding, signal: Signal, message: string): void {
    this.#refuse(response, encoding, signal, { status: 503, message, retryAfterMs: RECEIVER_FULL_RETRY_MS }, 'busy');
  }

  #refuse(response: ServerResponse, encoding: Encoding | null, signal: Signal | undefined, error: HttpError, reason?: RefusalReason): void {
    if (signal !== undefined && reason !== undefined) this.#intake.refused(signal, reason);
    sendError(response, encoding ?? 'json', error);
  }
}

/** JSON into protobuf bytes, or the error to answer. */
function transcode(schema: MessageSchema, json: Buffer, maxBytes: number): { readonly body: Buffer } | HttpError {
  if (!isUtf8(json)) return { status: 400, message: 'the body is not valid UTF-8', badRequest: true };
  try {
    const bytes = jsonToProtobuf(schema, json, maxBytes);
    return { body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) };
  } catch (error) {
    if (error instanceof WriterFullError) return { status: 413, message: `${error.message}: send smaller batches` };
    if (error instanceof JsonMappingError) return { status: 400, message: error.message, badRequest: true };
    throw error;
  }
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** Media types are compared without their parameters and in any case. Null for one that is not OTLP. */
function encodingOf(contentType: string | undefined): Encoding | null {
  switch (contentType?.split(';')[0]?.trim().toLowerCase()) {
    case 'application/x-protobuf':
    case 'application/protobuf':
      return 'protobuf';
    case 'application/json':
      return 'json';
    default:
      return null;
  }
}

function notFound(request: IncomingMessage): HttpError & { readonly reason?: RefusalReason } {
  return { status: 404, message: `no such path: ${pathOf(request.url ?? '/')}; OTLP is taken at ${[...routes.keys()].join(', ')}` };
}

/** What is wrong with a request's head, if anything. */
function requestProblem(request: IncomingMessage, encoding: Encoding | null): (HttpError & { readonly reason?: RefusalReason }) | null {
  if (request.method !== 'POST') {
    return { status: 405, message: `${request.method ?? '?'} is not understood here: use POST`, headers: { Allow: 'POST' } };
  }
  if (encoding === null) {
    const found = request.headers['content-type'];
    return {
      status: 415,
      message: `content-type ${found === undefined ? 'is missing' : JSON.stringify(found)}: understood are application/x-protobuf and application/json`,
      reason: 'unsupported_media_type',
    };
  }
  const compression = request.headers['content-encoding'] ?? '';
  if (compressionOf(compression) === undefined) {
    return {
      status: 415,
      message: `content-encoding ${JSON.stringify(compression)} is not understood; understood are ${UNDERSTOOD_COMPRESSIONS}`,
      headers: { 'Accept-Encoding': UNDERSTOOD_COMPRESSIONS },
      reason: 'unsupported_encoding',
    };
  }
  return null;
}

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new ListenError('the OTLP/HTTP receiver', options, 'listen.otlp_http', error)));
    server.listen(options.port, options.host, resolve);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    // A connection becomes idle when its held request is answered, and would be kept alive from then on.
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
}
