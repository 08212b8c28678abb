// What Prometheus answers in plain text: unknown paths, foreign methods, and the questions whether it is healthy and ready.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const PLAIN_TEXT = 'text/plain; charset=utf-8';

/** Methods of a path below a prefix, without OPTIONS; empty where there is no such path. */
export type MethodsOf = (path: string) => readonly string[];

function answer(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type(PLAIN_TEXT).send(text);
}

/** To the same path without a slash at its end. Only a GET may be answered by another one. */
function moved({ method, raw }: FastifyRequest, reply: FastifyReply, path: string): FastifyReply {
  const [, query] = (raw.url ?? '').split('?', 2);
  const place = query === undefined ? path : `${path}?${query}`;
  reply.code(method === 'GET' ? 301 : 308).header('location', place);
  if (method !== 'GET') return reply.send();
  const escaped = place
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;');
  return reply.type('text/html; charset=utf-8').send(`<a href="${escaped}">Moved Permanently</a>.\n\n`);
}

/** Answers 405 with `Allow` to a method that a path does not have, and 404 to an unknown path. */
export function answerUnknown(scope: FastifyInstance, prefix: string, methodsOf: MethodsOf): void {
  scope.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const [path = ''] = (request.raw.url ?? '').split('?', 1);
    const below = path.slice(prefix.length);
    const methods = methodsOf(below);
    // As recorded: the place is named without the prefix.
    const shorter = below.replace(/\/+$/, '');
    if (methods.length === 0 && shorter !== below && methodsOf(shorter).includes(request.method))
      return moved(request, reply, shorter);
    if (methods.length === 0) return answer(reply, 404, '404 page not found\n');
    reply.header('allow', [...methods, 'OPTIONS'].sort().join(', '));
    return answer(reply, 405, 'Method Not Allowed\n');
  });
}

/** /-/healthy says that the process answers, /-/ready that its store does. */
export function registerProbes(app: FastifyInstance, isReady: () => Promise<boolean>): void {
  for (const prefix of ['', '/prometheus']) {
    app.get(`${prefix}/-/healthy`, (_request, reply) => answer(reply, 200, 'Prometheus Server is Healthy.\n'));
    for (const path of ['/-/reload', '/-/quit']) {
      app.get(`${prefix}${path}`, (_request, reply) => answer(reply, 405, 'Only POST or PUT requests allowed'));
      app.route({
        method: ['POST', 'PUT'],
        url: `${prefix}${path}`,
        handler: (_request, reply) => answer(reply, 403, 'Lifecycle API is not enabled.'),
      });
    }
    app.get(`${prefix}/-/ready`, async (_request, reply) =>
      (await isReady())
        ? answer(reply, 200, 'Prometheus Server is Ready.\n')
        : answer(reply, 503, 'Service Unavailable\n'),
    );
  }
}
