// The one way to add a route of our own API: it accepts what its contract in proto/api declares, and refuses whatever else a request holds.
import { membersOf } from '#proto/model/untyped.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { z } from 'zod';
import { DeclaredRequest, type RequestMistake } from '#proto/api/declared-request.ts';
import type { OwnRoute } from '#proto/api/route-contract.ts';
import { BadRequest } from './request-error.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of the routes that {@link serve} added. */
    readonly contract?: OwnRoute;
  }
}

/** A request as its route declares it. */
interface Asked<R extends OwnRoute> {
  readonly params: R extends { readonly params: infer P extends z.ZodType } ? z.output<P> : undefined;
  readonly query: z.output<R['query']>;
  readonly body: R extends { readonly body: infer B extends z.ZodType } ? z.output<B> : undefined;
}

/** What the route declares, or an error that was sent. */
type Answer<R extends OwnRoute> = z.output<R['response']> | FastifyReply;

/** @param guard refuses before anything else of the request is looked at */
export function serve<R extends OwnRoute>(
  app: FastifyInstance,
  route: R,
  answer: (asked: Asked<R>, reply: FastifyReply) => Answer<R> | Promise<Answer<R>>,
  guard?: onRequestAsyncHookHandler,
): void {
  const declared = new DeclaredRequest(route);
  app.route({
    method: route.method,
    url: route.path,
    config: { contract: route },
    ...(guard !== undefined && { onRequest: guard }),
    handler: async (request, reply) => {
      refuseUndeclared(declared, route, request);
      const asked = {
        params: route.params?.parse(request.params),
        query: route.query.parse(request.query),
        body: route.body?.parse(request.body ?? {}),
      };
      return answer(asked as Asked<R>, reply);
    },
  });
}

/** Our own API is what lies below /api/ and is not Prometheus'. A route there that declares nothing would ignore what it does not know: it cannot be added. */
export function requireDeclared(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (!url.startsWith('/api/') || url.startsWith('/api/v1/') || config?.contract !== undefined) return;
    throw new Error(
      `${String(method)} ${url} declares no parameters: put it into ROUTES of proto/api/routes.ts and add it with serve()`,
    );
  });
}

/** @throws BadRequest */
function refuseUndeclared(declared: DeclaredRequest, route: OwnRoute, request: FastifyRequest): void {
  refuseFor(declared.mistakeInQuery(membersOf(request.query)));
  // Fastify does not read the body of a GET.
  if (route.body === undefined)
    refuseFor(Number(request.headers['content-length'] ?? 0) > 0 ? declared.unexpectedBody : undefined);
  else refuseFor(declared.mistakeInBody(request.body));
}

function refuseFor(mistake: RequestMistake | undefined): void {
  if (mistake !== undefined) throw new BadRequest(mistake.code, mistake.message, mistake.hint);
}
