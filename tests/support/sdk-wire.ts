// Recorded requests of real SDKs: read from the shared data and sent again byte for byte, over the same transport.
import { readFileSync, readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect, type ClientHttp2Session } from 'node:http2';
import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { jsonToProtobuf } from '#proto/otlp/json-to-protobuf.ts';
import { logsRequestSchema, metricsRequestSchema, traceRequestSchema } from '#proto/otlp/schema.ts';
import { sharedData } from './shared-data.ts';

const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** Understood by neither the standard nor us. */
const NOT_UNDERSTOOD = /snappy|lz4/;

export type WireSignal = 'traces' | 'logs' | 'metrics';

export interface WireRequest {
  readonly transport: 'grpc' | 'http';
  readonly method_or_path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly grpc_compressed?: boolean;
  readonly encoding?: string;
  readonly answer: string;
  readonly body_base64: string;
}

export interface WireSummary {
  readonly spans: number;
  readonly traces: number;
  readonly logs: number;
  readonly points: number;
  readonly span_lines_sha256: string;
}

export function wireSummaries(): Map<string, WireSummary> {
  return new Map(
    Object.entries(
      JSON.parse(readFileSync(sharedData('sdk-wire/summary.json'), 'utf8')) as Record<string, WireSummary>,
    ),
  );
}

/** Names of the recorded sets whose encodings a server of ours understands. */
export function wireSets(): string[] {
  return readdirSync(sharedData('sdk-wire'))
    .filter((name) => name.endsWith('.jsonl.gz') && !NOT_UNDERSTOOD.test(name))
    .toSorted();
}

/** The requests of a set that its client was told were taken, wholly or in part. */
export function takenRequests(set: string): WireRequest[] {
  const lines = gunzipSync(readFileSync(sharedData(`sdk-wire/${set}`)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  return lines
    .map((line) => JSON.parse(line) as WireRequest)
    .filter((one) => one.answer === 'ok' || one.answer === 'partial');
}

export function signalOf(request: WireRequest): WireSignal {
  if (/trace/i.test(request.method_or_path)) return 'traces';
  return /log/i.test(request.method_or_path) ? 'logs' : 'metrics';
}

function header(request: WireRequest, name: string): string {
  const found = Object.entries(request.headers).find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
  return Array.isArray(found) ? (found[0] ?? '') : found;
}

/** The protobuf message of a request; undefined when it is JSON that cannot be an OTLP message. */
export function messageOf(request: WireRequest): Uint8Array | undefined {
  const body = Buffer.from(request.body_base64, 'base64');
  const encoding =
    request.transport === 'grpc'
      ? request.grpc_compressed === true
        ? (request.encoding ?? '')
        : ''
      : header(request, 'content-encoding');
  const plain =
    encoding === 'gzip'
      ? gunzipSync(body)
      : encoding === 'deflate'
        ? inflateSync(body)
        : encoding === 'zstd'
          ? zstdDecompressSync(body)
          : body;
  if (!/json/i.test(header(request, 'content-type'))) return plain;
  const schema = { traces: traceRequestSchema, logs: logsRequestSchema, metrics: metricsRequestSchema }[
    signalOf(request)
  ];
  try {
    return jsonToProtobuf(schema, plain, MAX_JSON_BYTES);
  } catch {
    return undefined;
  }
}

/** Hop-by-hop or made by the client itself. */
const NOT_RESENT = new Set(['host', 'connection', 'transfer-encoding', 'content-length', 'te', 'keep-alive', 'expect']);

/** Sends recorded requests to one server. */
export class WireSender {
  readonly #http: string;
  readonly #session: ClientHttp2Session;

  constructor(addresses: Readonly<Record<string, string>>) {
    this.#http = `http://${addresses['otlp_http']}`;
    this.#session = connect(`http://${addresses['otlp_grpc']}`);
  }

  /** @returns HTTP status, or for gRPC the grpc-status. */
  send(request: WireRequest): Promise<number> {
    return request.transport === 'http' ? this.#sendHttp(request) : this.#sendGrpc(request);
  }

  close(): void {
    this.#session.close();
  }

  #sendHttp(request: WireRequest): Promise<number> {
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !NOT_RESENT.has(name.toLowerCase())),
    );
    return new Promise((resolve, reject) => {
      const call = httpRequest(this.#http + request.method_or_path, { method: 'POST', headers }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      });
      call.once('error', reject);
      call.end(Buffer.from(request.body_base64, 'base64'));
    });
  }

  #sendGrpc(request: WireRequest): Promise<number> {
    const kept = Object.entries(request.headers).filter(
      ([name]) => !name.startsWith(':') && !NOT_RESENT.has(name.toLowerCase()),
    );
    const message = Buffer.from(request.body_base64, 'base64');
    const prefix = Buffer.alloc(5);
    prefix[0] = request.grpc_compressed === true ? 1 : 0;
    prefix.writeUInt32BE(message.length, 1);
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': request.method_or_path,
        te: 'trailers',
        ...Object.fromEntries(kept.map(([name, value]) => [name.toLowerCase(), value])),
      });
      let status = -1;
      const read = (headers: Readonly<Record<string, unknown>>): void => {
        if (headers['grpc-status'] !== undefined) status = Number(headers['grpc-status']);
      };
      stream.on('response', read);
      stream.on('trailers', read);
      stream.once('error', reject);
      stream.once('end', () => resolve(status));
      stream.resume();
      stream.end(Buffer.concat([prefix, message]));
    });
  }
}
