// POST /api/simulate as a route: from this origin only, one at a time, and a store that is not there is told, not thrown.
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { registerSimulate } from '#query/api/own/simulate/register.ts';

const NOBODY = { url: 'http://127.0.0.1:9', user: 'default', password: '', database: 'default', timeoutMs: 1000 };
const config = 'sampling: { rules: [{ name: rest, keep: 1% }] }';

function app(): ReturnType<typeof fastify> {
  const server = fastify();
  registerSimulate(server, { database: NOBODY, now: () => 1_800_000_000_000 });
  return server;
}
interface Answer {
  readonly statusCode: number;
  readonly error: {
    readonly code: string;
    readonly errors?: readonly { readonly path: string; readonly source: string }[];
  };
}
async function ask(
  server: ReturnType<typeof app>,
  payload: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await server.inject({
    method: 'POST',
    url: '/api/simulate',
    payload,
    headers: { host: 'winnow.example', ...headers },
  });
  return { statusCode: answer.statusCode, ...(JSON.parse(answer.body) as Pick<Answer, 'error'>) };
}

it('takes one at a time, and tells when the store does not answer', { timeout: 60_000 }, async () => {
  const server = app();
  const answers = await Promise.all([ask(server, { config }), ask(server, { config })]);
  expect(answers.map((answer) => String(answer.statusCode)).toSorted()).toEqual(['429', '500']);
  expect(answers.map((answer) => answer.error.code).toSorted()).toEqual(['SIMULATION_FAILED', 'SIMULATION_RUNNING']);
  // The place is free again; broken rules are told before the store is asked.
  const broken = await ask(server, { config: 'sampling: { rules: [{ name: a, keep: 150% }] }' });
  expect([broken.statusCode, broken.error.errors?.[0]]).toEqual([
    422,
    expect.objectContaining({ path: 'sampling.rules[0].keep', source: 'configuration:1' }),
  ]);
  await server.close();
});

it('is not for other sites', async () => {
  const server = app();
  expect((await ask(server, { config }, { origin: 'http://shop.example' })).statusCode).toBe(403);
  expect((await ask(server, { config }, { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403);
  const form = await server.inject({
    method: 'POST',
    url: '/api/simulate',
    payload: 'config=1',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(form.statusCode).toBeGreaterThanOrEqual(400);
  await server.close();
});
