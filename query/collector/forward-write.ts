// Remote write at query's address, where a Prometheus user expects it: the request goes on to the collector as it is, and its answer comes back.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const PATHS = ['/api/v1/write', '/prometheus/api/v1/write'] as const;
/** Headers that mean something to the collector. */
const FORWARDED = [
  'content-type',
  'content-encoding',
  'content-length',
  'user-agent',
  'x-prometheus-remote-write-version',
] as const;
/** Headers of its answer that mean something to the sender. */
const ANSWERED = [
  'content-type',
  'allow',
  'retry-after',
  'x-prometheus-remote-write-samples-written',
  'x-prometheus-remote-write-histograms-written',
  'x-prometheus-remote-write-exemplars-written',
] as const;
/** Longer than the collector holds an answer. */
const TIMEOUT_MS = 30_000;
const RETRY_AFTER_S = '5';

/** @param receiver HOST:PORT of the collector's HTTP receiver; it bounds sizes and times */
export function registerRemoteWrite(app: FastifyInstance, receiver: string): void {
  void app.register((scope, _options, done) => {
    // The body is not read here: it is piped on.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    for (const url of PATHS)
      scope.route({ method: 'POST', url, handler: (request, reply) => forward(request, reply, receiver) });
    done();
  });
}

function forward(request: FastifyRequest, reply: FastifyReply, receiver: string): Promise<FastifyReply> {
  const headers: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return new Promise((resolve) => {
    const onward = httpRequest(`http://${receiver}/api/v1/write`, { method: 'POST', headers, timeout: TIMEOUT_MS });
    const fail = (why: string): void => {
      onward.destroy();
      resolve(
        reply
          .code(503)
          .header('retry-after', RETRY_AFTER_S)
          .type('text/plain; charset=utf-8')
          .send(`the collector at ${receiver} does not take it: ${why}\n`),
      );
    };
    onward.once('response', (answer) => resolve(passOn(answer, reply)));
    onward.once('error', (error) => fail(error.message));
    onward.once('timeout', () => fail(`no answer within ${TIMEOUT_MS / 1000} s`));
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) onward.destroy();
    });
    request.raw.once('error', () => onward.destroy());
    request.raw.pipe(onward);
  });
}

function passOn(answer: IncomingMessage, reply: FastifyReply): FastifyReply {
  for (const name of ANSWERED) {
    const value = answer.headers[name];
    if (typeof value === 'string') reply.header(name, value);
  }
  const status = answer.statusCode ?? 502;
  if (status !== 204) return reply.code(status).send(answer);
  answer.resume();
  return reply.code(204).send();
}
