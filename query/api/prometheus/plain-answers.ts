// What Prometheus answers in plain text: unknown paths, foreign methods, and the questions whether it is healthy and ready.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const PLAIN_TEXT = 'text/plain; charset=utf-8';

/** Methods of a path below a prefix, without OPTIONS; empty where there is no such path. */
export type MethodsOf = (path: string) => readonly string[];

function answer(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type(PLAIN_TEXT).send(text);
}

/** Answers 405 with `Allow` to a method that a path does not have, and 404 to an unknown path. */
export function answerUnknown(scope: FastifyInstance, prefix: string, methodsOf: MethodsOf): void {
  scope.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const [path = ''] = (request.raw.url ?? '').split('?', 1);
    const methods = methodsOf(path.slice(prefix.length));
    if (methods.length === 0) return answer(reply, 404, '404 page not found\n');
    reply.header('allow', [...methods, 'OPTIONS'].sort().join(', '));
    return answer(reply, 405, 'Method Not Allowed\n');
  });
}

/** /-/healthy says that the process answers, /-/ready that its store does. */
export function registerProbes(app: FastifyInstance, isReady: () => Promise<boolean>): void {
  for (const prefix of ['', '/prometheus']) {
    app.get(`${prefix}/-/healthy`, (_request, reply) => answer(reply, 200, 'Prometheus Server is Healthy.\n'));
    app.get(`${prefix}/-/ready`, async (_request, reply) =>
      (await isReady())
        ? answer(reply, 200, 'Prometheus Server is Ready.\n')
        : answer(reply, 503, 'Service Unavailable\n'),
    );
  }
}
