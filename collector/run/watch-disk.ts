// Watches the disks that the collector writes to, for /readyz, /healthz and /metrics.
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '#proto/config/schema.ts';
import type { DiskSpace } from '#proto/config/disk-reserve.ts';
import type { Log } from '#proto/log/log.ts';
import { DiskReserve } from '#collector/admit/disk-reserve.ts';

const LOOK_EVERY_MS = 500;
/** The more room there is, the later the next look: a disk does not fill faster than this. */
const MOST_BYTES_PER_MS = 2_000_000;
const MAX_LOOK_EVERY_MS = 5_000;
const DIRECTORIES = ['.', 'wal', 'spool', 'clickhouse', 'rescue'] as const;

export interface DiskWatch {
  readonly reserve: DiskReserve;
  /** The first look; receivers start after it. */
  readonly looked: Promise<void>;
  stop(): void;
}

/** @param onEased called when receivers may accept again */
export function watchDisk(config: Config, log: Log, onEased: () => void): DiskWatch {
  const reserve = new DiskReserve({
    paths: config.store === 'none' ? [] : DIRECTORIES.map((name) => path.join(config.data, name)),
    setting: config.disk.reserve_bytes,
    space: diskSpace,
  });
  const look = async (): Promise<void> => {
    const wasLow = reserve.isLow;
    await reserve.look();
    if (reserve.isLow === wasLow) return;
    if (reserve.isLow) log.error({}, `receivers hold back: ${reserve.sentence ?? ''}`);
    else {
      log.info({}, 'the disk has room again: receivers accept');
      onEased();
    }
  };
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const lookAgain = (): void => {
    if (!isStopped) timer = setTimeout(() => void look().finally(lookAgain), nextLookMs(reserve)).unref();
  };
  const looked = look().finally(lookAgain);
  return {
    reserve,
    looked,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

function nextLookMs({ nearest }: DiskReserve): number {
  const roomBytes = nearest === undefined ? 0 : nearest.freeBytes - nearest.reserveBytes;
  return Math.min(MAX_LOOK_EVERY_MS, Math.max(LOOK_EVERY_MS, roomBytes / MOST_BYTES_PER_MS));
}

/** undefined when the directory is not there or the disk does not say. */
async function diskSpace(directory: string): Promise<DiskSpace | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return undefined;
  }
}
