// Makes the data directory this process's own before anything in it is read, and keeps a process that lost it from writing.
import path from 'node:path';
import type { Config } from '#proto/config/schema.ts';
import { acquire, CHECK_EVERY_MS, type DataDirectory } from '#collector/data-directory/acquire.ts';
import { narrowRights } from '#collector/data-directory/private-directory.ts';
import type { Log } from '#proto/log/log.ts';
import type { StoreCommits } from '#collector/store/commit-turn.ts';

/** Directories of the collector below the data directory. */
const FOLDERS = ['wal', 'spool', 'rescue'] as const;

/** Whether anything of the collector is on disk. */
export function usesDisk({ store, sampling }: Config): boolean {
  return store === 'clickhouse' || sampling.rescue.disk_bytes > 0;
}

/** Waits for an earlier collector to end, and says so. Undefined when `signal` came first. @throws Error with what to do */
export async function ownData(
  { data }: Config,
  log: Log,
  signal: AbortSignal,
  nowMs: () => number,
): Promise<DataDirectory | undefined> {
  const owned = await acquire(data, { onWaiting: (sentence) => log.warn({}, sentence), signal, nowMs });
  if (owned === undefined) return undefined;
  if (owned.hasWaited) log.info({ epoch: owned.epoch }, 'the earlier collector has ended');
  for (const folder of FOLDERS) {
    const directory = path.join(data, folder);
    try {
      narrowRights(directory);
    } catch (error) {
      log.warn({ error: String(error) }, `other users may read ${directory}: remove their rights with chmod 700`);
    }
  }
  return owned;
}

/** Calls `onLost` with the reason when the directory has another owner. Returns a look at once, for before something is written. */
export function watchOwnership(owned: DataDirectory, onLost: (reason: string) => void): () => void {
  const look = (): void => {
    const reason = owned.lost();
    if (reason !== undefined) onLost(reason);
  };
  setInterval(look, CHECK_EVERY_MS).unref();
  return look;
}

/** The same commits, each written after a look at who owns the directory. */
export function fencedCommits(commits: StoreCommits, look: () => void): StoreCommits {
  return {
    ...commits,
    begin(block) {
      const commit = commits.begin(block);
      return {
        write() {
          look();
          return commit.write();
        },
      };
    },
  };
}
