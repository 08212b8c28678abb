// The HTTP receiver: OTLP at /v1/traces, /v1/logs and /v1/metrics, protobuf and JSON (OTLP 1.11, "OTLP/HTTP"), and Prometheus' remote write.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Signal } from '#proto/otlp/signal.ts';
import { ByteBudget } from './byte-budget.ts';
import { ReceiveBudget, type ConnectionBytes } from './receive-budget.ts';
import { Caller } from './caller.ts';
import { answerCors } from './cors.ts';
import { compressionOf, decompress } from './decompress.ts';
import { answerBrokenRequest, sendError, sendPlain, sendSuccess, type HttpError } from './http-answer.ts';
import { HttpBody } from './http-body.ts';
import { pathOf, readHead } from './http-head.ts';
import type { Intake, IntakeAnswer, OtlpEncoding, RefusalReason } from './intake.ts';
import {
  DEFAULT_DEADLINE_MS,
  DEFAULT_RECEIVE_LIMITS,
  JSON_INLINE_BYTES,
  RECEIVER_FULL_RETRY_MS,
  type ReceiveLimits,
} from './limits.ts';
import { boundAddress, CLOSE_GRACE_MS, ListenError, type Listening, type ListenOptions } from './listen.ts';
import { ReceiveWatch } from './receive-watch.ts';
import { RefusedConnections } from './refused-connections.ts';
import { acceptWrite } from './remote-write/accept-write.ts';
import { readWriteHead, REMOTE_WRITE_PATHS } from './remote-write/write-head.ts';
import { transcodeJson } from './transcode.ts';

export interface HttpReceiverOptions extends ListenOptions {
  readonly limits?: ReceiveLimits;
  /** Origins that may send from a browser; none by default. */
  readonly corsAllowedOrigins?: readonly string[];
  /** Request headers that such a browser may send; `*` and nothing given mean any. */
  readonly corsAllowedHeaders?: readonly string[];
  /** Shared with the other receiver; by default one of its own. */
  readonly receiving?: ReceiveBudget;
  /** By default one of its own that looks by itself. */
  readonly watch?: ReceiveWatch;
  /** Counts connections that were not accepted. */
  readonly refused?: RefusedConnections;
}

/** A client has this long for its headers; how long for its body, {@link ReceiveWatch} knows. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than the usual 60 s export interval of metrics, so that their connections are used again. */
const KEEP_ALIVE_MS = 75_000;
const CONNECTIONS_CHECK_MS = 5000;
const MAX_HEADER_BYTES = 16 * 1024;
/** While closing, connections are looked through for idle ones this often. */
const IDLE_SWEEP_MS = 50;
const FULL_MESSAGE = 'too many requests are being received: send it again later';

/** @throws ListenError when the port cannot be had */
export async function startOtlpHttp(options: HttpReceiverOptions, intake: Intake): Promise<Listening> {
  const watch = options.watch ?? new ReceiveWatch();
  const receiver = new HttpReceiver(options, intake, watch);
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    // Node counts the time of a pause of this process too, and answers 408, which OTLP does not repeat.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
  });
  server.maxConnections = (options.limits ?? DEFAULT_RECEIVE_LIMITS).maxConnections;
  server.on('request', (request, response) => void receiver.answer(request, response));
  server.on(
    'checkContinue',
    (request, response) => void receiver.answer(request, response, () => response.writeContinue()),
  );
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const message = `expect: ${JSON.stringify(request.headers.expect)} is not understood; understood is 100-continue`;
    sendError(response, readHead(request).encoding ?? 'json', { status: 417, message });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => receiver.answerBroken(error, socket));
  await listen(server, options);
  (options.refused ?? new RefusedConnections()).watch(server);
  if (options.watch === undefined) watch.start();
  return { ...boundAddress(server), close: () => closeServer(server).finally(() => watch.stop()) };
}

/** What is known of a request once its head is read. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly signal: Signal;
  readonly encoding: OtlpEncoding;
  /** Of remote write; undefined: it is OTLP. */
  readonly writeVersion?: 1 | 2;
}

class HttpReceiver {
  readonly #intake: Intake;
  readonly #limits: ReceiveLimits;
  readonly #origins: readonly string[];
  readonly #headers: readonly string[];
  readonly #inflating: ByteBudget;
  readonly #receiving: ReceiveBudget;
  readonly #watch: ReceiveWatch;
  readonly #connections = new WeakMap<Socket, ConnectionBytes>();
  readonly #lastResponses = new WeakMap<Socket, ServerResponse>();

  constructor(options: HttpReceiverOptions, intake: Intake, watch: ReceiveWatch) {
    this.#intake = intake;
    this.#limits = options.limits ?? DEFAULT_RECEIVE_LIMITS;
    this.#origins = options.corsAllowedOrigins ?? [];
    this.#headers = options.corsAllowedHeaders ?? ['*'];
    this.#inflating = new ByteBudget(this.#limits.maxInflatingBytes, this.#limits.maxInflatingWaiting);
    this.#receiving = options.receiving ?? new ReceiveBudget(this.#limits.maxReceivingBytes, this.#limits.maxBodyBytes);
    this.#watch = watch;
  }

  /** Answers one request; every failure becomes an answer. @param sendContinue asks a client that waits for it to send its body */
  async answer(request: IncomingMessage, response: ServerResponse, sendContinue?: () => void): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    this.#lastResponses.set(request.socket, response);
    if (REMOTE_WRITE_PATHS.has(pathOf(request.url ?? '/'))) {
      await this.#answerWrite(request, response, sendContinue);
      return;
    }
    const { encoding, signal, problem } = readHead(request);
    try {
      if (answerCors(request, response, this.#origins, this.#headers)) return;
      if (problem !== undefined || signal === undefined || encoding === undefined) {
        if (signal !== undefined && problem?.reason !== undefined) this.#intake.refused(signal, problem.reason);
        sendError(
          response,
          encoding ?? 'json',
          problem ?? { status: 500, message: 'internal error: a request without a destination' },
        );
        return;
      }
      await this.#export({ request, response, signal, encoding }, sendContinue);
    } catch (error) {
      // No path is known that leads here; a client still gets its answer.
      const detail = error instanceof Error ? error.message : String(error);
      sendError(response, encoding ?? 'json', { status: 500, message: `internal error: ${detail}` });
    }
  }

  async #answerWrite(request: IncomingMessage, response: ServerResponse, sendContinue?: () => void): Promise<void> {
    try {
      if (request.method !== 'POST') {
        const message = `${request.method ?? '?'} is not understood here: use POST`;
        return sendPlain(response, { status: 405, message, headers: { Allow: 'POST' } });
      }
      const head = readWriteHead(request.headers);
      if ('status' in head) {
        this.#intake.refused('metrics', head.reason);
        return sendPlain(response, head);
      }
      const exchange = { request, response, signal: 'metrics', encoding: 'protobuf' } as const;
      await this.#export({ ...exchange, writeVersion: head.version }, sendContinue);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      sendPlain(response, { status: 500, message: `internal error: ${detail}` });
    }
  }

  /** Answers what never became a request. */
  answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
    answerBrokenRequest(error, socket, this.#lastResponses.get(socket));
  }

  async #export(exchange: Exchange, sendContinue: (() => void) | undefined): Promise<void> {
    const { request } = exchange;
    const body = new HttpBody(request, this.#limits.maxBodyBytes, this.#connectionOf(request.socket), this.#watch);
    body.onLate = (why) =>
      this.#refuse(exchange, 'too_slow', { status: 503, message: why, retryAfterMs: RECEIVER_FULL_RETRY_MS });
    try {
      if (sendContinue !== undefined) {
        const problem = body.announcedProblem;
        if (problem === 'too_large') return this.#tooLarge(exchange);
        if (problem === 'busy') return this.#busy(exchange, FULL_MESSAGE);
        sendContinue();
      }
      body.start();
      const arrived = await body.received;
      switch (arrived.kind) {
        case 'canceled':
          return this.#intake.refused(exchange.signal, 'canceled');
        case 'too_large':
          return this.#tooLarge(exchange);
        case 'busy':
          return this.#busy(exchange, FULL_MESSAGE);
        case 'too_slow':
          return this.#refuse(exchange, 'too_slow', {
            status: 503,
            message: arrived.message,
            retryAfterMs: RECEIVER_FULL_RETRY_MS,
          });
        case 'ok':
          return await this.#decode(arrived.body, exchange);
      }
    } finally {
      body.done();
    }
  }

  async #decode(raw: Buffer, exchange: Exchange): Promise<void> {
    const compression =
      exchange.writeVersion === undefined
        ? compressionOf(exchange.request.headers['content-encoding'] ?? '')! // the head was refused otherwise
        : 'snappy';
    const inflated = await decompress(raw, compression, this.#limits, this.#inflating);
    switch (inflated.kind) {
      case 'busy':
        return this.#busy(exchange, inflated.message);
      case 'too_large':
        return this.#refuse(exchange, 'too_large', { status: 413, message: inflated.message });
      case 'bad_compression':
        return this.#refuse(exchange, 'bad_compression', { status: 400, message: inflated.message, badRequest: true });
      case 'ok':
        if (exchange.writeVersion !== undefined) return this.#write(inflated.body, exchange.writeVersion, exchange);
        return exchange.encoding === 'json'
          ? this.#acceptJson(inflated.body, exchange)
          : this.#accept(inflated.body, exchange);
    }
  }

  async #acceptJson(json: Buffer, exchange: Exchange): Promise<void> {
    const intake = this.#intake;
    if (json.length > JSON_INLINE_BYTES && intake.acceptJson !== undefined) {
      return this.#accept(json, exchange, (request) => intake.acceptJson!(request));
    }
    const transcoded = transcodeJson(exchange.signal, json, this.#limits.maxBodyBytes);
    switch (transcoded.kind) {
      case 'malformed':
        return this.#refuse(exchange, 'malformed', { status: 400, message: transcoded.message, badRequest: true });
      case 'too_large':
        return this.#refuse(exchange, 'too_large', { status: 413, message: transcoded.message });
      case 'ok':
        return this.#accept(transcoded.body, exchange);
    }
  }

  async #accept(body: Buffer, { response, signal, encoding }: Exchange, accept?: Intake['accept']): Promise<void> {
    const caller = new Caller();
    const request = { signal, body, transport: 'http', encoding, deadlineMs: DEFAULT_DEADLINE_MS, caller } as const;
    const result = accept === undefined ? this.#intake.accept(request) : accept(request);
    if (result instanceof Promise) response.once('close', () => caller.disconnect());
    respond(response, encoding, signal, await result);
  }

  async #write(body: Buffer, version: 1 | 2, { response }: Exchange): Promise<void> {
    const caller = new Caller();
    response.once('close', () => caller.disconnect());
    sendPlain(response, await acceptWrite(body, version, this.#intake, caller));
  }

  #connectionOf(socket: Socket): ConnectionBytes {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const made = this.#receiving.connection();
    this.#connections.set(socket, made);
    return made;
  }

  #busy(exchange: Exchange, message: string): void {
    this.#refuse(exchange, 'busy', { status: 503, message, retryAfterMs: RECEIVER_FULL_RETRY_MS });
  }

  #tooLarge(exchange: Exchange): void {
    const message = `the request is larger than ${this.#limits.maxBodyBytes} bytes: send smaller batches`;
    this.#refuse(exchange, 'too_large', { status: 413, message });
  }

  #refuse({ response, encoding, signal, writeVersion }: Exchange, reason: RefusalReason, error: HttpError): void {
    this.#intake.refused(signal, reason);
    if (writeVersion !== undefined) return sendPlain(response, error);
    sendError(response, encoding, error);
  }
}

function respond(response: ServerResponse, encoding: OtlpEncoding, signal: Signal, answer: IntakeAnswer): void {
  switch (answer.kind) {
    case 'accepted':
      return sendSuccess(response, encoding, signal, answer.rejected, answer.message);
    case 'malformed':
      return sendError(response, encoding, { status: 400, message: answer.message, badRequest: true });
    case 'too_large':
      return sendError(response, encoding, { status: 413, message: answer.message });
    case 'busy':
      return sendError(response, encoding, { status: 503, message: answer.message, retryAfterMs: answer.retryAfterMs });
  }
}

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new ListenError('the OTLP/HTTP receiver', options, 'listen.otlp_http', error)),
    );
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
