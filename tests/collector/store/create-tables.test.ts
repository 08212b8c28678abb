// Tables against a real ClickHouse: as described, made once, and brought up from what older versions left.
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { createTables } from '#collector/store/create-tables.ts';
import { storedType } from '#collector/store/table-ddl.ts';
import { ALL_TABLES } from '#proto/tables/all-tables.ts';
import { startEmbeddedClickHouse, type TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { DEFAULT_RETENTION, makeTables } from '#tests/support/make-tables.ts';

/** What versions before this one added to tables that were there. */
const ADDED_LATER: Readonly<Record<string, readonly string[]>> = {
  traces: ['operations', 'repeats', 'weight_at_most', 'threshold_at_most'],
  spans: ['writer'],
  logs: ['writer'],
  samples: ['writer'],
  decisions: ['randomness'],
};

let server: TestClickHouse;
let client: ClickHouseClient;

beforeAll(async () => {
  server = await startEmbeddedClickHouse();
  client = createStoreClient({ url: server.url });
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

async function rows<Row>(query: string, of: ClickHouseClient = client): Promise<Row[]> {
  return (await of.query({ query, format: 'JSONEachRow' })).json<Row>();
}
const definitions = (): Promise<{ name: string; definition: string }[]> =>
  rows('SELECT name, create_table_query AS definition FROM system.tables WHERE database = currentDatabase()');

it('makes every table as it is described, and nothing the second time', async () => {
  expect(await makeTables(client)).toEqual(ALL_TABLES.map(({ name }) => name));
  const columns = await rows<{ table: string; name: string; type: string; default_expression: string }>(
    'SELECT table, name, type, default_expression FROM system.columns WHERE database = currentDatabase() ORDER BY table, position',
  );
  for (const table of ALL_TABLES) {
    const made = columns.filter((column) => column.table === table.name);
    expect(made.map(({ name, type }) => [name, type])).toEqual(
      Object.entries(table.columns).map(([name, column]) => [name, storedType(column)]),
    );
  }
  expect(await makeTables(client)).toEqual([]);
});

it('adds what an older version had not, and the table is then as if it had been made new', async () => {
  const before = await definitions();
  for (const [table, names] of Object.entries(ADDED_LATER))
    await client.command({ query: `ALTER TABLE ${table} ${names.map((name) => `DROP COLUMN ${name}`).join(', ')}` });
  expect((await makeTables(client)).toSorted()).toEqual(
    Object.entries(ADDED_LATER)
      .flatMap(([table, names]) => names.map((name) => `${table}.${name}`))
      .toSorted(),
  );
  expect(await definitions()).toEqual(before);
});

it('is done by two collectors at once', async () => {
  const database = 'two_at_once';
  await client.command({ query: `CREATE DATABASE ${database}` });
  const two = [1, 2].map(() => createStoreClient({ url: server.url, database }));
  await Promise.all(two.map((one) => makeTables(one)));
  expect(await makeTables(two[0]!)).toEqual([]);
  expect(await rows('SELECT name FROM system.tables WHERE database = currentDatabase()', two[1])).toHaveLength(
    ALL_TABLES.length,
  );
  for (const one of two) await one.close();
});

it('names what could not be made', async () => {
  await client.command({ query: 'CREATE DATABASE of_others' });
  const others = createStoreClient({ url: server.url, database: 'of_others' });
  await others.command({ query: 'CREATE TABLE traces (trace_id FixedString(16)) ENGINE = Log' });
  await expect(createTables(others, DEFAULT_RETENTION)).rejects.toThrow(/^traces\.start could not be created: ./);
  await others.close();
});
