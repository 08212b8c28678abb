// What a route does not declare is found and named, wherever in the request it stands.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ADMIN_ROUTES } from '#proto/admin/routes.ts';
import { DeclaredRequest } from '#proto/api/declared-request.ts';
import { ANY_PARAMETERS, NO_FIELDS, NO_PARAMETERS, type RequestContract } from '#proto/api/route-contract.ts';
import { ROUTES } from '#proto/api/routes.ts';
import { samplesOf } from '#tests/support/sample-request.ts';

const search = new DeclaredRequest(ROUTES.search);
const NESTED = z.object({
  name: z.string().optional(),
  rules: z
    .array(
      z.object({
        when: z.union([z.string(), z.object({ status: z.string() }), z.object({ route: z.string() })]),
        keep: z.number().optional(),
      }),
    )
    .optional(),
  labels: z.record(z.string(), z.object({ value: z.string() })).optional(),
  pair: z.tuple([z.string(), z.object({ left: z.number() })]).optional(),
});
const nested = new DeclaredRequest({ method: 'POST', path: '/nested', query: NO_PARAMETERS, body: NESTED });
const bodyMistake = (body: unknown): string | undefined => nested.mistakeInBody(body)?.message;

it('names the parameter, its route, the nearest and all that are known', () => {
  expect(search.mistakeInQuery({ service: 'a', limt: '5' })).toMatchObject({
    code: 'UNKNOWN_PARAMETER',
    message:
      'unknown parameter "limt" of /api/search: did you mean "limit"? it knows start, end, q, service, operation, root_service, min_duration_ms, max_duration_ms, status, rule, attr, sort, limit, cursor',
  });
  expect(search.mistakeInQuery({ colour: 'red' })?.message).toMatch(
    /^unknown parameter "colour" of \/api\/search: it knows start, end, /,
  );
  expect(new DeclaredRequest(ROUTES.ledger).mistakeInQuery({ limit: '5' })?.message).toBe(
    'unknown parameter "limit" of /api/ledger: it takes no parameters',
  );
});

it('takes one value where one is expected, and several where several are', () => {
  expect(search.mistakeInQuery({ limit: ['1', '1'] })).toMatchObject({
    code: 'REPEATED_PARAMETER',
    message: 'parameter "limit" of /api/search is given 2 times: it takes one value',
  });
  expect(search.mistakeInQuery({ attr: ['a=1', 'b=2'] })).toBeUndefined();
  expect(new DeclaredRequest(ROUTES.fullTraces).mistakeInQuery({ trace_id: ['a', 'b'] })).toBeUndefined();
});

it('says of a nested field where it stands', () => {
  expect(bodyMistake({ rules: [{ when: 'a' }, { when: 'a', kep: 1 }] })).toBe(
    'unknown field "kep" in rules[1] of POST /nested: did you mean "keep"? rules[1] knows when, keep',
  );
  expect(bodyMistake({ nmae: 'a' })).toBe(
    'unknown field "nmae" of POST /nested: did you mean "name"? it knows name, rules, labels, pair',
  );
  expect(bodyMistake({ rules: [{ when: { statu: 'a' } }] })).toBe(
    'unknown field "statu" in rules[0].when of POST /nested: did you mean "status"? rules[0].when knows status, route',
  );
  expect(bodyMistake({ labels: { any: { value: 'a' }, other: { val: 'a' } } })).toMatch(
    /^unknown field "val" in labels\.other of /,
  );
  expect(bodyMistake({ pair: ['a', { right: 1 }] })).toMatch(/^unknown field "right" in pair\[1\] of /);
  expect(
    bodyMistake({
      name: 'a',
      rules: [{ when: { route: 'a' }, keep: 1 }],
      labels: { any: { value: 'a' } },
      pair: ['a', { left: 1 }],
    }),
  ).toBeUndefined();
});

it('leaves to the schema what is no object', () => {
  for (const body of [null, undefined, 'text', 5, [], [{ a: 1 }], { rules: 'text' }, { name: { first: 'a' } }])
    expect(bodyMistake(body)).toBeUndefined();
});

it('knows no name that only every object has, and cuts long names', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
    const given = JSON.parse(`{${JSON.stringify(name)}: "1"}`) as Record<string, unknown>;
    expect(search.mistakeInQuery(given)?.message).toContain(`unknown parameter ${JSON.stringify(name)} of`);
    expect(bodyMistake(given)).toContain(`unknown field ${JSON.stringify(name)} of`);
  }
  const long = search.mistakeInQuery({ ['limit\u0000'.repeat(100_000)]: '1' })?.message ?? '';
  expect(long.length).toBeLessThan(1000);
  expect(long).toContain('limit\\u0000limit');
});

it('lets everything pass where a route says so, and nothing where it takes nothing', () => {
  expect(
    new DeclaredRequest({ method: 'GET', path: '/a', query: ANY_PARAMETERS }).mistakeInQuery({
      'collect[]': ['a', 'b'],
    }),
  ).toBeUndefined();
  const nothing = new DeclaredRequest({ method: 'POST', path: '/a', query: NO_PARAMETERS, body: NO_FIELDS });
  expect(nothing.mistakeInBody({ file: 'a' })?.message).toBe('unknown field "file" of POST /a: it takes no fields');
  expect(nothing.mistakeInBody({})).toBeUndefined();
});

it('finds a name that nobody declared at every place of a body', () => {
  const name = fc.string({ minLength: 1, maxLength: 12 }).map((text) => `x-${text}`);
  const place = fc.constantFrom('outermost', 'rule', 'when', 'label', 'pair');
  fc.assert(
    fc.property(name, place, fc.nat(5), (unknown, where, before) => {
      const extra = { [unknown]: 1 };
      const rules = Array.from({ length: before }, () => ({ when: 'a' }));
      const bodies = {
        outermost: { name: 'a', ...extra },
        rule: { rules: [...rules, { when: 'a', ...extra }] },
        when: { rules: [...rules, { when: { status: 'a', ...extra } }] },
        label: { labels: { a: { value: 'a' }, b: { value: 'a', ...extra } } },
        pair: { pair: ['a', { left: 1, ...extra }] },
      };
      expect(bodyMistake(bodies[where])).toContain(`unknown field ${JSON.stringify(unknown)} `);
    }),
  );
});

const ALL: readonly (readonly [string, RequestContract])[] = [
  ...Object.entries(ROUTES),
  ...Object.entries(ADMIN_ROUTES),
];
const STRICT = ALL.filter(([, { query }]) => query !== ANY_PARAMETERS);
const POSTS = ALL.flatMap(([name, { path, query, body }]) =>
  body === undefined ? [] : [[name, { method: 'POST', path, query, body }] as const],
);

it('all routes but those for scrapers and probes are strict', () => {
  const others = ALL.filter((route) => !STRICT.includes(route)).map(([, { path }]) => path);
  expect([...new Set(others)].toSorted()).toEqual(['/healthz', '/metrics', '/readyz']);
});

it.each(STRICT)('%s knows the parameters that it declares, and no others', (_name, route) => {
  const declared = new DeclaredRequest(route);
  const query = samplesOf(route.query);
  expect(declared.mistakeInQuery(query)).toBeUndefined();
  fc.assert(
    fc.property(
      fc.string({ maxLength: 20 }).filter((text) => !Object.hasOwn(query, text)),
      (text) => {
        expect(declared.mistakeInQuery({ ...query, [text]: '1' })?.message).toContain(
          `unknown parameter ${JSON.stringify(text)} of ${route.path}`,
        );
      },
    ),
    { numRuns: 20 },
  );
});

it.each(POSTS)('%s knows the fields that it declares, and no others', (_name, route) => {
  const declared = new DeclaredRequest(route);
  const body = samplesOf(route.body);
  expect(declared.mistakeInBody(body)).toBeUndefined();
  expect(declared.mistakeInBody({ ...body, servise: 1 })?.message).toContain(
    `unknown field "servise" of POST ${route.path}`,
  );
});

it.each(ALL)('%s: its path has the parameters that it declares', (_name, { path, params }) => {
  expect([...path.matchAll(/:(\w+)/g)].map(([, name]) => name)).toEqual(Object.keys(params?.shape ?? {}));
});
