// What routes read of a request: its parameters as Go reads them, and whether its client is still there.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Params } from './params.ts';

/** Go leaves out a parameter with a percent sign that escapes nothing; JavaScript takes the sign as it is. */
function withoutBadEscapes(query: string): string {
  if (!/%(?![0-9a-fA-F]{2})/.test(query)) return query;
  return query
    .split('&')
    .filter((part) => !/%(?![0-9a-fA-F]{2})/.test(part))
    .join('&');
}

export function urlParams(request: FastifyRequest): Params {
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : withoutBadEscapes(url.slice(mark + 1)));
  return new Params(request.body instanceof URLSearchParams ? [request.body, query] : [query]);
}

/** Aborted when the client goes away before its answer is written. */
export function clientSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
