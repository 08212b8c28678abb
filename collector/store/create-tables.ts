// Makes the tables that are missing and adds the columns that older versions had not. Safe to run at every start and by several collectors at once.
import type { ClickHouseClient } from '@clickhouse/client';
import { ALL_TABLES } from '#proto/tables/all-tables.ts';
import { ttlSeconds, type Retention } from './retention.ts';
import { addColumnSql, createTableSql } from './table-ddl.ts';

/** Resolves to what was made now: tables, and columns as `table.column`. Rejects naming the one that failed. */
export async function createTables(client: ClickHouseClient, retention: Retention): Promise<string[]> {
  const there = await columnsByTable(client);
  const made: string[] = [];
  const make = async (what: string, query: string): Promise<void> => {
    try {
      await client.command({ query });
    } catch (error) {
      throw new Error(`${what} could not be created: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    made.push(what);
  };
  for (const table of ALL_TABLES) {
    const columns = there.get(table.name);
    if (columns === undefined) {
      await make(table.name, createTableSql(table, ttlSeconds(table, retention)));
      continue;
    }
    for (const column of Object.keys(table.columns))
      if (!columns.has(column)) await make(`${table.name}.${column}`, addColumnSql(table, column));
  }
  return made;
}

async function columnsByTable(client: ClickHouseClient): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const result = await client.query({
    query:
      'SELECT table, groupArray(name) AS columns FROM system.columns WHERE database = currentDatabase() AND table IN {names:Array(String)} GROUP BY table',
    query_params: { names: ALL_TABLES.map(({ name }) => name) },
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ table: string; columns: string[] }>();
  return new Map(rows.map(({ table, columns }) => [table, new Set(columns)]));
}
