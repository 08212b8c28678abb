// Opens the way to ClickHouse: spool on disk, migrations, writer. ClickHouse may be away at the start; what comes meanwhile waits in the spool.
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Config } from '#proto/config/schema.ts';
import { startAudit, type RunningAudit } from './audit/start-audit.ts';
import type { Log } from './self/log.ts';
import { createStoreClient } from './store/client.ts';
import { insertBlock } from './store/insert-block.ts';
import { migrate } from './store/migrate.ts';
import { applyRetention } from './store/retention.ts';
import { spoolFilesIn } from './store/spool-files.ts';
import { Spool } from './store/spool.ts';
import type { StoreTables } from './store/tables/store-tables.ts';
import { StoreWriter, type StoreCommits } from './store/writer.ts';

const DDL_DIRECTORY = fileURLToPath(new URL('../deploy/clickhouse', import.meta.url));
const RETRY_MS = 2000;

export interface OpenedStore {
  readonly writer: StoreWriter;
  /** Compares the store with what it acknowledged; undefined when its directory cannot be used. */
  readonly audit: RunningAudit['audit'] | undefined;
  /** False until the tables are there. */
  isReady(): boolean;
  close(drainMs: number): Promise<void>;
}

/** What a write-ahead log brings. */
export interface StoreDurability {
  /** Blocks of an earlier life above this number are made again: they go. Undefined = there are none. */
  readonly committedTo: number | undefined;
  readonly commits: StoreCommits | undefined;
}

export interface StoreSurroundings {
  /** Unix ms; never goes back. */
  readonly nowMs: () => number;
  readonly onStored: (table: string, rows: number) => void;
  readonly onDropped: (table: string, rows: number, reason: string) => void;
}

export async function openStore(config: Config, tables: StoreTables, around: StoreSurroundings, { committedTo, commits }: StoreDurability, log: Log): Promise<OpenedStore> {
  const directory = path.join(config.data, 'spool');
  const { url, user, password, database } = config.clickhouse;
  const address = { url, ...(hasCredentials(url) ? {} : { user, password }) };
  const client = createStoreClient({ ...address, database });
  // A commit that survives loss of power is worth what its blocks are.
  const spool = await openSpool({ directory, capBytes: config.spool.max_bytes, sync: config.durability === 'fsync', committedTo });
  let auditing: RunningAudit | undefined;
  const writer = new StoreWriter({
    spool,
    tables: tables.all,
    insert: (table, columns, bytes, token) => insertBlock(client, table, columns, bytes, token),
    ...around,
    onAcknowledged: (block) => auditing?.audit.acknowledged(block) ?? Promise.resolve(),
    commits,
    log: (level, line) => log[level]({}, line),
  });
  try {
    auditing = await startAudit({ data: config.data, client, database, writer, sync: config.durability === 'fsync', nowMs: around.nowMs, log });
  } catch (error) {
    log.warn({}, `the store is not audited (${firstLine(error)}): make ${path.join(config.data, 'audit')} readable and writable`);
  }
  writer.hold(); // rows reach the spool also while there is no table to put them into
  let ready = false;
  let closed = false;
  // A user that may not alter tables can still store: retention then stays as it is, and the log says so.
  const retain = async (): Promise<void> => {
    try {
      const altered = await applyRetention(client, config.retention);
      if (altered.length > 0) log.info({ altered }, 'retention changed as configured');
    } catch (error) {
      log.warn({}, `retention.* could not be applied (${firstLine(error)}): the tables keep theirs; give clickhouse.user the right to ALTER TABLE`);
    }
  };
  const prepare = async (): Promise<void> => {
    for (let attempt = 0; !closed; attempt++) {
      try {
        await createDatabase(address, database);
        const applied = await migrate(client, DDL_DIRECTORY);
        if (applied.length > 0) log.info({ applied }, 'tables created or changed');
        await retain();
        writer.start();
        auditing?.begin();
        ready = true;
        return;
      } catch (error) {
        if (attempt % 15 === 0) log.warn({ url: withoutSecret(url) }, `ClickHouse is not ready (${firstLine(error)}): data waits in the spool; check clickhouse.url`);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  };
  const preparing = prepare();
  // A healthy store is ready within the start; one that is away does not hold it up.
  await Promise.race([preparing, new Promise((resolve) => setTimeout(resolve, RETRY_MS))]);
  return {
    writer,
    audit: auditing?.audit,
    isReady: () => ready,
    async close(drainMs) {
      closed = true;
      await writer.close(ready ? drainMs : 0);
      await auditing?.close().catch(() => undefined); // its last word only spares the next life a doubt
      await client.close();
    },
  };
}

async function openSpool({ directory, capBytes, sync, committedTo }: { readonly directory: string; readonly capBytes: number; readonly sync: boolean; readonly committedTo: number | undefined }): Promise<Spool> {
  try {
    return await Spool.open({ files: spoolFilesIn(directory), capBytes, sync, newInstallId: randomUUID(), committedTo });
  } catch (error) {
    throw new Error(`the spool in ${directory} cannot be opened (${firstLine(error)}): give another --data DIR, or make this one writable`, { cause: error });
  }
}

/** Tables live in a database of their own; the client that uses it cannot make it. */
async function createDatabase(address: { url: string; user?: string; password?: string }, database: string): Promise<void> {
  const client: ClickHouseClient = createStoreClient({ ...address, database: 'default' });
  try {
    await client.command({ query: 'CREATE DATABASE IF NOT EXISTS {name:Identifier}', query_params: { name: database } });
  } finally {
    await client.close();
  }
}

/** Node's errors for refused connections have a code and no message. */
function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : error.name;
  return (error.message || code).split('\n', 1)[0] ?? code;
}

function hasCredentials(url: string): boolean {
  return new URL(url).username !== '';
}

function withoutSecret(url: string): string {
  const parsed = new URL(url);
  parsed.password = '';
  return parsed.toString();
}
