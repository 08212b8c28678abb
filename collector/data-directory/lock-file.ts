// An exclusive lock that the kernel gives back when its process ends, however it ends. Node has no flock; SQLite sets an fcntl lock on
// the file of a database, and an exclusive transaction that writes nothing holds it.
import { constants, accessSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** SQLite's code; an extended one has it in its low byte. */
const SQLITE_BUSY = 5;
const SQLITE_CANTOPEN = 14;
/** Out of memory, an error of the disk, no room there. */
const FLEETING: ReadonlySet<number> = new Set([7, 10, 13]);
/** The system cannot do it now; it says nothing against the directory. */
const FLEETING_CODES: ReadonlySet<string> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
  'ENFILE',
  'EIO',
  'ENOMEM',
  'EAGAIN',
  'EINTR',
]);
const LOW_BYTE = 256;

/**
 * A file that one process holds. POSIX drops the lock when the process closes any other handle of the same file, so nothing else in
 * the process may open it.
 */
export class LockFile {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #place: string;

  private constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.#database = database;
    this.#place = placeOf(path);
  }

  /** undefined when another process holds it. @throws Error when it cannot be locked at all, with the reason */
  static tryLock(path: string): LockFile | undefined {
    let database: DatabaseSync | undefined;
    try {
      if (existsSync(path)) accessSync(path, constants.W_OK); // a file that can only be read is locked for readers only
      database = new DatabaseSync(path, { timeout: 0 });
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE'); // a journal on disk would stay beside the file
      return new LockFile(path, database);
    } catch (error) {
      if (database?.isOpen === true) database.close();
      const code = sqliteCodeOf(error);
      if (code === SQLITE_BUSY) return undefined;
      if (code === SQLITE_CANTOPEN) closeSync(openSync(path, 'a')); // SQLite does not say why: this does
      throw error;
    }
  }

  /** Whether the path still names the file that is locked; false when somebody removed or replaced it. Two stats of a file, no reading. */
  get isInPlace(): boolean {
    return placeOf(this.path) === this.#place;
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Without the details of an extended one; -1 = it is no error of SQLite. */
function sqliteCodeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode % LOW_BYTE
    : -1;
}

/** Whether the same may work later: descriptors ran out, the disk is full or fails. */
export function isFleeting(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return FLEETING_CODES.has(code) || FLEETING.has(sqliteCodeOf(error));
}

/** Names a file itself, whatever its path; '' when there is none. */
function placeOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.dev}:${found.ino}`;
}
