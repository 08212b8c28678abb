// What stands around the routes: the pages below a path that a proxy shows them at, and who may POST.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainLog } from '#proto/log/log.ts';
import { CollectorLink } from '#query/collector/collector-link.ts';
import { InProcessEvaluator } from '#query/evaluation/in-process.ts';
import { DEFAULT_ENGINE_OPTIONS } from '#query/promql/engine.ts';
import { createServer } from '#query/server.ts';
import { Database } from '#query/store/database.ts';
import { storeOver } from '#query/store/open-store.ts';
import { storeOf } from '#tests/support/promql-lines.ts';

const NOBODY = 'http://127.0.0.1:9';
const uiDir = mkdtempSync(path.join(tmpdir(), 'winnow-ui-'));
let app: FastifyInstance;

beforeAll(async () => {
  writeFileSync(path.join(uiDir, 'index.html'), '<html><base href="/" /><p>pages</p></html>');
  writeFileSync(path.join(uiDir, 'a.js'), 'let a');
  const database = { url: NOBODY, user: 'default', password: '', database: 'default', timeoutMs: 1000 };
  const store = storeOver(new Database(database));
  app = await createServer({
    store,
    database,
    collector: new CollectorLink(NOBODY),
    uiDir,
    basePath: '/tools/winnow',
    now: () => 0,
    promqlOrigins: [],
    version: '9.9.9',
    receiver: '127.0.0.1:9',
    evaluator: new InProcessEvaluator(storeOf([]), DEFAULT_ENGINE_OPTIONS),
    engine: DEFAULT_ENGINE_OPTIONS,
    log: plainLog(
      'query',
      'error',
      () => undefined,
      () => '',
    ),
  });
  app.addHook('onClose', () => store.close());
  await app.ready();
});
afterAll(async () => {
  await app.close();
  rmSync(uiDir, { recursive: true, force: true });
});

it.each([
  '/tools/winnow',
  '/tools/winnow/',
  '/tools/winnow?range=1h',
  '/tools/winnow/trace/1?tab=logs',
  '/tools/winnow/index.html',
  '/',
  '/search',
  '/tools/winnowing',
])('the page is at %s and knows its base', async (url) => {
  const answer = await app.inject({ url, headers: { accept: 'text/html,*/*;q=0.8' } });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toContain('<base href="/tools/winnow/" /><p>pages');
  expect(answer.headers['cache-control']).toBe('no-cache');
});

it('the page itself is there for any program, other paths are not', async () => {
  for (const url of ['/', '/tools/winnow/', '/tools/winnow/index.html'])
    expect((await app.inject({ url })).body).toContain('<p>pages');
  expect((await app.inject({ url: '/tools/winnow/search' })).statusCode).toBe(404);
});

it('files and routes are below the path and without it', async () => {
  for (const prefix of ['', '/tools/winnow']) {
    expect((await app.inject({ url: `${prefix}/a.js` })).body).toBe('let a');
    expect((await app.inject({ url: `${prefix}/healthz` })).json()).toEqual({ status: 'ok' });
    expect((await app.inject({ url: `${prefix}/api/nothing` })).statusCode).toBe(404);
  }
});

const PROXIED = { origin: 'https://winnow.example', 'x-forwarded-host': 'winnow.example' };
it.each([
  ['a page behind a proxy that replaced the host', { ...PROXIED, 'sec-fetch-site': 'same-origin' }, true],
  ['a page by its own host', { origin: 'http://localhost:80', host: 'localhost:80' }, true],
  ['a program', {}, true],
  ['another site', { ...PROXIED, 'sec-fetch-site': 'cross-site' }, false],
  ['a neighbour of the same site', { ...PROXIED, 'sec-fetch-site': 'same-site' }, false],
  ['another origin in a browser that says no more', PROXIED, false],
])('whether %s may POST', async (_, headers, may) => {
  for (const route of ['/api/rescue', '/api/simulate']) {
    const answer = await app.inject({
      method: 'POST',
      url: route,
      headers: { 'content-type': 'application/json', ...headers },
      payload: '{"trace_ids":["00000000000000000000000000000001"],"config":"sampling: {}"}',
    });
    expect(answer.statusCode === 403 && answer.json().error.code === 'OTHER_ORIGIN').toBe(!may);
  }
});
