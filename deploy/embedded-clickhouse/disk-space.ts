// How much room the disk below a path has.
import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { DiskSpace } from './engine-watch.ts';

/** undefined when it cannot be known: that is no alarm. */
export async function diskSpace(path: string): Promise<DiskSpace | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return undefined;
  }
}

export function diskSpaceNow(path: string): DiskSpace | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return undefined;
  }
}
