// The store over a real ClickHouse: what is written in the collector's schema is what PromQL sees, bit for bit.
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { migrate } from '#collector/store/migrate.ts';
import { DEFAULT_ENGINE_OPTIONS, prepare, queryInstant, queryRange } from '#query/promql/engine.ts';
import { DEFAULT_LIMITS } from '#query/promql/limits.ts';
import { makeMatcher } from '#query/promql/matcher.ts';
import { isStaleWord, wordsOf } from '#query/promql/stale.ts';
import { Database } from '#query/store/database.ts';
import { ClickHouseSeries } from '#query/store/series/clickhouse.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { optionsOf } from '#tests/support/store-of.ts';
import { STABLE_FEATURES } from '#query/promql/features.ts';

const START_MS = 1_767_225_600_000;
const LIMITS = { maxSeries: 1000, maxSamples: 100_000, timeoutMs: 30_000 };
const RANGE = { startMs: START_MS, endMs: START_MS + 600_000 };
const SIGNAL = new AbortController().signal;

let server: TestClickHouse;
let client: ClickHouseClient;
let store: ClickHouseSeries;
let db: Database;

async function addSeries(
  id: string,
  name: string,
  labels: Record<string, string>,
  kind = 'counter',
  help = '',
): Promise<void> {
  await client.command({
    query: `INSERT INTO series (id, name, labels, kind, unit, help, first_seen, last_seen, stored_at) VALUES
      ({id:UInt64}, {name:String}, {labels:Map(String, String)}, {kind:String}, '', {help:String}, fromUnixTimestamp64Milli({first:Int64}), fromUnixTimestamp64Milli({last:Int64}), now())`,
    query_params: { id, name, labels, kind, help, first: START_MS, last: START_MS + 600_000 },
  });
}

async function addSamples(id: string, samples: readonly (readonly [number, string])[]): Promise<void> {
  const values = samples
    .map(([second, value]) => `(${id}, fromUnixTimestamp64Milli(${START_MS + second * 1000}), ${value}, 0, now())`)
    .join(', ');
  await client.command({ query: `INSERT INTO samples (id, ts, value, start, stored_at) VALUES ${values}` });
}

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  client = createStoreClient({ url: server.url });
  await migrate(client, 'deploy/clickhouse');
  await addSeries('18446744073709551615', 'calls_total', { service_name: 'cart', route: '/a' }, 'counter', 'Calls.');
  await addSeries('2', 'calls_total', { service_name: 'checkout' });
  await addSeries('3', 'odd', { quote: 'it\'s \\ "q"', line: 'a\nb' }, 'gauge');
  await addSeries('4', 'late', { service_name: 'cart' }, 'gauge');
  // The same series twice, as after a renewed row: it must count once.
  await addSeries('2', 'calls_total', { service_name: 'checkout' });
  await addSamples(
    '18446744073709551615',
    Array.from({ length: 11 }, (_, at) => [at * 60, String(at * 6)] as const),
  );
  await addSamples('2', [
    [120, '3'],
    [0, '1'],
    [60, '2'],
    [60, '2'],
    [600, '11'],
  ]);
  await addSamples('3', [
    [0, 'nan'],
    [60, 'inf'],
    [120, '-inf'],
    [180, '0.1'],
    [240, 'reinterpretAsFloat64(toUInt64(0x7ff0000000000002))'],
  ]);
  await client.command({
    query: `INSERT INTO exemplars (id, ts, value, trace_id, span_id, labels, stored_at) VALUES
    (2, fromUnixTimestamp64Milli(${START_MS + 60_000}), 0.25, unhex('0102030405060708090a0b0c0d0e0f10'), unhex('0102030405060708'), map('k', 'v'), now())`,
  });
});

afterAll(async () => {
  await db.close();
  await client.close();
  await server.stop();
});

async function names(...matchers: Parameters<typeof makeMatcher>[]): Promise<string[]> {
  const found = await store.select(
    matchers.map((one) => makeMatcher(...one)),
    RANGE,
    LIMITS,
    SIGNAL,
  );
  return found.map((one) => one.labels.get('service_name'));
}

async function instant(query: string, second: number): Promise<[string, number][]> {
  const result = await queryInstant(
    store,
    prepare(query, STABLE_FEATURES),
    START_MS + second * 1000,
    DEFAULT_ENGINE_OPTIONS,
    SIGNAL,
  );
  return result.data.type === 'vector'
    ? result.data.series.map((one) => [one.labels.toString(), one.values[0] ?? NaN])
    : [];
}

describe('ClickHouseSeries', () => {
  beforeAll(() => {
    db = new Database(optionsOf(server.url));
    store = new ClickHouseSeries(db);
  });

  it('finds series by each kind of matcher, a missing label being empty', async () => {
    const calls = ['__name__', '=', 'calls_total'] as const;
    expect(await names([...calls])).toEqual(['cart', 'checkout']);
    expect(await names([...calls], ['route', '=', ''])).toEqual(['checkout']);
    expect(await names([...calls], ['route', '!=', ''])).toEqual(['cart']);
    expect(await names([...calls], ['service_name', '=~', 'c.*t'])).toEqual(['cart', 'checkout']);
    expect(await names([...calls], ['service_name', '=~', 'car'])).toEqual([]);
    expect(await names([...calls], ['service_name', '!~', 'car.|x'])).toEqual(['checkout']);
  });

  it('keeps hostile label values apart from SQL', async () => {
    const [odd] = await store.select([makeMatcher('quote', '=', 'it\'s \\ "q"')], RANGE, LIMITS, SIGNAL);
    expect(odd?.labels.toRecord()).toEqual({ __name__: 'odd', quote: 'it\'s \\ "q"', line: 'a\nb' });
    expect(await store.select([makeMatcher('__name__', '=', "x' OR 1=1 --")], RANGE, LIMITS, SIGNAL)).toEqual([]);
    expect((await store.select([makeMatcher('line', '=~', 'a.b')], RANGE, LIMITS, SIGNAL)).length).toBe(1);
  });

  it('gives samples in order, each time once, infinities and staleness markers as they were', async () => {
    const [checkout] = await store.select([makeMatcher('service_name', '=', 'checkout')], RANGE, LIMITS, SIGNAL);
    expect([...checkout!.timesMs].map((timeMs) => (timeMs - START_MS) / 1000)).toEqual([0, 60, 120, 600]);
    expect([...checkout!.values]).toEqual([1, 2, 3, 11]);
    const [odd] = await store.select([makeMatcher('__name__', '=', 'odd')], RANGE, LIMITS, SIGNAL);
    expect([...odd!.values]).toEqual([NaN, Infinity, -Infinity, 0.1, NaN]);
    const words = wordsOf(odd!.values);
    expect([...odd!.values.keys()].filter((at) => isStaleWord(words, at))).toEqual([4]);
  });

  it('answers queries', async () => {
    expect(await instant('rate(calls_total{route="/a"}[5m])', 600)).toEqual([
      ['{route="/a", service_name="cart"}', 0.1],
    ]);
    expect(await instant('sum(calls_total)', 600)).toEqual([['{}', 71]]);
    expect(await instant('odd', 200)).toHaveLength(1);
    expect(await instant('odd', 300)).toEqual([]);
    expect(await instant('sum(calls_total @ 1e12)', 600)).toEqual([]);
    const range = await queryRange(
      store,
      prepare('calls_total{route="/a"}', STABLE_FEATURES),
      { startMs: START_MS, endMs: START_MS + 120_000, stepMs: 60_000 },
      DEFAULT_ENGINE_OPTIONS,
      SIGNAL,
    );
    expect(range.data.type === 'matrix' && [...range.data.series[0]!.values]).toEqual([0, 6, 12]);
  });

  it('lists names, values, series, metadata', async () => {
    expect(await store.labelNames([], RANGE, LIMITS, SIGNAL)).toEqual([
      '__name__',
      'line',
      'quote',
      'route',
      'service_name',
    ]);
    expect(await store.labelNames([[makeMatcher('__name__', '=', 'nosuch')]], RANGE, LIMITS, SIGNAL)).toEqual([]);
    expect(await store.labelValues('__name__', [], RANGE, LIMITS, SIGNAL)).toEqual(['calls_total', 'late', 'odd']);
    expect(
      await store.labelValues(
        'service_name',
        [[makeMatcher('__name__', '=', 'calls_total')], [makeMatcher('__name__', '=', 'odd')]],
        RANGE,
        LIMITS,
        SIGNAL,
      ),
    ).toEqual(['cart', 'checkout']);
    expect(
      (await store.series([[makeMatcher('__name__', '=', 'calls_total')]], RANGE, LIMITS, SIGNAL)).map(String),
    ).toEqual([
      '{__name__="calls_total", route="/a", service_name="cart"}',
      '{__name__="calls_total", service_name="checkout"}',
    ]);
    expect(await store.series([], { startMs: 0, endMs: 1000 }, LIMITS, SIGNAL)).toEqual([]);
    expect((await store.metadata(undefined, LIMITS, SIGNAL)).map((one) => [one.name, one.type])).toEqual([
      ['calls_total', 'counter'],
      ['late', 'gauge'],
      ['odd', 'gauge'],
    ]);
  });

  it('gives exemplars with their trace', async () => {
    const [found] = await store.exemplars([[makeMatcher('service_name', '=', 'checkout')]], RANGE, LIMITS, SIGNAL);
    expect(found?.exemplars).toEqual([
      {
        labels: { k: 'v', trace_id: '0102030405060708090a0b0c0d0e0f10', span_id: '0102030405060708' },
        value: 0.25,
        timestampMs: START_MS + 60_000,
      },
    ]);
  });

  it('refuses more series or samples than allowed', async () => {
    const all = [makeMatcher('__name__', '=~', '.+')];
    await expect(store.select(all, RANGE, { ...LIMITS, maxSeries: 1 }, SIGNAL)).rejects.toThrow('more than 1 series');
    await expect(store.select(all, RANGE, { ...LIMITS, maxSamples: 5 }, SIGNAL)).rejects.toThrow('too many samples');
  });

  it('gives as many names, values and series as are wanted, and refuses more than allowed, saying what helps', async () => {
    expect(await store.labelNames([], RANGE, { ...LIMITS, first: 2 }, SIGNAL)).toEqual(['__name__', 'line', 'quote']);
    expect(await store.labelValues('__name__', [], RANGE, { ...LIMITS, first: 2 }, SIGNAL)).toEqual([
      'calls_total',
      'late',
    ]);
    expect(
      await store.series([[makeMatcher('__name__', '=~', '.+')]], RANGE, { ...LIMITS, first: 3, maxSeries: 1 }, SIGNAL),
    ).toHaveLength(3);
    const helps = {
      type: 'execution',
      message: expect.stringMatching(
        /more than 2 .*select fewer series with more matchers, or a shorter time range/,
      ) as string,
    };
    await expect(store.labelValues('__name__', [], RANGE, { ...LIMITS, maxSeries: 2 }, SIGNAL)).rejects.toMatchObject(
      helps,
    );
    await expect(store.labelNames([], RANGE, { ...LIMITS, maxSeries: 2 }, SIGNAL)).rejects.toMatchObject(helps);
    await expect(
      store.series([[makeMatcher('__name__', '=~', '.+')]], RANGE, { ...LIMITS, maxSeries: 2 }, SIGNAL),
    ).rejects.toMatchObject(helps);
    expect(await store.labelValues('__name__', [], { startMs: 0, endMs: 1000 }, LIMITS, SIGNAL)).toEqual([]);
  });

  it('lists the values of a label among very many series within a small part of the memory that their labels take, and says what helps where it cannot', async () => {
    await client.command({ query: 'CREATE DATABASE IF NOT EXISTS many' });
    const many = createStoreClient({ url: server.url, database: 'many' });
    await migrate(many, 'deploy/clickhouse');
    await many.command({
      query: `INSERT INTO series SELECT 'many_total', cityHash64(number), map('filler', repeat(lower(hex(cityHash64(number))), 12), 'user', toString(number % 50000)), 'counter', '', '', now64(3), now64(3), now() FROM numbers(200000)`,
    });
    const small = new Database(optionsOf(server.url, { database: 'many', maxMemoryBytes: 60_000_000 }));
    const users = await new ClickHouseSeries(small).labelValues(
      'user',
      [],
      { startMs: 0, endMs: 4e12 },
      DEFAULT_LIMITS,
      SIGNAL,
    );
    expect([users.length, users[1]]).toEqual([50_000, '1']);
    const tiny = new Database(optionsOf(server.url, { database: 'many', maxMemoryBytes: 1_000_000 }));
    await expect(
      new ClickHouseSeries(tiny).labelValues('filler', [], { startMs: 0, endMs: 4e12 }, DEFAULT_LIMITS, SIGNAL),
    ).rejects.toMatchObject({ type: 'execution', message: expect.stringContaining('query.max_memory') as string });
    await Promise.all([many, small, tiny].map((one) => one.close()));
  });

  it('says that a query was cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(
      store.select([makeMatcher('__name__', '=', 'odd')], RANGE, LIMITS, controller.signal),
    ).rejects.toMatchObject({ type: 'canceled' });
  });
});
