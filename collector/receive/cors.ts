// Cross-origin requests, for browsers that export telemetry themselves. Off unless origins are named.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long a browser may remember a preflight answer, seconds. */
const MAX_AGE_S = 7200;

/**
 * Adds the headers that let an allowed origin read the answer.
 * @param allowedOrigins exact origins, or `*` for any
 * @param allowedHeaders that a request may carry, or `*` for any
 * @returns true when the request was a preflight and is answered
 */
export function answerCors(
  request: IncomingMessage,
  response: ServerResponse,
  allowedOrigins: readonly string[],
  allowedHeaders: readonly string[],
): boolean {
  const origin = request.headers.origin;
  if (origin === undefined || allowedOrigins.length === 0) return false;
  response.setHeader('Vary', 'Origin');
  const allowed = allowedOrigins.includes('*') || allowedOrigins.includes(origin);
  const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
  if (allowed) {
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Expose-Headers', 'Retry-After');
  }
  if (!isPreflight) return false;
  if (allowed) {
    const asked = request.headers['access-control-request-headers'];
    response.setHeader('Access-Control-Allow-Methods', 'POST');
    response.setHeader(
      'Access-Control-Allow-Headers',
      allowedHeaders.includes('*') ? (asked ?? 'Content-Type, Content-Encoding') : allowedHeaders.join(', '),
    );
    response.setHeader('Access-Control-Max-Age', String(MAX_AGE_S));
  }
  response.writeHead(allowed ? 204 : 403);
  response.end();
  return true;
}
