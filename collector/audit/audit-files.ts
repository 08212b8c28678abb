// The audit's directory on a real disk.
import { mkdirSync } from 'node:fs';
import { open, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AuditFiles } from './audit-log.ts';

/** Creates the directory when it is missing. Only its owner reads it. */
export function auditFilesIn(directory: string): AuditFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  /** The file whose name survives loss of power. */
  let kept: string | undefined;
  return {
    list: () => readdir(directory),
    read: (name) => readFile(join(directory, name)),
    async append(name, bytes, sync) {
      const file = await open(join(directory, name), 'a', 0o600);
      try {
        for (let at = 0; at < bytes.length;) {
          // A short write is legal (a signal, a disk that is nearly full): it goes on where it stopped, or fails with the disk's error.
          const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
          if (bytesWritten === 0)
            throw new Error(`could write ${at} of ${bytes.length} bytes to ${join(directory, name)}`);
          at += bytesWritten;
        }
        if (sync) await file.datasync();
      } finally {
        await file.close();
      }
      if (!sync || kept === name) return;
      for (const one of [directory, dirname(directory)]) await syncDirectory(one);
      kept = name;
    },
    remove: (name) => unlink(join(directory, name)),
    async replace(name, bytes) {
      const next = join(directory, `${name}.next`);
      await writeFile(next, bytes, { mode: 0o600 });
      await rename(next, join(directory, name));
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
