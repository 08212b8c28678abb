// /federate: the newest samples as text, for a Prometheus that scrapes them.
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { registerPrometheusApi } from '#query/api/prometheus/register.ts';
import { storeOf } from '#tests/support/promql-lines.ts';

const STORE = storeOf([
  'up{instance="b",job="x"} 1 2 3',
  'up{job="y"} 4 5',
  'gone 1 2 stale',
  'old 7',
  'a_total{path="C:\\\\x",note="a\\"b"} 1e21 1000000 0.00001',
  '{"http.size","net.zone"="eu"} 0 0 NaN',
  'native 1 {{schema:0 count:2 sum:1 buckets:[1 1]}}',
  'bounds _ _ {{schema:-53 count:6 sum:9 custom_values:[1 2.5] buckets:[1 2 3]}}',
]);

async function federate(query: string, accept?: string): Promise<{ status: number; type: unknown; text: string }> {
  const app = fastify();
  registerPrometheusApi(app, STORE, { now: () => 300_001, version: '9.9.9', isReady: () => Promise.resolve(true) });
  const headers = accept === undefined ? {} : { accept };
  const answer = await app.inject({ method: 'GET', url: `/federate?${query}`, headers });
  const below = await app.inject({ method: 'GET', url: `/prometheus/federate?${query}`, headers });
  expect(below.body).toBe(answer.body);
  return { status: answer.statusCode, type: answer.headers['content-type'], text: answer.body };
}

it('gives the newest sample of every series by name, with its time; staleness markers and old samples are left out', async () => {
  const { status, type, text } = await federate(`match[]=${encodeURIComponent('{__name__=~"up|gone|old|native"}')}`);
  expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores']);
  expect(text).toBe('# TYPE up untyped\nup{instance="b",job="x"} 3 120000\nup{job="y",instance=""} 5 60000\n');
});

it('gives a series once that two selectors choose, and nothing without a selector', async () => {
  const twice = await federate(`match[]=up&match[]=${encodeURIComponent('{job="x"}')}`);
  expect(twice.text.match(/job="x"/g)).toHaveLength(1);
  expect(await federate('')).toMatchObject({ status: 200, text: '' });
});

it('writes numbers and texts as the format has them, histograms with custom bounds as classic ones', async () => {
  expect((await federate('match[]=a_total')).text).toBe(
    '# TYPE a_total untyped\na_total{note="a\\"b",path="C:\\\\x",instance=""} 1e-05 120000\n',
  );
  expect((await federate('match[]=bounds')).text.split('\n')).toEqual([
    '# TYPE bounds histogram',
    'bounds_bucket{instance="",le="1"} 1 120000',
    'bounds_bucket{instance="",le="2.5"} 3 120000',
    'bounds_bucket{instance="",le="+Inf"} 6 120000',
    'bounds_sum{instance=""} 9 120000',
    'bounds_count{instance=""} 6 120000',
    '',
  ]);
});

it('writes names that are no identifiers as the client can read them', async () => {
  const query = `match[]=${encodeURIComponent('{"http.size"}')}`;
  expect((await federate(query)).text).toBe(
    '# TYPE http_size untyped\nhttp_size{net_zone="eu",instance=""} NaN 120000\n',
  );
  expect((await federate(query, 'text/plain;version=1.0.0;escaping=allow-utf-8')).text).toBe(
    '# TYPE "http.size" untyped\n{"http.size","net.zone"="eu",instance=""} NaN 120000\n',
  );
});

it('refuses what is no selector, in plain text', async () => {
  expect(await federate('match[]=up{')).toMatchObject({
    status: 400,
    type: 'text/plain; charset=utf-8',
    text: '1:4: parse error: unexpected end of input inside braces\n',
  });
});
