// The OTLP/gRPC receiver: the three Export services on grpc-js with raw message bytes in and out (OTLP 1.11, "OTLP/gRPC").
import {
  logVerbosity,
  Server,
  ServerCredentials,
  setLogVerbosity,
  type sendUnaryData,
  type ServerInterceptingCall,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { addressText } from '#proto/config/address.ts';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import { ByteBudget } from './byte-budget.ts';
import { ReceiveBudget } from './receive-budget.ts';
import {
  exportResponse,
  RPC_INTERNAL,
  RPC_INVALID_ARGUMENT,
  RPC_RESOURCE_EXHAUSTED,
  RPC_UNAVAILABLE,
} from './answers.ts';
import { Caller } from './caller.ts';
import { CallContext, extendCall } from './grpc-call.ts';
import { grpcFailure } from './grpc-failure.ts';
import { limitHttp2 } from './grpc-http2-server.ts';
import type { Intake, IntakeAnswer } from './intake.ts';
import { DEFAULT_DEADLINE_MS, DEFAULT_RECEIVE_LIMITS, type ReceiveLimits } from './limits.ts';
import { CLOSE_GRACE_MS, ListenError, type Listening, type ListenOptions } from './listen.ts';
import { ReceiveWatch } from './receive-watch.ts';
import { RefusedConnections } from './refused-connections.ts';

export interface GrpcReceiverOptions extends ListenOptions {
  readonly limits?: ReceiveLimits;
  /** Shared with the other receiver; by default one of its own. */
  readonly receiving?: ReceiveBudget;
  /** By default one of its own that looks by itself. */
  readonly watch?: ReceiveWatch;
  /** Counts connections that were not accepted. */
  readonly refused?: RefusedConnections;
}

const paths: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** Of one connection, MiB of HTTP/2 frames, headers and queues; bodies are counted while they are put together. */
const SESSION_MEMORY_MIB = 128;
/** A dead peer is noticed after a ping of this period goes unanswered for its timeout. */
const KEEPALIVE_MS = 120_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
/**
 * A connection without a call for so long is closed with a GOAWAY; its client connects again for the next call. Exporters of metrics
 * send every minute, some every five.
 */
const IDLE_CONNECTION_MS = 15 * 60_000;

type Answer = sendUnaryData<Buffer>;
type Call = ServerUnaryCall<Buffer, Buffer>;

/** @throws ListenError when the port cannot be had */
export async function startOtlpGrpc(options: GrpcReceiverOptions, intake: Intake): Promise<Listening> {
  const limits = options.limits ?? DEFAULT_RECEIVE_LIMITS;
  const watch = options.watch ?? new ReceiveWatch();
  const budgets = {
    inflating: new ByteBudget(limits.maxInflatingBytes, limits.maxInflatingWaiting),
    receiving: options.receiving ?? new ReceiveBudget(limits.maxReceivingBytes, limits.maxBodyBytes),
  };
  const context = new CallContext(limits, budgets, watch, (signal, reason) => intake.refused(signal, reason));
  // grpc-js would write to stderr by itself; errors are reported by ListenError, statuses and counters.
  setLogVerbosity(logVerbosity.NONE);
  const signalOf = new Map(SIGNALS.map((signal) => [paths[signal], signal]));
  const server = new Server({
    'grpc.max_receive_message_length': limits.maxBodyBytes,
    'grpc-node.max_session_memory': SESSION_MEMORY_MIB,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    'grpc.max_connection_idle_ms': IDLE_CONNECTION_MS,
    // Introspection would keep an object per connection and count every call.
    'grpc.enable_channelz': 0,
    interceptors: [
      (method, call) => {
        const signal = signalOf.get(method.path);
        if (signal !== undefined) extendCall(call, signal, context);
        // The declared type asks for a wrapper around the call; the call itself serves, without another layer per request.
        return call as ServerInterceptingCall;
      },
    ],
  });
  const refused = options.refused ?? new RefusedConnections();
  limitHttp2(server, { maxConnections: limits.maxConnections, refused, paths: new Set(signalOf.keys()) });
  for (const signal of SIGNALS) {
    server.addService(serviceOf(paths[signal]), {
      export: (call: Call, answer: Answer) => exportRequest(signal, call, answer, intake),
    });
  }
  const port = await bind(server, options);
  if (options.watch === undefined) watch.start();
  return { address: options.host, port, close: () => close(server).finally(() => watch.stop()) };
}

/** HOT once per request. A synchronous answer of the intake goes out without a promise. */
function exportRequest(signal: Signal, call: Call, answer: Answer, intake: Intake): void {
  const deadline = call.getDeadline();
  const atMs = typeof deadline === 'number' ? deadline : deadline.getTime();
  const deadlineMs = Number.isFinite(atMs) ? Math.max(0, atMs - Date.now()) : DEFAULT_DEADLINE_MS;
  const caller = new Caller();
  const result = intake.accept({
    signal,
    body: call.request,
    transport: 'grpc',
    encoding: 'protobuf',
    deadlineMs,
    caller,
  });
  if (!(result instanceof Promise)) {
    respond(result, answer);
    return;
  }
  call.on('cancelled', () => caller.disconnect());
  result.then(
    (later) => respond(later, answer),
    // The intake promises not to fail; if it does, the client hears it.
    (error: unknown) => answer(grpcFailure(RPC_INTERNAL, `internal error: ${String(error)}`)),
  );
}

function respond(result: IntakeAnswer, answer: Answer): void {
  switch (result.kind) {
    case 'accepted':
      answer(null, exportResponse(result.rejected, result.message));
      return;
    case 'malformed':
      answer(grpcFailure(RPC_INVALID_ARGUMENT, result.message, { badRequest: true }));
      return;
    case 'too_large':
      answer(grpcFailure(RPC_RESOURCE_EXHAUSTED, result.message));
      return;
    case 'busy':
      answer(grpcFailure(RPC_UNAVAILABLE, result.message, { retryAfterMs: result.retryAfterMs }));
  }
}

const asIs = (bytes: Buffer): Buffer => bytes;

function serviceOf(path: string): ServiceDefinition {
  return {
    export: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  };
}

function bind(server: Server, options: GrpcReceiverOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(addressText(options), ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) reject(new ListenError('the OTLP/gRPC receiver', options, 'listen.otlp_grpc', error));
      else resolve(port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.forceShutdown(), CLOSE_GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}
