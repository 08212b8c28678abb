// One owner of a data directory at a time: the lock comes before anything of the log or the spool is read; it is waited for without a limit.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isFleeting, LockFile } from './lock-file.ts';
import { largestEpochOfFiles, ownerFileMark, readOwner, writeOwner, type OwnerDescription } from './owner-file.ts';

const LOCK = 'collector.lock';
/** How often the lock is tried while another process holds it. */
const TRY_EVERY_MS = 50;
/** … and where the system does not let it be tried. */
const RETRY_EVERY_MS = 500;
/** How often whoever waits says so. */
const SAY_EVERY_MS = 10_000;
/** An owner looks so often, at the latest, whether it still is one. */
export const CHECK_EVERY_MS = 1000;
/** Somebody removed the lock of an owner that may be alive: it notices within {@link CHECK_EVERY_MS}, and ends. */
const REMOVED_LOCK_WAIT_MS = 3 * CHECK_EVERY_MS;
const INSTALL_ID_BYTES = 16;

export interface AcquireOptions {
  /** A sentence for people: at once when the lock is held, and every 10 s. */
  readonly onWaiting: (sentence: string) => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Unix ms. */
  readonly nowMs: () => number;
}

/** The right to read and write the log and the spool of a directory. */
export interface DataDirectory {
  /** Larger than that of every owner before. */
  readonly epoch: number;
  /** 32 hex digits, the same for all owners. */
  readonly installId: string;
  /** Another process was seen to hold the directory before this one. */
  readonly hasWaited: boolean;
  /**
   * Undefined while this process owns the directory; otherwise why it does not any more, which can only be because somebody removed
   * files by hand: it MUST end at once then, and write nothing. Costs two stats of a file.
   */
  lost(): string | undefined;
  release(): void;
}

/**
 * Resolves when the directory, which is made when it is absent, belongs to this process; undefined when `signal` came first. A disk that is
 * full or fails, and descriptors that ran out, are waited for.
 * @throws Error with what to do
 */
export async function acquire(directory: string, options: AcquireOptions): Promise<DataDirectory | undefined> {
  const { onWaiting, signal, nowMs } = options;
  let saidMs = -Infinity;
  for (;;) {
    try {
      return await tryToAcquire(directory, options);
    } catch (error) {
      if (!isFleeting(error)) throw unusable(directory, error);
      if (nowMs() - saidMs >= SAY_EVERY_MS) {
        saidMs = nowMs();
        onWaiting(
          `the data directory ${directory} cannot be locked now (${messageOf(error)}): trying again until it can`,
        );
      }
    }
    await pause(RETRY_EVERY_MS, signal);
    if (signal.aborted) return undefined;
  }
}

async function tryToAcquire(
  directory: string,
  { onWaiting, signal, nowMs }: AcquireOptions,
): Promise<DataDirectory | undefined> {
  const hadLock = existsSync(path.join(directory, LOCK));
  let lock = tryLock(directory);
  const hasWaited = lock === undefined;
  for (let saidMs = -Infinity; lock === undefined; lock = tryLock(directory)) {
    if (nowMs() - saidMs >= SAY_EVERY_MS) {
      saidMs = nowMs();
      onWaiting(
        `an earlier collector is still writing to ${directory} (${described(readOwner(directory))}): waiting for it to end`,
      );
    }
    await pause(TRY_EVERY_MS, signal);
    if (signal.aborted) return undefined;
  }
  try {
    const before = readOwner(directory);
    const largest = Math.max(before?.epoch ?? 0, largestEpochOfFiles(directory));
    const owned = new Owned(
      directory,
      lock,
      {
        pid: process.pid,
        startedAt: new Date(nowMs()).toISOString(),
        epoch: largest + 1,
        installId: before?.installId ?? randomBytes(INSTALL_ID_BYTES).toString('hex'),
      },
      hasWaited,
    );
    if (hadLock || largest === 0) return owned;
    const seconds = REMOVED_LOCK_WAIT_MS / 1000;
    onWaiting(
      `the lock of ${directory} was removed by hand; waiting ${seconds} s for a collector that may still be writing (${described(before)})`,
    );
    await pause(REMOVED_LOCK_WAIT_MS, signal);
    return signal.aborted ? undefined : owned;
  } catch (error) {
    lock.release();
    throw error;
  }
}

class Owned implements DataDirectory {
  readonly hasWaited: boolean;
  readonly #directory: string;
  readonly #owner: OwnerDescription;
  #lock: LockFile;
  /** Of the owner file as this process wrote it. */
  #mark: string;

  constructor(directory: string, lock: LockFile, owner: OwnerDescription, hasWaited: boolean) {
    this.hasWaited = hasWaited;
    this.#directory = directory;
    this.#lock = lock;
    this.#owner = owner;
    writeOwner(directory, owner);
    this.#mark = ownerFileMark(directory);
  }

  get epoch(): number {
    return this.#owner.epoch;
  }

  get installId(): string {
    return this.#owner.installId;
  }

  lost(): string | undefined {
    try {
      return this.#lockAgain() ?? this.#writeBack();
    } catch {
      return undefined; // the disk does not answer: that is no other owner
    }
  }

  release(): void {
    this.#lock.release();
  }

  /** The lock file was removed: the new one is locked, unless another process was faster. */
  #lockAgain(): string | undefined {
    if (this.#lock.isInPlace) return undefined;
    const again = LockFile.tryLock(this.#lock.path);
    if (again === undefined)
      return `${this.#lock.path} was removed by hand, and another collector holds ${this.#directory} now`;
    this.#lock.release();
    this.#lock = again;
    return undefined;
  }

  /** The owner file is another: written again, unless it names a later owner. */
  #writeBack(): string | undefined {
    if (ownerFileMark(this.#directory) === this.#mark) return undefined;
    const found = readOwner(this.#directory);
    const isOurs = found?.pid === this.#owner.pid && found.startedAt === this.#owner.startedAt;
    const isLater = found !== undefined && !isOurs && found.epoch >= this.epoch;
    if (isLater) return `another collector owns ${this.#directory} now (${described(found)})`;
    writeOwner(this.#directory, this.#owner);
    this.#mark = ownerFileMark(this.#directory);
    return undefined;
  }
}

function tryLock(directory: string): LockFile | undefined {
  mkdirSync(directory, { recursive: true });
  return LockFile.tryLock(path.join(directory, LOCK));
}

function unusable(directory: string, error: unknown): Error {
  const remedy = 'give another --data DIR, on a disk of this machine that this user may write to';
  return new Error(`the data directory ${directory} cannot be locked (${messageOf(error)}): ${remedy}`, {
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function described(owner: OwnerDescription | undefined): string {
  return owner === undefined ? 'its pid is not known' : `pid ${owner.pid}, started ${owner.startedAt}`;
}

/** Resolves after `ms`, or when the signal comes. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch {
    // the caller looks at the signal
  }
}
