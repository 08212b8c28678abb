// Browser origins that may ask the Prometheus API: only those that are configured.
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { registerPrometheusApi } from '#query/api/prometheus/register.ts';
import { storeOf } from '#tests/support/promql-lines.ts';

const GRAFANA = 'https://grafana.example';

async function ask(
  origins: readonly string[],
  method: 'GET' | 'OPTIONS',
  origin?: string,
): Promise<readonly [status: number, allowed: unknown, methods: unknown, vary: unknown]> {
  const app = fastify();
  registerPrometheusApi(app, storeOf(['up 1']), {
    now: () => 0,
    version: '9.9.9',
    isReady: () => Promise.resolve(true),
    origins,
  });
  const headers = origin === undefined ? {} : { origin };
  const answer = await app.inject({ method, url: '/prometheus/api/v1/query?query=1', headers });
  const get = (name: string): unknown => answer.headers[name];
  return [answer.statusCode, get('access-control-allow-origin'), get('access-control-allow-methods'), get('vary')];
}

it('allows a configured origin, also before it asks', async () => {
  expect(await ask([GRAFANA], 'GET', GRAFANA)).toEqual([200, GRAFANA, 'GET, POST, OPTIONS', 'Origin']);
  expect(await ask([GRAFANA], 'OPTIONS', GRAFANA)).toEqual([204, GRAFANA, 'GET, POST, OPTIONS', 'Origin']);
  expect(await ask(['*'], 'GET', 'https://any.example')).toEqual([
    200,
    'https://any.example',
    'GET, POST, OPTIONS',
    'Origin',
  ]);
});

it('allows no other, and none where none is configured', async () => {
  expect(await ask([GRAFANA], 'GET', 'https://grafana.example.evil')).toEqual([200, undefined, undefined, 'Origin']);
  expect(await ask([GRAFANA], 'OPTIONS')).toEqual([204, undefined, undefined, 'Origin']);
  expect(await ask([], 'OPTIONS', GRAFANA)).toEqual([204, undefined, undefined, undefined]);
});
