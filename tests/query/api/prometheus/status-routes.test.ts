// Lists that are empty here, in Prometheus' shapes, with its words about bad parameters.
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registerPrometheusApi } from '#query/api/prometheus/register.ts';
import type { EngineOptions } from '#query/promql/engine.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';
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
  ['status/walreplay', { min: 0, max: 1, current: 1 }],
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

it('says what it can do, by the features that are switched on', async () => {
  const ask = async (engine: Partial<EngineOptions>): Promise<unknown> => {
    const other = fastify();
    const parts = { now: () => 0, version: '9.9.9', isReady: () => Promise.resolve(true) };
    registerPrometheusApi(other, storeOf([]), { ...parts, engine });
    return (await other.inject({ method: 'GET', url: '/api/v1/features' })).json();
  };
  expect(await ask({})).toMatchObject({
    status: 'success',
    data: {
      api: { remote_write_receiver: true, search: false },
      promql: { anchored: false, fill: false, subqueries: true },
      promql_functions: { rate: true, info: false },
      promql_operators: { limitk: false, and: true },
    },
  });
  expect(await ask({ features: ALL_FEATURES, delayedNameRemoval: true })).toMatchObject({
    data: {
      promql: { anchored: true, fill: true, delayed_name_removal: true },
      promql_functions: { info: true },
      promql_operators: { limitk: true },
    },
  });
});

it.each([
  ['status/tsdb?limit=x', 400, 'bad_data', 'limit must be a positive number'],
  ['status/tsdb?limit=0', 400, 'bad_data', 'limit must be a positive number'],
  ['status/tsdb?limit=10001', 400, 'bad_data', 'limit must not exceed 10000'],
  ['search/metric_names?query=up', 500, 'unavailable', 'search API disabled'],
])('refuses /api/v1/%s', async (path, status, errorType, error) => {
  const answer = await app.inject({ method: 'GET', url: `/api/v1/${path}` });
  expect([answer.statusCode, answer.json()]).toEqual([status, { status: 'error', errorType, error }]);
});
