// Who may POST: Winnow's own pages and programs, not other sites that a browser has open beside them.
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { sendError } from './own-error.ts';

/** A browser always sends the origin of a POST; JSON from another one would need a preflight, which is never answered. */
function isSameOrigin({ headers }: FastifyRequest): boolean {
  if (!(headers['content-type'] ?? '').startsWith('application/json')) return false;
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') return false;
  // The browser says it itself, and no page can make it say so; a proxy may have replaced the host.
  if (site === 'same-origin') return true;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

/** Of a POST: refuses other sites, before the body is read. */
export function sameOriginOnly(message: string, hint: string): onRequestAsyncHookHandler {
  return async (request, reply) =>
    isSameOrigin(request) ? undefined : sendError(reply, 403, { code: 'OTHER_ORIGIN', message, hint });
}
