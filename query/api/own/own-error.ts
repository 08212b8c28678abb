// An error in the dialect of the own API: a stable code, what is wrong and what to do; a failure also names the request id of its line in the log.
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ApiError } from '#proto/api/common.ts';
import type { ConfigError } from '#proto/config/config-error.ts';
import { StoreError, type StoreFailure } from '#query/store/store-error.ts';
import { BadRequest, NotFound } from './request-error.ts';

interface OwnError extends Pick<ApiError['error'], 'code' | 'message' | 'hint'> {
  /** Each mistake of a configuration. */
  readonly errors?: readonly ConfigError[];
}

export function sendError(reply: FastifyReply, status: number, error: OwnError): FastifyReply {
  if (status < 500) return reply.code(status).send({ error });
  reply.request.failure ??= `${error.code}: ${error.message}`;
  return reply.code(status).send({ error: { ...error, request_id: reply.request.id } });
}

/** Whatever a handler threw. */
export function answerError(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof z.ZodError) {
    const issue = error.issues[0];
    const where = issue?.path.join('.') ?? '';
    return sendError(reply, 400, {
      code: 'BAD_PARAMETER',
      message: `${where}: ${issue?.message ?? 'invalid'}`,
      hint: 'docs/api.md has the parameters of the route, and /api/openapi.json',
    });
  }
  if (error instanceof BadRequest)
    return sendError(reply, 400, { code: error.code, message: error.message, hint: error.hint });
  if (error instanceof NotFound)
    return sendError(reply, 404, { code: error.code, message: error.message, hint: error.hint });
  const { code, hint, status } = failureOf(error);
  const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return sendError(reply, status, { code, message, hint });
}

interface Failure {
  readonly code: string;
  readonly hint: string;
  readonly status: number;
}

const QUERY_FAILED: Failure = {
  code: 'QUERY_FAILED',
  hint: 'try again; if it stays, the log of query has the details',
  status: 500,
};
/** What failures of the store mean to the person who asked. */
const STORE_FAILURES: Readonly<Record<StoreFailure, Failure>> = {
  timeout: { code: 'QUERY_TIMEOUT', hint: 'narrow the time range or add a filter', status: 504 },
  too_large: { code: 'QUERY_TOO_LARGE', hint: 'narrow the time range or add a filter', status: 422 },
  unreachable: {
    code: 'STORE_UNREACHABLE',
    hint: 'ClickHouse is starting or down; try again in a moment',
    status: 503,
  },
  schema: {
    code: 'STORE_SCHEMA',
    hint: 'start a collector of this version on this ClickHouse: it creates what is missing (docs/tables.md)',
    status: 503,
  },
  failed: QUERY_FAILED,
};

function failureOf(error: unknown): Failure {
  if (error instanceof StoreError) return STORE_FAILURES[error.failure];
  const own = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof own === 'number' ? { ...QUERY_FAILED, status: own } : QUERY_FAILED;
}
