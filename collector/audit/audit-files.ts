// The audit's directory on a real disk.
import { mkdirSync } from 'node:fs';
import { open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditFiles } from './audit-log.ts';

/** Creates the directory when it is missing. Only its owner reads it. */
export function auditFilesIn(directory: string): AuditFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return {
    list: () => readdir(directory),
    read: (name) => readFile(join(directory, name)),
    async append(name, bytes, sync) {
      const file = await open(join(directory, name), 'a', 0o600);
      try {
        const { bytesWritten } = await file.write(bytes);
        if (bytesWritten < bytes.length) throw new Error(`could write ${bytesWritten} of ${bytes.length} bytes to ${join(directory, name)}`);
        if (sync) await file.datasync();
      } finally {
        await file.close();
      }
    },
    remove: (name) => unlink(join(directory, name)),
  };
}
