// Applies the numbered DDL files in order, each once, and remembers which. Safe to run at every start and by several
// collectors at once: every statement is idempotent.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';

const APPLIED_TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations (
    name String,
    sha256 String,
    applied_at DateTime DEFAULT now()
) ENGINE = ReplacingMergeTree(applied_at)
ORDER BY name`;

/** Applies what is missing and returns the names of the files applied now. Rejects naming the file that failed. */
export async function migrate(client: ClickHouseClient, directory: string, database?: string): Promise<string[]> {
  if (database !== undefined && database !== 'default') {
    await client.command({
      query: 'CREATE DATABASE IF NOT EXISTS {name:Identifier}',
      query_params: { name: database },
    });
  }
  await client.command({ query: APPLIED_TABLE });
  const result = await client.query({
    query: 'SELECT name, sha256 FROM schema_migrations FINAL',
    format: 'JSONEachRow',
  });
  const applied = new Map((await result.json<{ name: string; sha256: string }>()).map((row) => [row.name, row.sha256]));
  const names = (await readdir(directory)).filter((name) => /^\d+.*\.sql$/.test(name)).sort();
  if (names.length === 0) throw new Error(`no migrations in ${directory}: expected files such as 001-traces.sql`);
  const now: string[] = [];
  for (const name of names) {
    const text = await readFile(join(directory, name), 'utf8');
    const sha256 = createHash('sha256').update(text).digest('hex');
    if (applied.get(name) === sha256) continue;
    for (const statement of statementsOf(text)) {
      try {
        await client.command({ query: statement });
      } catch (error) {
        throw new Error(`migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    }
    await client.insert({
      table: 'schema_migrations',
      values: [{ name, sha256 }],
      format: 'JSONEachRow',
      columns: ['name', 'sha256'],
      clickhouse_settings: { async_insert: 0 },
    });
    now.push(name);
  }
  return now;
}

/** Splits at semicolons that end a line; our files hold none inside strings. */
function statementsOf(text: string): string[] {
  return text
    .split(/;\s*(?:\n|$)/)
    .map((part) => part.trim())
    .filter((part) => part.replaceAll(/^--.*$/gm, '').trim() !== '');
}
