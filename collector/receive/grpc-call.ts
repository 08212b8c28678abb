// Teaches one grpc-js call what grpc-js cannot do: zstd, refusals by name, bounded inflation, a byte budget, a least rate.
import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { Signal } from '#proto/otlp/signal.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { ConnectionBytes, ReceiveBudget } from './receive-budget.ts';
import {
  RPC_INTERNAL,
  RPC_INVALID_ARGUMENT,
  RPC_RESOURCE_EXHAUSTED,
  RPC_UNAVAILABLE,
  RPC_UNIMPLEMENTED,
} from './answers.ts';
import { compressionOf, decompress, UNDERSTOOD_COMPRESSIONS, type Decompressed } from './decompress.ts';
import { GRPC_COMPRESSED, GRPC_PREFIX_BYTES, GrpcMessageAssembler, MessageRefused } from './grpc-message.ts';
import { grpcFailure, STATUS_DETAILS, type GrpcFailure } from './grpc-failure.ts';
import type { RefusalReason } from './intake.ts';
import { RECEIVER_FULL_RETRY_MS, type ReceiveLimits } from './limits.ts';
import type { ReceiveWatch, WatchedRequest } from './receive-watch.ts';

/** A client that was answered before it sent everything has this long to read the answer; then its stream is destroyed. */
const CLOSE_MS = 2000;

/**
 * The members of grpc-js's own server call that are replaced, and its stream. They are not public: grpc-js is pinned to one version in
 * package.json, and the tests send every compression and one-byte frames through a real socket, so a change is seen.
 */
interface GrpcJsServerCall {
  decoder: { write(frame: Buffer): Buffer[] };
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
  readonly stream: ServerHttp2Stream;
  /** The client has sent all of it: then the method is run. */
  handleEndEvent(): void;
  sendStatus(status: GrpcStatus): void;
}

/** As grpc-js sends it. */
type GrpcStatus = Omit<GrpcFailure, 'metadata'> & { readonly metadata?: GrpcFailure['metadata'] | null };

export class CallContext {
  readonly limits: ReceiveLimits;
  readonly inflating: ByteBudget;
  readonly watch: ReceiveWatch;
  readonly refused: (signal: Signal, reason: RefusalReason) => void;
  readonly #receiving: ReceiveBudget;
  readonly #connections = new WeakMap<Http2Session, ConnectionBytes>();

  constructor(
    limits: ReceiveLimits,
    budgets: { readonly inflating: ByteBudget; readonly receiving: ReceiveBudget },
    watch: ReceiveWatch,
    refused: (signal: Signal, reason: RefusalReason) => void,
  ) {
    this.limits = limits;
    this.inflating = budgets.inflating;
    this.#receiving = budgets.receiving;
    this.watch = watch;
    this.refused = refused;
  }

  connectionOf(session: Http2Session | undefined): ConnectionBytes {
    const known = session === undefined ? undefined : this.#connections.get(session);
    if (known !== undefined) return known;
    const made = this.#receiving.connection();
    if (session !== undefined) this.#connections.set(session, made);
    return made;
  }
}

/** @throws Error when grpc-js has another shape than the pinned version's */
export function extendCall(call: ServerInterceptingCallInterface, signal: Signal, context: CallContext): void {
  const inner = call as unknown as GrpcJsServerCall;
  if (!hasKnownShape(inner)) {
    throw new Error(
      'this version of @grpc/grpc-js is not the one that package.json pins: its calls have other members. Run npm ci.',
    );
  }
  const send = inner.sendStatus.bind(inner);
  inner.sendStatus = (status) => send(withDetails(status));
  const body = new CallBody(inner, signal, context);
  inner.decoder = body;
  const end = inner.handleEndEvent.bind(inner);
  inner.handleEndEvent = () => {
    // Node ends the body of a stream that was reset, too; a cancelled call is not processed.
    if (inner.stream.destroyed) return;
    body.isWhole = true;
    end();
  };
  // `encoding` is `identity` where the message's own flag says that it is not compressed.
  inner.decompressMessage = (message, encoding) => inflate(message, encoding, signal, context);
}

function hasKnownShape(call: Partial<GrpcJsServerCall>): boolean {
  return (
    'decoder' in call &&
    'stream' in call &&
    'decompressMessage' in call &&
    'handleEndEvent' in call &&
    'sendStatus' in call
  );
}

/** Adds to grpc-js's own failures the google.rpc.Status that all others have; it calls unary methods streaming ones. */
function withDetails(status: GrpcStatus): GrpcStatus {
  if (status.code === 0 || (status.metadata?.get(STATUS_DETAILS).length ?? 0) > 0) return status;
  return grpcFailure(status.code, status.details.replace('server streaming method', 'unary method'));
}

/** The body of one call from its first byte until the stream is closed: by the answer, or because the client reset it. */
class CallBody implements WatchedRequest {
  readonly #call: GrpcJsServerCall;
  readonly #signal: Signal;
  readonly #context: CallContext;
  readonly #connection: ConnectionBytes;
  readonly #assembler: GrpcMessageAssembler;
  receivedBytes = 0;
  isWhole = false;
  #isRefused = false;

  constructor(call: GrpcJsServerCall, signal: Signal, context: CallContext) {
    this.#call = call;
    this.#signal = signal;
    this.#context = context;
    this.#connection = context.connectionOf(call.stream.session);
    this.#assembler = new GrpcMessageAssembler(context.limits.maxBodyBytes, (bytes) => this.#reserve(bytes));
    context.watch.add(this);
    call.stream.once('close', () => this.#end());
  }

  /** HOT. In place of grpc-js's decoder: what is refused is answered here, by its name. */
  write(frame: Buffer): Buffer[] {
    if (this.#isRefused) return [];
    try {
      return this.#assembler.write(frame);
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      this.#refuse(error.kind, refusalOf(error));
      return [];
    }
  }

  cut(why: string): void {
    if (!this.#isRefused)
      this.#refuse('too_slow', grpcFailure(RPC_UNAVAILABLE, why, { retryAfterMs: RECEIVER_FULL_RETRY_MS }));
  }

  #reserve(bytes: number): boolean {
    if (!this.#connection.reserve(bytes)) return false;
    this.receivedBytes += bytes;
    return true;
  }

  #refuse(reason: RefusalReason, failure: GrpcFailure): void {
    this.#isRefused = true;
    this.#context.refused(this.#signal, reason);
    const { stream } = this.#call;
    this.#call.sendStatus(failure);
    this.#release();
    // What the client still sends is of no use; NO_ERROR says that the answer holds (RFC 9113, 8.1).
    stream.close(constants.NGHTTP2_NO_ERROR);
    const timer = setTimeout(() => stream.destroy(), CLOSE_MS).unref();
    stream.once('close', () => clearTimeout(timer));
  }

  #end(): void {
    this.#context.watch.remove(this);
    if (!this.isWhole && !this.#isRefused) this.#context.refused(this.#signal, 'canceled');
    this.#release();
  }

  #release(): void {
    this.#assembler.drop();
    this.#connection.release(this.receivedBytes);
    this.receivedBytes = 0;
  }
}

function refusalOf({ kind, message }: MessageRefused): GrpcFailure {
  switch (kind) {
    case 'too_large':
      return grpcFailure(RPC_RESOURCE_EXHAUSTED, message);
    case 'busy':
      return grpcFailure(RPC_UNAVAILABLE, message, { retryAfterMs: RECEIVER_FULL_RETRY_MS });
    case 'bad_framing':
      return grpcFailure(RPC_INTERNAL, message);
  }
}

function inflate(message: Buffer, encoding: string, signal: Signal, context: CallContext): Buffer | Promise<Buffer> {
  const body = message.subarray(GRPC_PREFIX_BYTES);
  if (encoding === 'identity') {
    if (message[0] !== GRPC_COMPRESSED) return body;
    context.refused(signal, 'bad_framing');
    return reject(grpcFailure(RPC_INTERNAL, 'the message is flagged as compressed, and no grpc-encoding says how'));
  }
  const compression = compressionOf(encoding);
  if (compression === undefined) {
    context.refused(signal, 'unsupported_encoding');
    const why = `grpc-encoding ${JSON.stringify(encoding)} is not understood; understood are ${UNDERSTOOD_COMPRESSIONS}`;
    return reject(grpcFailure(RPC_UNIMPLEMENTED, why));
  }
  const result = decompress(body, compression, context.limits, context.inflating);
  if (result instanceof Promise) return result.then((later) => bodyOf(later, signal, context));
  return bodyOf(result, signal, context);
}

function bodyOf(result: Decompressed, signal: Signal, context: CallContext): Buffer | Promise<Buffer> {
  if (result.kind === 'ok') return result.body;
  context.refused(signal, result.kind);
  switch (result.kind) {
    case 'too_large':
      return reject(grpcFailure(RPC_RESOURCE_EXHAUSTED, result.message));
    case 'busy':
      return reject(grpcFailure(RPC_UNAVAILABLE, result.message, { retryAfterMs: RECEIVER_FULL_RETRY_MS }));
    case 'bad_compression':
      return reject(grpcFailure(RPC_INVALID_ARGUMENT, result.message, { badRequest: true }));
  }
}

/** grpc-js sends what is rejected as the call's status: a plain object, no Error. */
function reject(failure: GrpcFailure): Promise<Buffer> {
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors
  return Promise.reject(failure);
}
