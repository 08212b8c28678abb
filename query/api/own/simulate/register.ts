// POST /api/simulate: tries a configuration on what was received. It changes nothing, yet costs work: accepted from this origin only, one at a time.
import type { FastifyInstance } from 'fastify';
import { formatConfigError } from '#proto/config/config-error.ts';
import { ROUTES } from '#proto/api/routes.ts';
import { serve } from '../own-route.ts';
import { sendError } from '../own-error.ts';
import { sameOriginOnly } from '../same-origin.ts';
import type { DatabaseOptions } from '#query/store/database.ts';
import { runSimulation } from '#query/simulate/run-simulation.ts';

/** Simulations at a time: each takes a core for its time. */
const MAX_RUNNING = 1;
const NS_PER_MS = 1_000_000n;

export interface SimulateParts {
  readonly database: DatabaseOptions;
  /** Unix ms. */
  readonly now: () => number;
}

export function registerSimulate(app: FastifyInstance, { database, now }: SimulateParts): void {
  let running = 0;
  const ownOrigin = sameOriginOnly(
    'a simulation is taken from Winnow’s own pages and from programs, not from other sites',
    'open the Sampling page, or use winnow simulate --from',
  );
  serve(
    app,
    ROUTES.simulate,
    async ({ body: asked }, reply) => {
      if (running >= MAX_RUNNING)
        return sendError(reply.header('retry-after', '5'), 429, {
          code: 'SIMULATION_RUNNING',
          message: 'another simulation is running',
          hint: 'try again when it has ended: it takes a few seconds',
        });
      const closed = new AbortController();
      // The request is read whole by now: a closed socket means that nobody waits any more.
      reply.raw.once('close', () => closed.abort());
      running++;
      try {
        const endMs = BigInt(Math.ceil(now()));
        const answer = await runSimulation(
          { database, request: asked, startNs: (endMs - BigInt(asked.since_ms)) * NS_PER_MS, endNs: endMs * NS_PER_MS },
          closed.signal,
        );
        if (answer.kind === 'done') return answer.response;
        if (answer.kind === 'failed')
          return sendError(reply, 500, {
            code: 'SIMULATION_FAILED',
            message: `the simulation failed: ${answer.message}`,
            hint: 'look back less (since_ms), or lower the limit',
          });
        const message = answer.errors.map(formatConfigError).join('\n');
        return await sendError(reply, 422, {
          code: 'BAD_CONFIG',
          message,
          hint: 'mend these places and try again',
          errors: answer.errors,
        });
      } finally {
        running--;
      }
    },
    ownOrigin,
  );
}
