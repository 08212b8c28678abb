// Access to the HTTP/2 server inside grpc-js, for what a receiver on an open port needs: limits, refusals that clients repeat, timeouts.
//
// Node refuses a stream with ENHANCE_YOUR_CALM when as many streams as SETTINGS_MAX_CONCURRENT_STREAMS have an object, and streams that
// the client has reset keep theirs until the event loop has turned. After a pause of this process the frames of many rounds of calls and
// cancellations lie in the socket; all of them are read in one turn. Clients map ENHANCE_YOUR_CALM to RESOURCE_EXHAUSTED without RetryInfo,
// which OTLP does not repeat, and after 100 such refusals Node ends the connection with INTERNAL_ERROR, which OTLP does not repeat either.
// So Node's limit is set where only an attack gets to, and calls are counted here: a reset one is not, and one too many is answered
// REFUSED_STREAM, which clients map to UNAVAILABLE and repeat (RFC 9113, 5.1.2 and 8.7).
import {
  constants,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { rpcStatus, RPC_UNIMPLEMENTED } from './answers.ts';
import type { RefusedConnections } from './refused-connections.ts';

/** Calls of one connection that are not answered and not reset. Batch exporters use a handful, benchmarks hundreds. */
const MAX_LIVE_CALLS = 1024;
/** Node's own limit, see above: two MiB of frames, which is what one turn of the event loop reads at most, open fewer streams. */
const MAX_STREAM_OBJECTS = 65_536;
/**
 * Streams that a client may reset at once, and per second for long; beyond it nghttp2 ends the connection. 1,024 calls with a deadline of
 * 1.5 s reset 14,000 in a pause of 20 s; a rapid reset attack needs less than a second for more.
 */
const RESET_BURST = 20_000;
const RESETS_PER_SECOND = 1000;
/** A connection must send the preface and its settings within this time. */
const PREFACE_MS = 10_000;

const http2Options: ServerOptions = {
  settings: { maxConcurrentStreams: MAX_STREAM_OBJECTS },
  streamResetBurst: RESET_BURST,
  streamResetRate: RESETS_PER_SECOND,
};

/**
 * The members of grpc-js's server that are used. They are not public: grpc-js is pinned to one version in package.json, and the tests of
 * the receiver send floods, resets and pauses through a real socket, so a change is seen.
 */
interface GrpcJsServer {
  /** Given to `http2.createServer` as they are. */
  readonly commonServerOptions: ServerOptions;
  createHttp2Server(credentials: ServerCredentials): Http2Server;
}

type StreamListener = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: readonly string[],
) => void;

export interface Http2Limits {
  readonly maxConnections: number;
  readonly refused: RefusedConnections;
  /** Methods that are served. */
  readonly paths: ReadonlySet<string>;
}

/**
 * Makes a server of grpc-js that is not bound yet create its HTTP/2 servers with the limits of this file.
 * @throws Error when grpc-js has another shape than the pinned version's
 */
export function limitHttp2(server: Server, limits: Http2Limits): void {
  const inner = server as unknown as Partial<GrpcJsServer>;
  const { commonServerOptions, createHttp2Server } = inner;
  if (typeof commonServerOptions !== 'object' || typeof createHttp2Server !== 'function')
    throw otherShape('options or createHttp2Server');
  Object.assign(commonServerOptions, http2Options);
  inner.createHttp2Server = (credentials) => {
    const http2Server = createHttp2Server.call(server as unknown as GrpcJsServer, credentials);
    guard(http2Server, limits);
    return http2Server;
  };
}

function guard(http2Server: Http2Server, { maxConnections, paths, refused }: Http2Limits): void {
  const [handle, ...others] = http2Server.listeners('stream') as StreamListener[];
  if (handle === undefined || others.length > 0) throw otherShape('listeners for streams');
  http2Server.maxConnections = maxConnections;
  refused.watch(http2Server);
  http2Server.on('session', awaitPreface);
  const callsOf = new WeakMap<Http2Session, Calls>();
  http2Server.removeAllListeners('stream');
  http2Server.on(
    'stream',
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: readonly string[]) => {
      const { session } = stream;
      // Reset before its turn came: there is nothing to answer.
      if (session === undefined || stream.destroyed || stream.closed) return;
      let calls = callsOf.get(session);
      if (calls === undefined) callsOf.set(session, (calls = new Calls()));
      if (calls.live >= MAX_LIVE_CALLS) return refuse(stream, constants.NGHTTP2_REFUSED_STREAM);
      const problem = problemOf(headers, paths);
      if (problem !== undefined) return answer(stream, problem);
      calls.live++;
      stream.once('close', calls.closed);
      return handle(stream, headers, flags, rawHeaders);
    },
  );
}

/** Of one connection. */
class Calls {
  live = 0;
  readonly closed = (): void => {
    this.live--;
  };
}

/** A connection that says nothing has no session timeout of its own. */
function awaitPreface(session: ServerHttp2Session): void {
  const timer = setTimeout(() => session.destroy(), PREFACE_MS).unref();
  const stop = (): void => clearTimeout(timer);
  session.once('remoteSettings', stop);
  session.once('close', stop);
}

interface Problem {
  readonly headers: Record<string, string | number>;
}

/** With a subtype or without; grpc-web, which frames its messages in another way, begins with the same letters. */
function isGrpc(contentType: string): boolean {
  if (contentType === 'application/grpc') return true;
  const type = contentType.split(';')[0]!.trim();
  return type === 'application/grpc' || type.startsWith('application/grpc+');
}

/** What is wrong with a call before its body: the answer has no body either. */
function problemOf(headers: IncomingHttpHeaders, paths: ReadonlySet<string>): Problem | undefined {
  if (!isGrpc(headers['content-type'] ?? '')) return { headers: { ':status': 415 } };
  const path = headers[':path'];
  if (typeof path === 'string' && paths.has(path)) return undefined;
  const message = `no such method: ${String(path).slice(0, 200)}; OTLP is served at ${[...paths].join(', ')}`;
  return {
    headers: {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-status': RPC_UNIMPLEMENTED,
      'grpc-message': encodeURI(message.toWellFormed()),
      'grpc-status-details-bin': rpcStatus(RPC_UNIMPLEMENTED, message).toString('base64'),
    },
  };
}

function answer(stream: ServerHttp2Stream, { headers }: Problem): void {
  stream.on('error', () => undefined);
  stream.respond(headers, { endStream: true });
  // What the client still sends of its body is of no use; NO_ERROR says that the answer holds (RFC 9113, 8.1).
  stream.close(constants.NGHTTP2_NO_ERROR);
}

function refuse(stream: ServerHttp2Stream, code: number): void {
  stream.on('error', () => undefined);
  stream.close(code);
}

function otherShape(what: string): Error {
  return new Error(
    `this version of @grpc/grpc-js is not the one that package.json pins: its server has other ${what}. Run npm ci.`,
  );
}
