// Logs requests that failed or were slow, each with the request id that its answer names. Other requests get no line.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '#proto/log/log.ts';
import { ROUTES } from '#proto/api/routes.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the answer is a failure; set where it is one. */
    failure?: string;
  }
}

/** A person who waits longer than this asks whether something is wrong. */
const SLOW_MS = 2000;
/** Messages of ClickHouse repeat what was asked for: a line of the log holds so much of one. */
const MAX_FAILURE_CHARS = 300;
/** Header of every answer 5xx. */
const REQUEST_ID_HEADER = 'x-request-id';

export interface RequestLogParts {
  readonly log: Log;
  /** ms of a clock that never goes back. */
  readonly elapsedMs: () => number;
}

/** Logs failed (5xx) and slow questions, and names a failed one's id in a header; bodies name it where their dialect has room. */
export function logRequests(app: FastifyInstance, { log, elapsedMs }: RequestLogParts): void {
  app.addHook('onRequest', async (request, reply) => {
    const fromMs = elapsedMs();
    // Also when the asker went away before the answer: a question nobody waits for any more was slow all the same.
    reply.raw.once('close', () => logRequest(log, request, reply, elapsedMs() - fromMs));
  });
  app.addHook('onError', async (request, _reply, error) => {
    request.failure ??= error.message;
  });
  app.addHook('onSend', async (request, reply) => {
    if (reply.statusCode >= 500) reply.header(REQUEST_ID_HEADER, request.id);
  });
}

function logRequest(log: Log, request: FastifyRequest, { statusCode: status }: FastifyReply, ms: number): void {
  const { method, url } = request.routeOptions;
  // A probe is answered with its reasons, again and again while they last.
  if (url === ROUTES.readyz.path) return;
  // The pattern of the route, not the address: that holds what people ask for.
  const fields = { id: request.id, route: `${String(method)} ${url ?? '(none)'}`, status, ms: Math.round(ms) };
  if (status >= 500)
    log.error(
      { ...fields, ...(request.failure !== undefined && { failure: cut(request.failure) }) },
      'a question failed',
    );
  else if (ms >= SLOW_MS) log.warn(fields, 'a question was slow');
}

function cut(text: string): string {
  return text.length > MAX_FAILURE_CHARS ? `${text.slice(0, MAX_FAILURE_CHARS)}…` : text;
}
