// The HTTP API over a memory store: routes, forms, envelopes, status codes.
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabelSet } from '#query/promql/labels.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { registerPrometheusApi } from '#query/api/prometheus/register.ts';
import { storeOf } from '#tests/support/promql-lines.ts';

const NOW_MS = 300_000;
let app: FastifyInstance;

beforeAll(async () => {
  const store = storeOf([
    'calls_total{service_name="cart"} 0+60x10',
    'calls_total{service_name="checkout"} 0+30x10',
    'temperature 21.5x10',
    '{"http.requests"} 1x10',
  ]);
  store.addExemplars({
    labels: LabelSet.from(Object.entries({ __name__: 'calls_total', service_name: 'cart' })),
    exemplars: [{ labels: { trace_id: 'ab' }, value: 0.5, timestampMs: 1500 }],
  });
  store.addMetadata({ name: 'calls_total', type: 'counter', unit: '', help: 'Calls.' });
  app = fastify();
  registerPrometheusApi(app, store, { now: () => NOW_MS, version: '9.9.9', isReady: () => Promise.resolve(true) });
  await app.ready();
});
afterAll(() => app.close());

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const answer = await app.inject({ method: 'GET', url: path });
  return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
}

describe('queries', () => {
  it('answers an instant query at now, or at the time asked for', async () => {
    expect(await get('/api/v1/query?query=calls_total{service_name="cart"}')).toEqual({
      status: 200,
      body: {
        status: 'success',
        data: {
          resultType: 'vector',
          result: [{ metric: { __name__: 'calls_total', service_name: 'cart' }, value: [300, '300'] }],
        },
      },
    });
    expect((await get('/api/v1/query?query=1%2B1&time=1970-01-01T00:00:01.5Z')).body).toEqual({
      status: 'success',
      data: { resultType: 'scalar', result: [1.5, '2'] },
    });
  });

  it('answers the same under /prometheus and to a form', async () => {
    const form = {
      method: 'POST',
      payload: 'query=sum(rate(calls_total[5m]))&time=600',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
    } as const;
    const posted = await app.inject({ ...form, url: '/prometheus/api/v1/query' });
    expect(posted.json()).toEqual((await get('/api/v1/query?query=sum(rate(calls_total[5m]))&time=600')).body);
    expect(posted.json()).toEqual({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [600, '1.5'] }] },
    });
  });

  it('answers a range query, limited when asked', async () => {
    const { body } = await get('/api/v1/query_range?query=calls_total&start=0&end=120&step=1m&limit=1');
    expect(body).toEqual({
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          {
            metric: { __name__: 'calls_total', service_name: 'cart' },
            values: [
              [0, '0'],
              [60, '60'],
              [120, '120'],
            ],
          },
        ],
      },
      warnings: ['results truncated due to limit'],
    });
  });

  it('puts infos beside the data', async () => {
    expect((await get('/api/v1/query?query=rate(temperature[5m])')).body).toMatchObject({
      infos: [expect.stringContaining('metric might not be a counter')],
    });
  });

  it.each([
    [
      '/api/v1/query?query=sum(',
      400,
      'bad_data',
      'invalid parameter "query": 1:5: parse error: unclosed left parenthesis',
    ],
    [
      '/api/v1/query?query=up&time=abc',
      400,
      'bad_data',
      'invalid parameter "time": invalid time value for \'time\': cannot parse "abc" to a valid timestamp',
    ],
    [
      '/api/v1/query_range?query=up&start=0&end=20000&step=1',
      400,
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    ],
    [
      '/api/v1/query_range?query=up&start=5&end=4&step=1',
      400,
      'bad_data',
      'invalid parameter "end": end timestamp must not be before start time',
    ],
    [
      '/api/v1/query_range?query=up&start=0&end=4&step=0',
      400,
      'bad_data',
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    ],
    ['/api/v1/query?query=topk(NaN,temperature)', 422, 'execution', 'Parameter value is NaN'],
    [
      '/api/v1/query?query=temperature&timeout=-1s',
      400,
      'bad_data',
      'invalid parameter "timeout": cannot parse "-1s" to a valid duration',
    ],
    ['/api/v1/series', 400, 'bad_data', 'no match[] parameter provided'],
    ['/api/v1/labels?limit=-1', 400, 'bad_data', 'invalid parameter "limit": limit must be non-negative'],
  ])('%s', async (url, status, errorType, error) => {
    expect(await get(url)).toEqual({ status, body: { status: 'error', errorType, error } });
  });

  it.each([
    '/query?query=up',
    '/query_range?query=up&start=0&end=4&step=1',
    '/query_exemplars?query=up&start=0&end=4',
    '/format_query?query=up',
    '/parse_query?query=up',
    '/labels?',
    '/series?match[]=up',
    '/label/service_name/values?',
    '/metadata?',
    '/rules?',
    '/alerts?',
    '/status/buildinfo?',
  ])('ignores parameters that it does not know, as Prometheus does: %s', async (path) => {
    const unknown = 'dedup=true&partial_response=false&max_source_resolution=0s';
    expect((await get(`/api/v1${path}&${unknown}`)).status).toBe(200);
    if (!/^\/(?:query|format|parse|labels|series)/.test(path)) return;
    const form = await app.inject({
      method: 'POST',
      url: '/api/v1' + path,
      payload: unknown,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(form.statusCode).toBe(200);
  });

  it('answers times far outside of anything stored with nothing', async () => {
    for (const time of ['1755900000000', '1e300', '-1e300', 'NaN']) {
      expect((await get(`/api/v1/query?query=temperature&time=${time}`)).body).toMatchObject({
        status: 'success',
        data: { result: [] },
      });
    }
  });
});

describe('what exists', () => {
  it('lists labels, values, series and metadata', async () => {
    expect((await get('/api/v1/labels')).body).toEqual({ status: 'success', data: ['__name__', 'service_name'] });
    expect((await get('/api/v1/label/service_name/values?limit=1')).body).toEqual({
      status: 'success',
      data: ['cart'],
      warnings: ['results truncated due to limit'],
    });
    expect((await get('/api/v1/label/U____name__/values')).body).toMatchObject({ status: 'success' });
    expect((await get('/api/v1/series?match[]=temperature&match[]={service_name="cart"}')).body).toEqual({
      status: 'success',
      data: [{ __name__: 'calls_total', service_name: 'cart' }, { __name__: 'temperature' }],
    });
    expect((await get('/api/v1/metadata')).body).toEqual({
      status: 'success',
      data: { calls_total: [{ type: 'counter', unit: '', help: 'Calls.' }] },
    });
  });

  it('gives exemplars of every selector of a query, and no content when there is none', async () => {
    expect((await get('/api/v1/query_exemplars?query=sum(rate(calls_total[5m]))&start=0&end=10')).body).toEqual({
      status: 'success',
      data: [
        {
          seriesLabels: { __name__: 'calls_total', service_name: 'cart' },
          exemplars: [{ labels: { trace_id: 'ab' }, value: '0.5', timestamp: 1.5 }],
        },
      ],
    });
    expect((await get('/api/v1/query_exemplars?query=1')).status).toBe(204);
  });

  it('tells whose API it speaks and its own version, and that it has no rules', async () => {
    expect((await get('/api/v1/status/buildinfo')).body).toMatchObject({
      data: { version: '3.15.0', revision: 'winnow 9.9.9' },
    });
    expect((await get('/api/v1/rules')).body).toEqual({ status: 'success', data: { groups: [] } });
  });
});

describe('the text of queries', () => {
  it('formats and takes apart', async () => {
    expect((await get('/api/v1/format_query?query=sum(a)by(b)')).body).toEqual({
      status: 'success',
      data: 'sum by (b) (a)',
    });
    expect((await get('/api/v1/parse_query?query=-1')).body).toEqual({
      status: 'success',
      data: { type: 'numberLiteral', val: '-1' },
    });
  });
});

describe('a store that fails', () => {
  it.each([
    [new PromqlError('timeout', 'query timed out in expression evaluation'), 503, 'timeout'],
    [new PromqlError('internal', 'expanding series: connect ECONNREFUSED'), 500, 'internal'],
    [new Error('boom'), 500, 'internal'],
  ])('%s', async (error, status, errorType) => {
    const failing = storeOf([]);
    failing.select = () => Promise.reject(error);
    const other = fastify();
    registerPrometheusApi(other, failing, {
      now: () => NOW_MS,
      version: '9.9.9',
      isReady: () => Promise.resolve(true),
    });
    const answer = await other.inject({ method: 'GET', url: '/api/v1/query?query=up' });
    // A failure of our own names its request, as the log does; a timeout is told in Prometheus' words.
    const said = status === 500 ? `${error.message} (request req-1)` : error.message;
    expect([answer.statusCode, answer.json()]).toEqual([status, { status: 'error', errorType, error: said }]);
    await other.close();
  });
});
