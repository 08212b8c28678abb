// The contracts of the store, held by ClickHouse as it is embedded; and what a ClickHouse is told that lacks what is read.
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import type { Store } from '#query/store/open-store.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { storeAt } from '#tests/support/store-of.ts';
import { decisionsContract } from './decisions.contract.ts';
import { fillClickHouse } from './fill-clickhouse.ts';
import { logsContract } from './logs.contract.ts';
import { seriesContract } from './series.contract.ts';
import { servicesContract } from './services.contract.ts';
import { tracesContract } from './traces.contract.ts';
import { idOf, RANGE } from './world.ts';

let server: TestClickHouse;
let client: ClickHouseClient;
let store: Store;

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  client = createStoreClient({ url: server.url });
  await makeTables(client);
  await fillClickHouse(client);
  store = storeAt(server.url);
});
afterAll(async () => {
  await store?.close();
  await client?.close();
  await server?.stop();
});

describe('traces', () => {
  tracesContract(() => store.traces);
});
describe('logs', () => {
  logsContract(() => store.logs);
});
describe('series', () => {
  seriesContract(() => store.series);
});
describe('services', () => {
  servicesContract(() => store.services);
});
describe('decisions', () => {
  decisionsContract(() => store.decisions);
});

it('counts series and labels, the largest first', async () => {
  const found = await store.cardinality.cardinality(2, new AbortController().signal);
  expect(found).toMatchObject({
    series: 3,
    // Two names, two services, one route.
    labelPairs: 5,
    seriesByMetric: [
      { name: 'calls_total', value: 2 },
      { name: 'up', value: 1 },
    ],
    valuesByLabel: [
      { name: '__name__', value: 2 },
      { name: 'service_name', value: 2 },
    ],
    bytesByLabel: [
      { name: '__name__', value: 'calls_total'.length + 'up'.length },
      { name: 'service_name', value: 'shop'.length + 'pay'.length },
    ],
    seriesByPair: [
      { name: '__name__=calls_total', value: 2 },
      { name: '__name__=up', value: 1 },
    ],
  });
  expect(found.minTimeMs).toBeLessThanOrEqual(found.maxTimeMs);
});

it('names what is missing, and looks again once it was', async () => {
  await client.command({ query: 'CREATE DATABASE bare' });
  const bare = createStoreClient({ url: server.url, database: 'bare' });
  const early = storeAt(server.url, { database: 'bare' });
  await expect(early.traces.storedCounts(idOf('a1'))).rejects.toMatchObject({
    failure: 'schema',
    message:
      'ClickHouse lacks the table traces, the table spans, the table links, the table resources, which this version of query needs: a collector of this version creates it at its start',
  });
  await makeTables(bare);
  expect(await early.traces.storedCounts(idOf('a1'))).toBeUndefined();
  await bare.command({ query: 'ALTER TABLE reconstruction DROP COLUMN kept_example' });
  await expect(early.services.repairs(RANGE, 1)).rejects.toThrow(
    'ClickHouse lacks reconstruction.kept_example, which this version of query needs',
  );
  await expect(
    early.series.labelNames(
      [],
      { startMs: 0, endMs: 1 },
      { maxSeries: 1, maxSamples: 1, timeoutMs: 1000 },
      new AbortController().signal,
    ),
  ).resolves.toEqual([]);
  await early.close();
  await bare.close();
});

it('says that nobody answers', async () => {
  const nobody = storeAt('http://default:x@127.0.0.1:9');
  await expect(nobody.logs.histogram({ range: RANGE }, 1n)).rejects.toMatchObject({ failure: 'unreachable' });
  expect(await nobody.isReachable()).toBe(false);
  await nobody.close();
});
