// An error in the dialect of the own API: a stable code, what is wrong, what to do, and of a failure the id by which the log tells of it.
import type { FastifyReply } from 'fastify';
import type { ApiError } from '#proto/api/common.ts';
import type { ConfigError } from '#proto/config/config-error.ts';

interface OwnError extends Pick<ApiError['error'], 'code' | 'message' | 'hint'> {
  /** Each mistake of a configuration. */
  readonly errors?: readonly ConfigError[];
}

export function sendError(reply: FastifyReply, status: number, error: OwnError): FastifyReply {
  if (status < 500) return reply.code(status).send({ error });
  reply.request.failure ??= `${error.code}: ${error.message}`;
  return reply.code(status).send({ error: { ...error, request_id: reply.request.id } });
}
