// What pages may ask: the types know the parameters and fields that a route declares, and no others.
import { afterEach, expect, it, vi } from 'vitest';
import { ask, type BodyOf } from '#ui/load/api.ts';

afterEach(() => vi.unstubAllGlobals());

it('asks with what a route declares', async () => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url);
    return Promise.resolve(Response.json({}));
  });
  await ask('search', { limit: 5, attr: ['a=1', 'b=2'], service: null, cursor: '' });
  await ask('span', {}, undefined, { trace_id: 'a/b', span_id: 'c' });
  expect(asked).toEqual(['/api/search?limit=5&attr=a%3D1&attr=b%3D2', '/api/traces/a%2Fb/spans/c']);
});

it('does not compile with what a route does not declare', () => {
  const unknown = [
    // @ts-expect-error: `limt` is no parameter of search
    () => ask('search', { limt: 5 }),
    // @ts-expect-error: ledger takes no parameters
    () => ask('ledger', { start: '1' }),
    // @ts-expect-error: a rescue has `trace_ids`
    (): BodyOf<'rescue'> => ({ trace_id: 'a' }),
    // @ts-expect-error: the field is `since_ms`
    (): BodyOf<'simulate'> => ({ config: '', since: 5 }),
  ];
  expect(unknown).toHaveLength(4);
});
