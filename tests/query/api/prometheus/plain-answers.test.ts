// What Prometheus answers in plain text, and long chains of operators through the routes that only look at a query.
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { answerBadPath } from '#query/api/prometheus/bad-path.ts';
import { registerPrometheusApi } from '#query/api/prometheus/register.ts';
import { storeOf } from '#tests/support/promql-lines.ts';

function appWith(isReady: boolean): ReturnType<typeof fastify> {
  const app = fastify();
  registerPrometheusApi(app, storeOf(['up 1']), {
    now: () => 0,
    version: '9.9.9',
    isReady: () => Promise.resolve(isReady),
  });
  return app;
}

it.each([
  ['GET', '/api/v1/nosuch', 404, '404 page not found\n', undefined],
  ['GET', '/prometheus/api/v1/label/job', 404, '404 page not found\n', undefined],
  ['DELETE', '/api/v1/query?query=up', 405, 'Method Not Allowed\n', 'GET, OPTIONS, POST'],
  ['PUT', '/prometheus/api/v1/query_range', 405, 'Method Not Allowed\n', 'GET, OPTIONS, POST'],
  ['POST', '/api/v1/label/job/values', 405, 'Method Not Allowed\n', 'GET, OPTIONS'],
  ['GET', '/-/healthy', 200, 'Prometheus Server is Healthy.\n', undefined],
  ['GET', '/prometheus/-/ready', 200, 'Prometheus Server is Ready.\n', undefined],
] as const)('%s %s', async (method, url, status, body, allow) => {
  const answer = await appWith(true).inject({ method, url });
  expect([answer.statusCode, answer.body, answer.headers.allow]).toEqual([status, body, allow]);
  expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
});

it.each([
  ['GET', '/api/v1/query/?query=up&time=1', 301, '/query?query=up&time=1'],
  ['GET', '/prometheus/api/v1/label/job/values/', 301, '/label/job/values'],
  ['POST', '/api/v1/query_range/', 308, '/query_range'],
  ['DELETE', '/api/v1/query/', 404, undefined],
  ['GET', '/api/v1/', 404, undefined],
] as const)('%s %s, which has a slash at its end', async (method, url, status, location) => {
  const answer = await appWith(true).inject({ method, url });
  expect([answer.statusCode, answer.headers.location]).toEqual([status, location]);
});

it.each([
  ['GET', 405, 'Only POST or PUT requests allowed'],
  ['POST', 403, 'Lifecycle API is not enabled.'],
] as const)('%s /-/reload', async (method, status, body) => {
  const answer = await appWith(true).inject({ method, url: '/-/reload' });
  expect([answer.statusCode, answer.body]).toEqual([status, body]);
});

it.each([
  ['/api/v1/label/%ff/values', '\\xff'],
  ['/prometheus/api/v1/label/a%C3%BC%80%22/values?limit=1', 'aü\\x80\\"'],
])('names the label whose bytes are no UTF-8: %s', async (url, name) => {
  const app = fastify({
    frameworkErrors: (_error, request, reply) => {
      answerBadPath(request, reply);
    },
  });
  registerPrometheusApi(app, storeOf([]), { now: () => 0, version: '9.9.9', isReady: () => Promise.resolve(true) });
  const answer = await app.inject({ method: 'GET', url });
  expect([answer.statusCode, answer.json()]).toEqual([
    400,
    { status: 'error', errorType: 'bad_data', error: `invalid label name: "${name}"` },
  ]);
});

it('says in HTML where a path without the slash is', async () => {
  const answer = await appWith(true).inject({ method: 'GET', url: '/api/v1/query/?query=up&time=1' });
  expect(answer.body).toBe('<a href="/query?query=up&amp;time=1">Moved Permanently</a>.\n\n');
});

it('is not ready while its store does not answer', async () => {
  const answer = await appWith(false).inject({ method: 'GET', url: '/-/ready' });
  expect([answer.statusCode, answer.body]).toEqual([503, 'Service Unavailable\n']);
});

it('names the limits that ten thousand operators meet, and formats, and finds exemplars of them', async () => {
  const query = Array.from({ length: 10_000 }, () => 'up').join(' + ');
  const ask = async (route: string): Promise<{ status: number; text: string }> => {
    const answer = await appWith(true).inject({
      method: 'POST',
      url: `/api/v1/${route}`,
      payload: new URLSearchParams({ query, start: '0', end: '1', time: '0' }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    return { status: answer.statusCode, text: answer.body.slice(0, 200) };
  };
  expect((await ask('query')).text).toContain('"10000"');
  expect((await ask('query_exemplars')).status).toBe(200);
  expect(await ask('parse_query')).toMatchObject({ status: 400, text: expect.stringContaining('nesting limit') });
  expect(await ask('format_query')).toMatchObject({ status: 400, text: expect.stringContaining('format limit') });
});
