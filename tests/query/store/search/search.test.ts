// The search language as ClickHouse answers it, held against its plain meaning: random spans in the real engine, random expressions.
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import type { Expression } from '#proto/search/expression.ts';
import { parseSearch } from '#proto/search/parse.ts';
import { printSearch } from '#proto/search/print.ts';
import type { Store } from '#query/store/open-store.ts';
import {
  spansThatMatch,
  textOf,
  type PlainAttribute,
  type PlainSpan,
  type PlainTrace,
  type PlainValue,
} from '#tests/oracle/plain-search.ts';
import { Random } from '#tests/simulation/random.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { KEYS, oneOf, randomExpression, TEXTS } from '#tests/support/random-search.ts';
import { storeAt } from '#tests/support/store-of.ts';

const TRACES = 250;
const QUESTIONS = 60;
const START_NS = 1_900_000_020_000_000_000n;
const RANGE = { startNs: START_NS, endNs: START_NS + 1_000_000_000_000n };

const random = new Random(12, 'spans');
const RESOURCES: readonly (readonly PlainAttribute[])[] = [
  [{ key: 'service.name', value: 'checkout' }],
  [
    { key: 'service.name', value: 'edge' },
    { key: 'zone', value: 'edge' },
    { key: 'user.id', value: 500n },
  ],
  [
    { key: 'cfg', value: [{ key: 'level', value: 'a.b' }] },
    { key: 'tags', value: ['checkout', 5n] },
  ],
];
const traces: readonly PlainTrace[] = Array.from({ length: TRACES }, randomTrace);

function randomTrace(): PlainTrace {
  const spans: PlainSpan[] = [];
  for (let i = random.whole(1, 4); i > 0; i--)
    spans.push(randomSpan(spans.length > 0 ? oneOf(random, spans) : undefined));
  const errors = spans.filter(({ status }) => status === 2).length;
  return {
    spans,
    summary: {
      'root.service': spans[0]!.service,
      'root.name': spans[0]!.name,
      'root.kind': spans[0]!.kind,
      'trace.duration': spans[0]!.durationNs,
      'trace.spans': spans.length,
      'trace.errors': errors,
      'trace.services': new Set(spans.map(({ service }) => service)).size,
      'trace.orphans': random.whole(0, 1),
      'trace.depth': random.whole(1, 3),
      'trace.trigger': oneOf(random, TEXTS),
      rule: oneOf(random, TEXTS),
    },
  };
}

function randomSpan(parent: PlainSpan | undefined): PlainSpan {
  const keys = KEYS.filter(() => random.whole(0, 2) === 0);
  return {
    service: oneOf(random, TEXTS),
    name: oneOf(random, TEXTS),
    kind: random.whole(0, 5),
    status: random.whole(0, 2),
    statusMessage: oneOf(random, TEXTS),
    durationNs: oneOf(random, [0, 1, 1500, 5e6, 1e9, 9e9]),
    attributes: keys.map((key) => ({ key, value: randomValue(true) })),
    resource: oneOf(random, RESOURCES),
    parent,
  };
}

function randomValue(isOuter: boolean): PlainValue {
  const pick = random.whole(0, isOuter ? 5 : 3);
  if (pick === 0) return oneOf(random, TEXTS);
  if (pick === 1) return oneOf(random, [0n, -5n, 500n, 9007199254740993n, -(2n ** 63n), 2n ** 63n - 1n]);
  if (pick === 2) return oneOf(random, [0, -0, 1.5, 500, -5, 1e21, NaN, Infinity, -Infinity, 9007199254740992]);
  if (pick === 3) return random.whole(0, 1) === 1;
  if (pick === 4) return Array.from({ length: random.whole(0, 3) }, () => randomValue(false));
  return Array.from({ length: random.whole(1, 2) }, () => ({
    key: oneOf(random, ['level', 'id', 'x.y']),
    value: random.whole(0, 2) === 0 ? [randomValue(false), randomValue(false)] : randomValue(false),
  }));
}

function codeOf(value: PlainValue): number {
  if (typeof value === 'string') return 1;
  if (typeof value === 'boolean') return 2;
  if (typeof value === 'bigint') return 3;
  if (typeof value === 'number') return 4;
  return textOf(value).startsWith('{"kvlist') ? 6 : 5;
}

const attributeColumns = (of: readonly PlainAttribute[]): object => ({
  attr_keys: of.map(({ key }) => key),
  attr_types: of.map(({ value }) => codeOf(value)),
  attr_values: of.map(({ value }) => textOf(value)),
});

let server: TestClickHouse;
let client: ClickHouseClient;
let store: Store;

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  client = createStoreClient({ url: server.url });
  await makeTables(client);
  await insert(
    'resources',
    RESOURCES.map((of, id) => ({ id: id + 1, ...attributeColumns(of) })),
  );
  // As they come: the first span is decided, the others are late, and each adds a row that merges into the first.
  for (const isLate of [false, true])
    await insert(
      'traces',
      traces.flatMap(({ spans, summary }, at) =>
        spans
          .filter((_, i) => i > 0 === isLate)
          .map((span) => ({
            trace_id: at,
            start: String(START_NS + BigInt(at)),
            duration_ns: summary['trace.duration'],
            root_service: summary['root.service'],
            root_name: summary['root.name'],
            root_kind: summary['root.kind'],
            span_count: 1,
            error_count: span.status === 2 ? 1 : 0,
            missing_parents: summary['trace.orphans'],
            depth: summary['trace.depth'],
            services: [span.service],
            service_spans: { [span.service]: 1 },
            rule: summary.rule,
            trigger: summary['trace.trigger'],
            weight: 1,
          })),
      ),
    );
  await insert(
    'spans',
    traces.flatMap(({ spans }, at) =>
      spans.map((span, i) => ({
        trace_id: at,
        trace_start: String(START_NS + BigInt(at)),
        span_id: i + 1,
        parent_span_id: span.parent === undefined ? 0 : spans.indexOf(span.parent) + 1,
        service: span.service,
        name: span.name,
        kind: span.kind,
        status_code: span.status,
        status_message: span.statusMessage,
        duration_ns: span.durationNs,
        resource_id: RESOURCES.indexOf(span.resource) + 1,
        ...attributeColumns(span.attributes),
      })),
    ),
  );
  store = storeAt(server.url);
}, 120_000);
afterAll(async () => {
  await store?.close();
  await client?.close();
  await server?.stop();
});

/** Ids are numbers, times ns. */
async function insert(table: string, rows: readonly object[]): Promise<void> {
  const converted = rows.map((row) =>
    Object.fromEntries(
      Object.entries({ ...row, stored_at: Math.floor(Date.now() / 1000) }).map(([key, value]): [string, unknown] => {
        if (key === 'trace_id') return [key, idBytes(Number(value) + 1, 16)];
        if (key === 'span_id' || key === 'parent_span_id') return [key, idBytes(Number(value), 8)];
        if (key === 'start' || key === 'trace_start')
          return [key, `${String(value).slice(0, -9)}.${String(value).slice(-9)}`];
        return [key, value];
      }),
    ),
  );
  await client.insert({ table, values: converted, format: 'JSONEachRow' });
}

/** As text that JSON carries unchanged. */
function idBytes(id: number, bytes: number): string {
  return String.fromCharCode(Math.floor(id / 100), id % 100).padStart(bytes, '\0');
}

async function answer(where: Expression): Promise<{ readonly ids: readonly string[]; readonly spans: number }> {
  const [page, totals] = await Promise.all([
    store.traces.search({ range: RANGE, where }, 'newest', { limit: TRACES }),
    store.traces.totals({ range: RANGE, where }),
  ]);
  expect(totals.kept).toBe(page.rows.length);
  return { ids: page.rows.map(({ traceId }) => traceId).toSorted(), spans: totals.spans.kept };
}

function expected(where: Expression): { readonly ids: readonly string[]; readonly spans: number } {
  const matching = traces.map((trace, at) => ({ id: storedId(at), spans: spansThatMatch(trace, where).length }));
  const found = matching.filter(({ spans }) => spans > 0);
  return { ids: found.map(({ id }) => id).toSorted(), spans: found.reduce((sum, { spans }) => sum + spans, 0) };
}

function storedId(at: number): string {
  return Buffer.from(idBytes(at + 1, 16), 'latin1').toString('hex');
}

describe('ClickHouse answers as the language means', () => {
  it('for random expressions', async () => {
    let found = 0;
    for (let seed = 1; seed <= QUESTIONS; seed++) {
      const where = randomExpression(new Random(seed, 'questions'), 2);
      const right = expected(where);
      expect(await answer(where), `seed ${seed}: ${printSearch(where)}`).toEqual(right);
      if (right.ids.length > 0 && right.ids.length < TRACES) found++;
    }
    // Most of them are about something.
    expect(found).toBeGreaterThan(QUESTIONS / 3);
  }, 300_000);

  it.each([
    'tags=checkout',
    'tags=5',
    'cfg.level="a.b"',
    'cfg.x.y!=500',
    'user.id=500',
    'user.id="500"',
    'retry>=500',
    'retry>9007199254740992.0',
    'service=checkout',
    'status=error',
    'service=checkout status=error kind in (server, client)',
    'any(service=edge) not any(status=error)',
    'parent.service=edge service=checkout',
    'größe',
    'exists(cfg.level)',
  ])('for %s', async (text) => {
    const where = parseSearch(text)!;
    expect(await answer(where)).toEqual(expected(where));
  });
});
