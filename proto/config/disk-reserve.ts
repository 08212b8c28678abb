// How much of a disk is kept free: the rule that the collector and the embedded ClickHouse share.

/** Of a disk, in bytes. */
export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

const SHARE = 0.05;
const LEAST_BYTES = 64 * 1024 * 1024;
const MOST_BYTES = 1024 * 1024 * 1024;

/**
 * @param setting `disk.reserve_bytes`; 0 = by the size of the disk
 * @param totalBytes size of the disk; undefined when it cannot be known
 */
export function reserveBytes(setting: number, totalBytes: number | undefined): number {
  if (setting > 0) return setting;
  return Math.round(Math.min(MOST_BYTES, Math.max(LEAST_BYTES, (totalBytes ?? 0) * SHARE)));
}
