// The recorded requests of real SDKs, and a client that sends one again exactly as it came.
import { gunzipSync } from 'node:zlib';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import path from 'node:path';
import { sharedData } from './shared-data.ts';

export interface RecordedRequest {
  readonly n: number;
  readonly transport: 'grpc' | 'http';
  readonly verb?: string;
  readonly method_or_path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly grpc_compressed?: boolean;
  readonly answer: string;
  readonly body: Buffer;
}

export interface SetSummary {
  readonly spans: number;
  readonly logs: number;
  readonly points: number;
  readonly undecodable_requests?: Readonly<Record<string, string>>;
  readonly span_lines_sha256: string;
  readonly span_content_sha256: string;
  readonly log_content_sha256: string;
  readonly point_content_sha256: string;
}

export function recordedSets(): string[] {
  return readdirSync(path.dirname(sharedData('sdk-wire/summary.json')))
    .filter((name) => name.endsWith('.jsonl.gz'))
    .sort();
}

export function recordedSummary(): Readonly<Record<string, SetSummary>> {
  return JSON.parse(readFileSync(sharedData('sdk-wire/summary.json'), 'utf8')) as Record<string, SetSummary>;
}

export function recordedRequests(set: string): RecordedRequest[] {
  const text = gunzipSync(readFileSync(sharedData(`sdk-wire/${set}`))).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { body_base64, ...rest } = JSON.parse(line) as Omit<RecordedRequest, 'body'> & {
        readonly body_base64: string;
      };
      return { ...rest, body: Buffer.from(body_base64, 'base64') };
    });
}

export interface WireAnswer {
  /** HTTP status, or grpc-status. */
  readonly status: number;
  readonly message: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Sends header lines and body as recorded; a body without a recorded length goes out chunked. */
export function sendHttp(
  port: number,
  request: Pick<RecordedRequest, 'verb' | 'method_or_path' | 'headers' | 'body'>,
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const sent = http.request(
      { port, host: '127.0.0.1', method: request.verb ?? 'POST', path: request.method_or_path, setHost: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            message: response.statusMessage ?? '',
            body: Buffer.concat(chunks),
            headers: response.headers,
          }),
        );
      },
    );
    sent.on('error', reject);
    for (const [name, value] of Object.entries(request.headers)) sent.setHeader(name, value);
    sent.end(request.body);
  });
}

/** The 5-byte prefix and the message. */
export function grpcFrame(body: Buffer, compressed: boolean): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

export function sendGrpc(
  session: http2.ClientHttp2Session,
  request: Pick<RecordedRequest, 'headers' | 'body' | 'grpc_compressed'>,
): Promise<WireAnswer> {
  const stream = session.request({ ...request.headers });
  stream.end(grpcFrame(request.body, request.grpc_compressed === true));
  return grpcAnswer(stream);
}

/** What came back on a call: the status is in the trailers, or in the headers of an answer without a body. */
export function grpcAnswer(stream: http2.ClientHttp2Stream): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    let headers: Record<string, unknown> = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => (headers = { ...headers, ...received }));
    stream.on('trailers', (received) => (headers = { ...headers, ...received }));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      const { 'grpc-status': status, 'grpc-message': grpcMessage } = headers;
      resolve({
        status: status === undefined ? -1 : Number(status),
        message: decodeURIComponent(typeof grpcMessage === 'string' ? grpcMessage : ''),
        body: Buffer.concat(chunks),
        headers,
      });
    });
  });
}
