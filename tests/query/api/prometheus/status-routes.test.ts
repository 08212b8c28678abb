// Lists that are empty here, in Prometheus' shapes, with its words about bad parameters.
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registerPrometheusApi } from '#query/api/prometheus/register.ts';
import { storeOf } from '#tests/support/promql-lines.ts';

let app: FastifyInstance;

beforeAll(async () => {
  app = fastify();
  registerPrometheusApi(app, storeOf(['up 1']), {
    now: () => 60_000,
    version: '9.9.9',
    isReady: () => Promise.resolve(true),
  });
  await app.ready();
});
afterAll(() => app.close());

it.each([
  ['rules', { groups: [] }],
  ['rules?type=alert&exclude_alerts=true&group_limit=5&match[]={a="b"}', { groups: [] }],
  ['alerts', { alerts: [] }],
  ['alertmanagers', { activeAlertmanagers: [], droppedAlertmanagers: [] }],
  ['targets?state=active', { activeTargets: [], droppedTargets: [], droppedTargetCounts: {} }],
  ['targets/metadata?metric=up', []],
  ['scrape_pools', { scrapePools: [] }],
  ['status/config', { yaml: '' }],
  ['status/flags', { 'query.lookback-delta': '5m', 'query.max-samples': '50000000', 'query.timeout': '2m' }],
])('/api/v1/%s', async (path, data) => {
  const answer = await app.inject({ method: 'GET', url: `/prometheus/api/v1/${path}` });
  expect(answer.json()).toEqual({ status: 'success', data });
});

it('gives the times of /status/runtimeinfo', async () => {
  const answer = await app.inject({ method: 'GET', url: '/api/v1/status/runtimeinfo' });
  expect(answer.json()).toMatchObject({
    data: { startTime: '1970-01-01T00:01:00.000Z', serverTime: '1970-01-01T00:01:00.000Z', reloadConfigSuccess: true },
  });
});

it.each([
  ['type=x', 'invalid parameter "type": not supported value "x"'],
  [
    'exclude_alerts=x',
    'invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "x": invalid syntax',
  ],
  [
    'group_limit=x',
    'invalid parameter "group_limit": group_limit needs to be a valid number: strconv.ParseInt: parsing "x": invalid syntax',
  ],
  ['group_limit=0', 'invalid parameter "group_limit": group_limit needs to be greater than 0'],
  [
    'group_next_token=abc',
    'invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the groups',
  ],
  ['match[]={', 'invalid parameter "match[]": 1:2: parse error: unexpected end of input inside braces'],
])('refuses /api/v1/rules?%s', async (query, error) => {
  const answer = await app.inject({ method: 'GET', url: `/api/v1/rules?${query}` });
  expect([answer.statusCode, answer.json()]).toEqual([400, { status: 'error', errorType: 'bad_data', error }]);
});
