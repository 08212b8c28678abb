// What readers say that they need is all that they read: the contracts hold over tables from which every other column was taken away.
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { migrate } from '#collector/store/migrate.ts';
import { NEEDS as OF_DECISIONS } from '#query/store/decisions/clickhouse.ts';
import { NEEDS as OF_IDENTITIES } from '#query/store/identities.ts';
import { NEEDS as OF_LOGS } from '#query/store/logs/clickhouse.ts';
import type { Store } from '#query/store/open-store.ts';
import { NEEDS as OF_SERIES } from '#query/store/series/clickhouse.ts';
import { NEEDS as OF_SERVICES } from '#query/store/services/clickhouse.ts';
import { NEEDS as OF_TRACES } from '#query/store/traces/columns.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { storeAt } from '#tests/support/store-of.ts';
import { decisionsContract } from './decisions.contract.ts';
import { fillClickHouse } from './fill-clickhouse.ts';
import { logsContract } from './logs.contract.ts';
import { seriesContract } from './series.contract.ts';
import { servicesContract } from './services.contract.ts';
import { tracesContract } from './traces.contract.ts';

const needed = new Map<string, Set<string>>();
for (const needs of [OF_TRACES, OF_LOGS, OF_SERIES, OF_SERVICES, OF_DECISIONS, OF_IDENTITIES])
  for (const [table, columns] of Object.entries<readonly string[]>(needs))
    needed.set(table, new Set([...(needed.get(table) ?? []), ...columns]));

let server: TestClickHouse;
let client: ClickHouseClient;
let store: Store;
let taken = 0;

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  client = createStoreClient({ url: server.url });
  await migrate(client, 'deploy/clickhouse');
  await fillClickHouse(client);
  for (const table of needed.keys()) await takeAway(table);
  store = storeAt(server.url);
}, 120_000);
afterAll(async () => {
  await store?.close();
  await client?.close();
  await server?.stop();
});

async function names(query: string, table: string): Promise<string[]> {
  const result = await client.query({ query, query_params: { table }, format: 'JSONEachRow' });
  return (await result.json<{ name: string }>()).map(({ name }) => name);
}

/** What the table's own order, parts and retention go by stays. */
async function takeAway(table: string): Promise<void> {
  const indices = await names(
    'SELECT name FROM system.data_skipping_indices WHERE database = currentDatabase() AND table = {table:String}',
    table,
  );
  const columns = await names(
    `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}
       AND NOT is_in_sorting_key AND NOT is_in_partition_key AND name != 'stored_at'`,
    table,
  );
  const drops = [
    ...indices.map((name) => `DROP INDEX ${name}`),
    ...columns.filter((name) => !needed.get(table)!.has(name)).map((name) => `DROP COLUMN ${name}`),
  ];
  taken += drops.length - indices.length;
  if (drops.length > 0)
    await client.command({ query: `ALTER TABLE ${table} ${drops.join(', ')} SETTINGS mutations_sync = 2` });
}

it('takes columns away', () => {
  expect(taken).toBeGreaterThan(10);
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
