// A writer over a real ClickHouse that is started once for a file of tests: what it stores, drops and says is noted.
import type { ClickHouseClient } from '@clickhouse/client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createStoreClient } from '#collector/store/client.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import { makeTables } from '#tests/support/make-tables.ts';
import { spoolFilesIn } from '#collector/store/spool-files.ts';
import { Spool } from '#collector/store/spool.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import type { StoreWriterOptions } from '#collector/store/writer-options.ts';
import { StoreWriter } from '#collector/store/writer.ts';
import type { TestClickHouse } from '#tests/support/embedded-clickhouse.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';

export let server: TestClickHouse;
export let client: ClickHouseClient;
/** The spool of a test, unless it brings its own. */
export let directory: string;

/** Starts ClickHouse before the tests of a file; each of them begins with an empty table `samples` and an empty directory. */
export function startClickHouseForTests(): void {
  beforeAll(async () => {
    server = await startEmbeddedClickHouse();
    client = createStoreClient({ url: server.url });
    await makeTables(client);
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'winnow-writer-'));
    await client.command({ query: 'TRUNCATE TABLE samples' });
    return () => {
      rmSync(directory, { recursive: true, force: true });
    };
  });
}

export const insert: StoreWriterOptions['insert'] = (table, columns, bytes, token) =>
  insertBlock(client, table, columns, bytes, token);

interface Harness {
  writer: StoreWriter;
  tables: StoreTables;
  stored: Map<string, number>;
  dropped: string[];
  lines: string[];
  append(first: number, count: number): void;
}

export async function harness(options: Partial<StoreWriterOptions> & { spool?: Spool } = {}): Promise<Harness> {
  const spool =
    options.spool ??
    (await Spool.open({
      files: spoolFilesIn(directory),
      capBytes: 2 ** 26,
      sync: false,
      newInstallId: `test-${Math.random()}`,
    }));
  const tables = new StoreTables();
  const stored = new Map<string, number>();
  const dropped: string[] = [];
  const lines: string[] = [];
  const writer = new StoreWriter({
    tables: tables.all,
    insert,
    nowMs: Date.now,
    maxBlockRows: 500,
    ...options,
    spool,
    onStored: (table, rows) => {
      stored.set(table, (stored.get(table) ?? 0) + rows);
    },
    onDropped: (table, rows, reason) => {
      dropped.push(`${rows} ${table}: ${reason}`);
    },
    log: (_level, line) => {
      lines.push(line);
    },
  });
  return {
    writer,
    tables,
    stored,
    dropped,
    lines,
    append(first, count) {
      for (let i = first; i < first + count; i++) {
        tables.samples.append(1, i, i, i, 0);
        writer.check();
      }
    },
  };
}

export async function present(): Promise<{ rows: number; distinct: number }> {
  const result = await client.query({
    query: 'SELECT count()::Float64 AS rows, uniqExact(id)::Float64 AS distinct FROM samples',
    format: 'JSONEachRow',
  });
  return (await result.json<{ rows: number; distinct: number }>())[0]!;
}
