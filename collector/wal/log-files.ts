// The directory of the write-ahead log, as a face that tests can crash anywhere.
import { mkdirSync } from 'node:fs';
import { open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface LogFile {
  /** Appends all parts in order. Rejects with the disk's error; then the end of the file is unknown. */
  write(parts: readonly Buffer[]): Promise<void>;
  /** What was written survives loss of power. */
  sync(): Promise<void>;
  /** Takes off what stands behind its first `bytes`. */
  cut(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface LogFiles {
  list(): Promise<string[]>;
  read(name: string): Promise<Buffer>;
  /** @param sync its name survives loss of power, too */
  create(name: string, sync: boolean): Promise<LogFile>;
  /**
   * What an earlier process wrote to it, and its name, survive loss of power from now on.
   * @param again it is written once more before: after a sync that failed, bytes count as safe that are not on the disk
   */
  keep(name: string, again: boolean): Promise<void>;
  /** @param sync its removal survives loss of power, too */
  remove(name: string, sync?: boolean): Promise<void>;
}

/** One system call takes no more buffers (IOV_MAX of Linux). */
const MOST_PARTS = 1024;

/** Telemetry is for its owner alone. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Creates the directory when it is missing. */
export function logFilesIn(directory: string): LogFiles {
  mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  let isKept = false;
  return {
    list: () => readdir(directory),
    read: (name) => readFile(join(directory, name)),
    async keep(name, again) {
      const file = await open(join(directory, name), 'r+');
      try {
        if (again) await writeAgain(file);
        await file.datasync();
      } finally {
        await file.close();
      }
      await syncDirectory(directory);
    },
    async remove(name, sync) {
      await rm(join(directory, name), { force: true });
      if (sync === true) await syncDirectory(directory);
    },
    async create(name, sync) {
      const file = await open(join(directory, name), 'wx', FILE_MODE);
      try {
        if (sync) await syncDirectory(directory);
        if (sync && !isKept) await syncDirectory(dirname(directory)); // its own name, once
        isKept ||= sync;
      } catch (error) {
        await file.close();
        throw error;
      }
      return {
        async write(parts) {
          for (let from = 0; from < parts.length; from += MOST_PARTS)
            await writeAll(file, parts.slice(from, from + MOST_PARTS));
        },
        sync: () => file.datasync(),
        cut: (bytes) => file.truncate(bytes),
        close: () => file.close(),
      };
    },
  };
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The same bytes in the same places. */
async function writeAgain(file: FileHandle): Promise<void> {
  const bytes = await file.readFile();
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, at);
    if (bytesWritten === 0) throw new Error('the disk takes no more bytes');
    at += bytesWritten;
  }
}

async function writeAll(file: FileHandle, parts: readonly Buffer[]): Promise<void> {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  let written = (await file.writev([...parts])).bytesWritten;
  if (written === size) return;
  // A short write is legal (a full disk, a signal): go on where it stopped, or fail with the disk's error.
  const all = Buffer.concat(parts);
  while (written < size) {
    const more = (await file.write(all, written, size - written)).bytesWritten;
    if (more === 0) throw new Error('the disk takes no more bytes');
    written += more;
  }
}
