// One owner of a data directory. The engine has a lock of its own, but the files are put right before it opens them.
import { DatabaseSync } from 'node:sqlite';

/** What SQLite says when another process has the lock. */
const BUSY = 5;

/**
 * Held until the process ends, however it ends: the kernel releases it. Throws when another process has it; undefined when the
 * disk does not allow it.
 */
export function lockDirectory(path: string): DatabaseSync | undefined {
  try {
    const database = new DatabaseSync(path, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error && error.errcode === BUSY)) return undefined;
    throw new Error(`Cannot lock file ${path}: another process has it`, { cause: error });
  }
}
