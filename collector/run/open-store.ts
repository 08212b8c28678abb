// Opens the way to ClickHouse: spool on disk, tables, writer. ClickHouse may be away at the start; what comes meanwhile waits in the spool.
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Config } from '#proto/config/schema.ts';
import { ClickHouseAuditStore } from '#collector/audit/audit-store.ts';
import { startAudit, type AuditStart, type RunningAudit } from '#collector/audit/start-audit.ts';
import type { Log } from '#proto/log/log.ts';
import { createStoreClient, type ClickHouseAddress } from '#collector/store/client.ts';
import type { StoreCommits } from '#collector/store/commit-turn.ts';
import { createTables } from '#collector/store/create-tables.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import { applyRetention } from '#collector/store/retention.ts';
import { patiently } from '#collector/store/patience.ts';
import { spoolFilesIn } from '#collector/store/spool-files.ts';
import { Spool, type SpoolOptions } from '#collector/store/spool.ts';
import type { StoreTables } from '#collector/store/tables/store-tables.ts';
import { StoreWriter } from '#collector/store/writer.ts';

/** A ClickHouse that starts beside the collector is there within a second: asked soon, then ever less often. */
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2000;
const SAY_EVERY_MS = 30_000;
/** The start is held up no longer than this by a ClickHouse that is away. */
const START_WAIT_MS = 2000;
/** Codes of a path that cannot be a directory of ours, now or later. */
const MISTAKES: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EEXIST',
  'ELOOP',
  'ENAMETOOLONG',
]);

/** Some of them are given soon, where somebody is at it: the audit waits for them so long. */
const RIGHTS: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);
const RIGHTS_WAIT_MS = 30_000;

export interface OpenedStore {
  readonly writer: StoreWriter;
  /** Compares the store with what it acknowledged; undefined when its directory cannot be used. */
  readonly audit: RunningAudit['audit'] | undefined;
  /** False until the tables are there. */
  isReady(): boolean;
  close(drainMs: number): Promise<void>;
}

/** The way to a store; that to ClickHouse is {@link clickHouseAccess}. */
export interface StoreAccess {
  insert(table: string, columns: readonly string[], bytes: Buffer, token: string): Promise<void>;
  /** Resolves when the store answers at all. */
  probe(): Promise<void>;
  /** Begins to compare the store with what it acknowledges; undefined where it cannot be asked. */
  audit?(start: Omit<AuditStart, 'storeOf' | 'database' | 'uptimeS'>): Promise<RunningAudit>;
  /** Makes the tables, and applies retention. Rejects while the store is away. */
  prepare(): Promise<void>;
  close(): Promise<void>;
}

/** What a write-ahead log brings. */
export interface StoreDurability {
  /** Blocks of an earlier life above this number are made again: they go. Undefined = there are none. */
  readonly committedTo: number | undefined;
  readonly commits: StoreCommits | undefined;
  /** Of this owner of the data directory; undefined: owners are not counted. */
  readonly epoch?: number | undefined;
}

export interface StoreSurroundings {
  /** Unix ms; never goes back. */
  readonly nowMs: () => number;
  readonly onStored: (table: string, rows: number) => void;
  readonly onDropped: (table: string, rows: number, reason: string) => void;
  /** Rows that were given up are to be stored after all. */
  readonly onBack?: (table: string, rows: number) => void;
  readonly access: StoreAccess;
  /** For a spool that has none yet. */
  readonly newInstallId?: string | undefined;
}

/** Where the tables are, as configured. */
export function storeAddress({ clickhouse: { url, user, password, database } }: Config): ClickHouseAddress {
  return { url, ...(hasCredentials(url) ? {} : { user, password }), database };
}

export function clickHouseAccess(config: Config, log: Log): StoreAccess {
  const { database } = config.clickhouse;
  const { database: _, ...address } = storeAddress(config);
  const client = createStoreClient({ ...address, database });
  // A user that may not alter tables can still store: retention then stays as it is, and the log says so.
  const retain = async (): Promise<void> => {
    try {
      const altered = await applyRetention(client, config.retention);
      if (altered.length > 0) log.info({ altered }, 'retention changed as configured');
    } catch (error) {
      log.warn(
        {},
        `retention.* could not be applied (${firstLine(error)}): the tables keep theirs; give clickhouse.user the right to ALTER TABLE`,
      );
    }
  };
  return {
    insert: (table, columns, bytes, token) => insertBlock(client, table, columns, bytes, token),
    probe: () => probeStore(client),
    audit: (start) => startAudit({ ...start, storeOf: (writer) => new ClickHouseAuditStore(client, writer), database }),
    async prepare() {
      await createDatabase(address, database);
      const made = await createTables(client, config.retention);
      if (made.length > 0) log.info({ made }, 'tables or columns created');
      await retain();
    },
    close: () => client.close(),
  };
}

export async function openStore(
  config: Config,
  tables: StoreTables,
  around: StoreSurroundings,
  { committedTo, commits, epoch = 0 }: StoreDurability,
  log: Log,
): Promise<OpenedStore> {
  const { access, newInstallId = randomUUID(), nowMs, onStored, onDropped, onBack } = around;
  const directory = path.join(config.data, 'spool');
  // A commit that survives loss of power is worth what its blocks are.
  const spool = await openSpool(directory, {
    capBytes: config.spool.max_bytes,
    maxRefusedBytes: config.spool.max_refused_bytes,
    sync: config.durability === 'fsync',
    newInstallId,
    committedTo,
    epoch,
    onWaiting: (sentence) => log.error({}, sentence),
  });
  let auditing: RunningAudit | undefined;
  const writer = new StoreWriter({
    spool,
    tables: tables.all,
    insert: (table, columns, bytes, token) => access.insert(table, columns, bytes, token),
    probe: () => access.probe(),
    nowMs,
    onStored,
    onDropped,
    ...(onBack === undefined ? {} : { onBack }),
    onAcknowledged: (block) => auditing?.audit.acknowledged(block) ?? Promise.resolve(),
    commits,
    log: (level, line) => log[level]({}, line),
  });
  auditing = await openAudit(
    async () =>
      access.audit?.({
        data: config.data,
        writer,
        sync: config.durability === 'fsync',
        reserve: config.disk.reserve_bytes,
        nowMs,
        log,
      }),
    path.join(config.data, 'audit'),
    nowMs,
    log,
  );
  writer.hold(); // rows reach the spool also while there is no table to put them into
  let ready = false;
  let closed = false;
  const prepare = async (): Promise<void> => {
    let saidMs = -Infinity;
    for (let retryMs = FIRST_RETRY_MS; !closed; retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)) {
      try {
        await access.prepare();
        writer.start();
        auditing?.begin();
        ready = true;
        return;
      } catch (error) {
        if (performance.now() - saidMs >= SAY_EVERY_MS) {
          saidMs = performance.now();
          log.warn(
            { url: withoutSecret(config.clickhouse.url) },
            `ClickHouse is not ready (${firstLine(error)}): data waits in the spool; check clickhouse.url`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  };
  const preparing = prepare();
  // A healthy store is ready within the start; one that is away does not hold it up.
  await Promise.race([preparing, new Promise((resolve) => setTimeout(resolve, START_WAIT_MS))]);
  return {
    writer,
    audit: auditing?.audit,
    isReady: () => ready,
    async close(drainMs) {
      closed = true;
      await writer.close(ready ? drainMs : 0);
      await auditing?.close().catch(() => undefined); // its last word only spares the next life a doubt
      await access.close();
    },
  };
}

/** What passes is waited for: a life without an audit would not see what it loses. Rights that are missing for long are no reason not to start. */
async function openAudit(
  open: () => Promise<RunningAudit | undefined>,
  directory: string,
  nowMs: () => number,
  log: Log,
): Promise<RunningAudit | undefined> {
  const startedMs = nowMs();
  return patiently(
    `use ${directory}`,
    async () => {
      try {
        return await open();
      } catch (error) {
        const code = codeOf(error);
        if (!MISTAKES.has(code) || (RIGHTS.has(code) && nowMs() - startedMs < RIGHTS_WAIT_MS)) throw error;
        log.warn({}, `the store is not audited (${firstLine(error)}): make ${directory} readable and writable`);
        return undefined;
      }
    },
    { onWaiting: (sentence) => log.error({}, sentence) },
  );
}

/** A directory that may not be made is a mistake of whoever gave it; everything else that fails is waited for. */
async function openSpool(directory: string, options: Omit<SpoolOptions, 'files'>): Promise<Spool> {
  const made = await patiently(
    `make ${directory}`,
    async () => {
      try {
        return { files: spoolFilesIn(directory) };
      } catch (error) {
        if (!MISTAKES.has(codeOf(error))) throw error;
        return { error };
      }
    },
    options,
  );
  if (made.files !== undefined) return Spool.open({ files: made.files, ...options });
  const why = firstLine(made.error);
  throw new Error(
    `the spool in ${directory} cannot be opened (${why}): give another --data DIR, or make this one writable`,
    { cause: made.error },
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

async function probeStore(client: ClickHouseClient): Promise<void> {
  const answer = await client.query({ query: 'SELECT 1', format: 'JSONEachRow' });
  await answer.text();
}

/** Tables live in a database of their own; the client that uses it cannot make it. */
async function createDatabase(address: ClickHouseAddress, database: string): Promise<void> {
  const client: ClickHouseClient = createStoreClient({ ...address, database: 'default' });
  try {
    await client.command({
      query: 'CREATE DATABASE IF NOT EXISTS {name:Identifier}',
      query_params: { name: database },
    });
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
