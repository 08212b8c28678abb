// Teaches one grpc-js call what grpc-js cannot do: zstd, refusals by name, bounded inflation, bounded frames.
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { ByteBudget } from '../admit/byte-budget.ts';
import { RPC_INVALID_ARGUMENT, RPC_RESOURCE_EXHAUSTED, RPC_UNAVAILABLE, RPC_UNIMPLEMENTED } from './answers.ts';
import { compressionOf, decompress, UNDERSTOOD_COMPRESSIONS, type Decompressed } from './decompress.ts';
import { GRPC_PREFIX_BYTES, GrpcMessageAssembler } from './grpc-message.ts';
import { grpcFailure, type GrpcFailure } from './grpc-failure.ts';
import type { RefusalReason, Signal } from './intake.ts';
import type { ReceiveLimits } from './limits.ts';

/** What a client is told when too many compressed requests are being undone. */
const INFLATING_RETRY_MS = 1000;

/** A call on which nothing moves for this long is cut: a held reply takes at most 10 s, a slow peer would keep its place for ever. */
const IDLE_CALL_MS = 60_000;

/**
 * The members of grpc-js's own server call that are replaced, and its stream. They are not public: grpc-js is pinned to one version in
 * package.json, and the tests send every compression and one-byte frames through a real socket, so a change is seen.
 */
interface GrpcJsServerCall {
  decoder: { write(frame: Buffer): Buffer[] };
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
  readonly stream: ServerHttp2Stream;
}

export interface CallContext {
  readonly limits: ReceiveLimits;
  readonly inflating: ByteBudget;
  refused(signal: Signal, reason: RefusalReason): void;
}

/** @throws Error when grpc-js has another shape than the pinned version's */
export function extendCall(call: ServerInterceptingCallInterface, signal: Signal, context: CallContext): void {
  const inner = call as unknown as Partial<GrpcJsServerCall>;
  if (inner.decoder === undefined || inner.decompressMessage === undefined || inner.stream === undefined) {
    throw new Error('this version of @grpc/grpc-js is not the one that package.json pins');
  }
  const { stream } = inner;
  stream.setTimeout(IDLE_CALL_MS, () => stream.close(constants.NGHTTP2_CANCEL));
  const onTooLarge = (): void => context.refused(signal, 'too_large');
  inner.decoder = new GrpcMessageAssembler(context.limits.maxBodyBytes, onTooLarge);
  // `encoding` is `identity` where the message's own flag says that it is not compressed.
  inner.decompressMessage = (message, encoding) => inflate(message.subarray(GRPC_PREFIX_BYTES), encoding, signal, context);
}

function inflate(body: Buffer, encoding: string, signal: Signal, context: CallContext): Buffer | Promise<Buffer> {
  if (encoding === 'identity') return body;
  const compression = compressionOf(encoding);
  if (compression === undefined) {
    context.refused(signal, 'unsupported_encoding');
    const message = `grpc-encoding ${JSON.stringify(encoding)} is not understood; understood are ${UNDERSTOOD_COMPRESSIONS}`;
    return reject(grpcFailure(RPC_UNIMPLEMENTED, message));
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
      return reject(grpcFailure(RPC_UNAVAILABLE, result.message, { retryAfterMs: INFLATING_RETRY_MS }));
    case 'bad_compression':
      return reject(grpcFailure(RPC_INVALID_ARGUMENT, result.message, { badRequest: true }));
  }
}

/** grpc-js sends what is rejected as the call's status: a plain object, no Error. */
function reject(failure: GrpcFailure): Promise<Buffer> {
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors
  return Promise.reject(failure);
}
