// Opens the write-ahead log and tells what an earlier life left there.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '#proto/config/schema.ts';
import type { Log } from './self/log.ts';
import { logFilesIn } from './wal/log-files.ts';
import { readLog, type RecoveredLog } from './wal/read-log.ts';
import { WriteAheadLog } from './wal/write-ahead-log.ts';

export interface OpenedWal {
  readonly left: RecoveredLog;
  /** undefined with `durability: memory`: nothing is written. */
  readonly log: WriteAheadLog | undefined;
  /** What was left has been taken again, and nothing more is written: it goes. */
  forget(): Promise<void>;
}

/** @param epoch of whoever owns the data directory @param segmentBytes undefined: as the log has it */
export async function openWal(config: Config, log: Log, epoch = 0, segmentBytes?: number): Promise<OpenedWal> {
  const directory = path.join(config.data, 'wal');
  try {
    const files = logFilesIn(directory);
    const left = await readLog(files);
    for (const place of left.damage) log.error({ place }, 'the write-ahead log is damaged: requests after this place of the segment are lost');
    const options = { files, sync: config.durability === 'fsync', capBytes: config.wal.max_bytes, existing: left.segments, epoch, ...(segmentBytes === undefined ? {} : { segmentBytes }) };
    return { left, log: config.durability === 'memory' ? undefined : new WriteAheadLog(options), forget: () => rm(directory, { recursive: true, force: true }) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the write-ahead log in ${directory} cannot be opened (${why}): give another --data DIR, make this one writable, or run with --durability=memory`, { cause: error });
  }
}
