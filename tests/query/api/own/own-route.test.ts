// The routes of query as a whole: each takes what it declares, and refuses by name whatever else a request holds.
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '#proto/api/common.ts';
import { ANY_PARAMETERS, type OwnRoute } from '#proto/api/route-contract.ts';
import { ROUTES } from '#proto/api/routes.ts';
import { plainLog } from '#proto/log/log.ts';
import { CollectorLink } from '#query/collector/collector-link.ts';
import { requireDeclared } from '#query/api/own/own-route.ts';
import { InProcessEvaluator } from '#query/evaluation/in-process.ts';
import { DEFAULT_ENGINE_OPTIONS } from '#query/promql/engine.ts';
import { createServer } from '#query/server.ts';
import type { Table } from '#query/store/columns.ts';
import { Database } from '#query/store/database.ts';
import { storeOver, type Store } from '#query/store/open-store.ts';
import { storeOf } from '#tests/support/promql-lines.ts';
import { addressOf, requiredOf, samplesOf } from '#tests/support/sample-request.ts';

const NOBODY = 'http://127.0.0.1:9';
const now = (): number => 1_800_000_000_000;
/** What must not be said of a request that is as its route declares it; that nothing is stored is another matter. */
const REFUSED = ['UNKNOWN_PARAMETER', 'REPEATED_PARAMETER', 'UNKNOWN_FIELD', 'UNEXPECTED_BODY', 'BAD_PARAMETER'];
const routes: readonly (readonly [string, OwnRoute])[] = Object.entries(ROUTES);
const posts = routes.filter(([, { method }]) => method === 'POST');
let app: FastifyInstance;
let store: Store;

class EmptyDatabase extends Database {
  protected override table(): Promise<Table> {
    return Promise.resolve([]);
  }
}

beforeAll(async () => {
  const options = { url: NOBODY, user: 'default', password: '', database: 'default', timeoutMs: 1000 };
  store = storeOver(new EmptyDatabase(options));
  const collector = new CollectorLink(NOBODY);
  app = await createServer({
    store: { ...store, series: storeOf([]) },
    database: options,
    collector,
    uiDir: '/nowhere',
    now,
    version: '9.9.9',
    receiver: '127.0.0.1:9',
    evaluator: new InProcessEvaluator(storeOf([]), DEFAULT_ENGINE_OPTIONS),
    promqlOrigins: [],
    engine: DEFAULT_ENGINE_OPTIONS,
    log: plainLog(
      'query',
      'error',
      () => undefined,
      () => '',
    ),
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await store.close();
});

type Parameters = Readonly<Record<string, string>>;
async function ask(
  { method, path }: OwnRoute,
  query: Parameters | string,
  body?: object,
): Promise<{ status: number; error: ApiError['error'] | undefined }> {
  const text = typeof query === 'string' ? query : new URLSearchParams(query).toString();
  const answer = await app.inject({
    method,
    url: `${addressOf(path)}?${text}`,
    headers: { host: 'winnow.example', 'content-type': 'application/json' },
    ...(method === 'POST' && { payload: body ?? {} }),
  });
  return { status: answer.statusCode, error: ApiError.safeParse(answer.json()).data?.error };
}
function parameters(route: OwnRoute, names: readonly string[]): Parameters {
  const samples = samplesOf(route.query);
  return Object.fromEntries(names.map((name) => [name, String(samples[name])]));
}

it('adds every route of the table', () => {
  for (const [name, { method, path }] of routes) expect(app.hasRoute({ method, url: path }), name).toBe(true);
  // Only routes for Prometheus' clients and for probes may let parameters pass that nobody knows.
  for (const [name, { query }] of routes.filter(([, { path }]) => path.startsWith('/api/')))
    expect(query, name).not.toBe(ANY_PARAMETERS);
});

it('adds no route of our own that declares nothing', async () => {
  const other = fastify();
  requireDeclared(other);
  expect(() => other.get('/api/new', () => ({}))).toThrow(
    'GET /api/new declares no parameters: put it into ROUTES of proto/api/routes.ts and add it with serve()',
  );
  expect(() => other.get('/api/v1/query', () => ({}))).not.toThrow();
  await other.close();
});

it.each(routes.filter(([, { query }]) => query === ANY_PARAMETERS))(
  '%s takes a parameter that it does not declare',
  async (_name, route) => {
    const { error } = await ask(route, { strat: '1' });
    expect(REFUSED).not.toContain(error?.code);
  },
);

it.each(routes.filter(([, { query }]) => query !== ANY_PARAMETERS))(
  '%s refuses a parameter that it does not declare, and names it',
  async (_name, route) => {
    const required = requiredOf(route.query);
    const declared = Object.keys(route.query.shape);
    const { status, error } = await ask(route, { ...parameters(route, required), strat: '1' });
    expect({ status, code: error?.code }).toEqual({ status: 400, code: 'UNKNOWN_PARAMETER' });
    const known =
      declared.length === 0
        ? 'it takes no parameters'
        : `${declared.includes('start') ? 'did you mean "start"? ' : ''}it knows ${declared.join(', ')}`;
    expect(error).toEqual({
      code: 'UNKNOWN_PARAMETER',
      message: `unknown parameter "strat" of ${route.path}: ${known}`,
      hint: expect.stringContaining('leave it out') as string,
    });
  },
);

describe.each(routes.filter(([, { query }]) => Object.keys(query.shape).length > 0))('%s', (_name, route) => {
  const required = requiredOf(route.query);
  const declared = Object.keys(route.query.shape);

  it.each(declared)('takes %s', async (name) => {
    const { error } = await ask(route, parameters(route, [...required, name]));
    expect(REFUSED).not.toContain(error?.code);
  });

  it.each(declared)('takes one %s, or a list of them', async (name) => {
    const others = new URLSearchParams(
      parameters(
        route,
        required.filter((one) => one !== name),
      ),
    );
    const value = String(samplesOf(route.query)[name]);
    const isList = route.query.shape[name]?.safeParse([value, value]).success;
    const twice = await ask(route, `${others.toString()}&${name}=${value}&${name}=${value}`);
    const refusal = {
      code: 'REPEATED_PARAMETER',
      message: `parameter "${name}" of ${route.path} is given 2 times: it takes one value`,
      hint: 'give it once',
    };
    expect(REFUSED.includes(twice.error?.code ?? '') ? twice : 'taken').toEqual(
      isList === true ? 'taken' : { status: 400, error: refusal },
    );
  });
});

describe.each(posts)('the body of %s', (_name, route) => {
  const body = route.body === undefined ? {} : samplesOf(route.body);

  it('may hold every declared field', { timeout: 60_000 }, async () => {
    const { error } = await ask(route, '', body);
    expect(REFUSED).not.toContain(error?.code);
  });

  it('is refused for another, by name', async () => {
    const { status, error } = await ask(route, '', { ...body, limt: 5 });
    expect({ status, error }).toEqual({
      status: 400,
      error: {
        code: 'UNKNOWN_FIELD',
        message: `unknown field "limt" of POST ${route.path}: did you mean "limit"? it knows ${Object.keys(body).join(', ')}`,
        hint: expect.stringContaining('leave it out') as string,
      },
    });
  });
});

it('a GET takes no body, since nobody would read it', async () => {
  const answer = await app.inject({ method: 'GET', url: ROUTES.search.path, payload: { limit: 5 } });
  expect({ status: answer.statusCode, body: answer.json<unknown>() }).toMatchObject({
    status: 400,
    body: { error: { code: 'UNEXPECTED_BODY', message: 'GET /api/search takes no body' } },
  });
});

it('pages and files are no routes of the API: their addresses may hold anything', async () => {
  const answer = await app.inject({
    method: 'GET',
    url: '/search?range=1h&utm_source=mail',
    headers: { accept: 'text/html' },
  });
  expect(answer.body).toContain('The UI is not built');
});
