// POST /api/rescue: asks the collector to bring dropped traces back. It changes what is stored: accepted from this origin only.
import type { FastifyInstance } from 'fastify';
import { ROUTES } from '#proto/api/routes.ts';
import type { CollectorLink } from '#query/collector/collector-link.ts';
import { serve } from '../own-route.ts';
import { sendError } from '../own-error.ts';
import { sameOriginOnly } from '../same-origin.ts';

export function registerRescue(app: FastifyInstance, collector: CollectorLink): void {
  const ownOrigin = sameOriginOnly(
    'traces are brought back for Winnow’s own pages and for programs, not for other sites',
    'send JSON with content-type: application/json, without a foreign Origin',
  );
  serve(
    app,
    ROUTES.rescue,
    async ({ body }, reply) => {
      const answer = await collector.rescue(body);
      if (answer.kind === 'done') return answer.response;
      if (answer.kind === 'unreachable')
        return sendError(reply, 503, {
          code: 'COLLECTOR_UNREACHABLE',
          message: 'the collector does not answer on its admin address',
          hint: 'check listen.admin',
        });
      if (answer.status === 409)
        return sendError(reply, 409, {
          code: 'NO_RESCUE_RING',
          message: 'no dropped traces are held: sampling.rescue.max_bytes is 0',
          hint: 'give it some memory, as 32MiB, and start again',
        });
      return sendError(reply, answer.status, {
        code: 'RESCUE_REFUSED',
        message: answer.message,
        hint: 'query must run on the machine of the collector, or be given its loopback address',
      });
    },
    ownOrigin,
  );
}
