// The log of questions: failed and slow ones, each once, with the id that the answer names; never what was asked for, and no line without an end.
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { plainLog } from '#proto/log/log.ts';
import { sendError } from '#query/api/own/own-error.ts';
import { logRequests } from '#query/request-log.ts';

let app: FastifyInstance;
let lines: string[];
let nowMs: number;

beforeEach(async () => {
  lines = [];
  nowMs = 0;
  app = fastify({ genReqId: () => 'an-id' });
  const log = plainLog(
    'query',
    'info',
    (line) => lines.push(line),
    () => 'NOW',
  );
  logRequests(app, { log, elapsedMs: () => nowMs });
  app.setErrorHandler((error, _request, reply) =>
    sendError(reply, 500, { code: 'QUERY_FAILED', message: error instanceof Error ? error.message : '' }),
  );
  app.get('/api/takes/:ms', (request) => {
    nowMs += Number((request.params as { ms: string }).ms);
    return { fine: true };
  });
  app.get('/api/throws', (request) => {
    throw new Error((request.query as { message: string }).message);
  });
  app.get('/api/refuses', (_request, reply) => sendError(reply, 503, { code: 'AWAY', message: 'nobody is there' }));
  app.get('/api/mistaken', (_request, reply) => sendError(reply, 400, { code: 'MISTAKE', message: 'no such thing' }));
  app.get('/readyz', (_request, reply) => reply.code(503).send({ status: 'not ready' }));
  await app.ready();
});
afterEach(() => app.close());

it('tells a failed question with the id that its answer names, in body and header', async () => {
  const thrown = await app.inject('/api/throws?message=boom');
  expect([thrown.statusCode, thrown.headers['x-request-id'], thrown.json()]).toEqual([
    500,
    'an-id',
    { error: { code: 'QUERY_FAILED', message: 'boom', request_id: 'an-id' } },
  ]);
  const refused = await app.inject('/api/refuses');
  expect(refused.json()).toEqual({ error: { code: 'AWAY', message: 'nobody is there', request_id: 'an-id' } });
  expect(lines).toEqual([
    'NOW query: error: a question failed (id=an-id, route=GET /api/throws, status=500, ms=0, failure=boom)\n',
    'NOW query: error: a question failed (id=an-id, route=GET /api/refuses, status=503, ms=0, failure=AWAY: nobody is there)\n',
  ]);
});

it('tells a slow question by its route and time, not by what it asked for', async () => {
  await app.inject('/api/takes/1999?q=secret');
  expect(lines).toEqual([]);
  const slow = await app.inject('/api/takes/2000?q=secret');
  expect([slow.statusCode, slow.headers['x-request-id']]).toEqual([200, undefined]);
  expect(lines).toEqual([
    'NOW query: warning: a question was slow (id=an-id, route=GET /api/takes/:ms, status=200, ms=2000)\n',
  ]);
});

it('says nothing of a mistake of the asker, of a quick answer and of a probe', async () => {
  const mistaken = await app.inject('/api/mistaken');
  expect([mistaken.headers['x-request-id'], mistaken.json()]).toEqual([
    undefined,
    { error: { code: 'MISTAKE', message: 'no such thing' } },
  ]);
  await app.inject('/readyz');
  await app.inject('/nowhere');
  expect(lines).toEqual([]);
});

it('cuts what an error repeats of a question', async () => {
  const long = 'x'.repeat(10_000);
  expect((await app.inject(`/api/throws?message=${long}`)).json<{ error: { message: string } }>().error.message).toBe(
    long,
  );
  expect(lines[0]).toMatch(/failure=x{300}…\)\n$/);
});
