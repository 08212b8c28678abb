// Starts the audit: its directory, its questions to ClickHouse, its clock.
import { createHash } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { uptime } from 'node:os';
import path from 'node:path';
import { reserveBytes, type DiskSpace } from '#proto/config/disk-reserve.ts';
import type { Log } from '#proto/log/log.ts';
import { pendingSeconds } from '../store/waiting-blocks.ts';
import type { StoreWriter } from '../store/writer.ts';
import { Audit } from './audit.ts';
import { auditFilesIn } from './audit-files.ts';
import type { AuditStore } from './audit-store.ts';

/** A difference is seen in two checks, so it is an alarm within half a minute. */
const EVERY_MS = 15_000;
/** What was acknowledged is noted so often, ms: what a life that is killed acknowledged since is not known to be missing. */
const LOOK_EVERY_MS = 1000;

export interface AuditStart {
  /** The data directory. */
  readonly data: string;
  /** How the store is asked for the rows of a collector. @param writer its number in the column of that name */
  readonly storeOf: (writer: number) => AuditStore;
  readonly database: string;
  /** How long the machine has been up, s; absent: as the system says. */
  readonly uptimeS?: () => number;
  /** Its install id makes the number of this collector; it knows which blocks are on their way. */
  readonly writer: Pick<StoreWriter, 'writerId' | 'spool' | 'awayMs'>;
  /** Whether what is noted is to survive loss of power. */
  readonly sync: boolean;
  /** `disk.reserve_bytes` */
  readonly reserve: number;
  readonly nowMs: () => number;
  readonly log: Log;
}

export interface RunningAudit {
  readonly audit: Audit;
  /** Begins to check: when the tables are there. */
  begin(): void;
  close(): Promise<void>;
}

/**
 * Opens the audit in DATA/audit. Give `audit.acknowledged` to the writer as `onAcknowledged` before it sends anything, call `begin` when the tables are
 * there, and `close` when the writer is closed. Rejects when the directory cannot be read or written.
 */
export async function startAudit({
  data,
  storeOf,
  database,
  uptimeS = uptime,
  writer,
  sync,
  reserve,
  nowMs,
  log,
}: AuditStart): Promise<RunningAudit> {
  const directory = path.join(data, 'audit');
  const audit = await Audit.open({
    files: auditFilesIn(directory),
    key: createHash('sha256').update(`${writer.writerId} ${database}`).digest().readUInt32LE(0),
    store: storeOf(writer.writerId),
    sync,
    nowMs,
    bootedS: Math.round(nowMs() / 1000 - uptimeS()),
    pending: (table) => pendingSeconds(writer.spool, table),
    isPending: (seq) => writer.spool.entries.has(seq),
    space: () => spaceOf(directory),
    reserveBytes: ({ totalBytes }) => reserveBytes(reserve, totalBytes),
    log: (level, line) => log[level]({}, line),
  });
  const looks = setInterval(() => void audit.intake.look(), LOOK_EVERY_MS);
  let timer: NodeJS.Timeout | undefined;
  return {
    audit,
    begin() {
      // A store that does not answer is not asked: that it does not answer is reported elsewhere.
      timer ??= setInterval(() => {
        if (writer.awayMs === 0) void audit.run();
      }, EVERY_MS);
    },
    async close() {
      clearInterval(looks);
      clearInterval(timer);
      await audit.close();
    },
  };
}

async function spaceOf(directory: string): Promise<DiskSpace | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return undefined;
  }
}
