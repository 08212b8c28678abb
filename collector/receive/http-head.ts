// Reads the head of an OTLP/HTTP request: signal, encoding of the body, and whether the request is acceptable at all.
import type { IncomingMessage } from 'node:http';
import type { Signal } from '#proto/otlp/signal.ts';
import { compressionOf, UNDERSTOOD_COMPRESSIONS } from './decompress.ts';
import type { HttpError } from './http-answer.ts';
import type { OtlpEncoding, RefusalReason } from './intake.ts';

const signalOfPath: ReadonlyMap<string, Signal> = new Map([
  ['/v1/traces', 'traces'],
  ['/v1/logs', 'logs'],
  ['/v1/metrics', 'metrics'],
]);
const UNDERSTOOD_TYPES = 'understood are application/x-protobuf and application/json';
/** Scheme and authority of a request target in absolute form, which every server has to accept (RFC 9112, 3.2.2). */
const ABSOLUTE = /^https?:\/\/[^/?#]*/i;

interface HeadProblem extends HttpError {
  readonly reason?: RefusalReason;
}

export interface Head {
  /** Of the answer, too; undefined where the request does not say. */
  readonly encoding: OtlpEncoding | undefined;
  readonly signal: Signal | undefined;
  readonly problem: HeadProblem | undefined;
}

export function readHead(request: IncomingMessage): Head {
  const encoding = encodingOf(request.headers['content-type']);
  const path = pathOf(request.url ?? '/');
  const signal = signalOfPath.get(path);
  if (signal === undefined) {
    const message = `no such path: ${path}; OTLP is served at ${[...signalOfPath.keys()].join(', ')}`;
    return { encoding, signal, problem: { status: 404, message } };
  }
  return { encoding, signal, problem: problemOf(request, encoding) };
}

/** Whether a body follows the head. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

export function pathOf(url: string): string {
  const target = url.startsWith('/') ? url : url.replace(ABSOLUTE, '');
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** Media types are compared without their parameters and in any case. */
function encodingOf(contentType: string | undefined): OtlpEncoding | undefined {
  switch (contentType?.split(';')[0]?.trim().toLowerCase()) {
    case 'application/x-protobuf':
    case 'application/protobuf':
      return 'protobuf';
    case 'application/json':
      return 'json';
    default:
      return undefined;
  }
}

function problemOf(request: IncomingMessage, encoding: OtlpEncoding | undefined): HeadProblem | undefined {
  if (request.method !== 'POST') {
    return {
      status: 405,
      message: `${request.method ?? '?'} is not understood here: use POST`,
      headers: { Allow: 'POST' },
    };
  }
  if (encoding === undefined) {
    const found = request.headers['content-type'];
    return {
      status: 415,
      message: `content-type ${found === undefined ? 'is missing' : JSON.stringify(found)}: ${UNDERSTOOD_TYPES}`,
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
  return undefined;
}
