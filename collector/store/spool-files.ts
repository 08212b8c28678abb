// The spool's directory on a real disk: a file is written under another name and renamed when it is whole.
import { mkdirSync } from 'node:fs';
import { open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpoolFiles } from './spool.ts';

/** Creates the directory when it is missing. */
export function spoolFilesIn(directory: string): SpoolFiles {
  mkdirSync(directory, { recursive: true });
  return {
    list: () => readdir(directory),
    read: (name) => readFile(join(directory, name)),
    async write(name, parts, sync) {
      const path = join(directory, name);
      const file = await open(`${path}.part`, 'w');
      try {
        const size = parts.reduce((sum, part) => sum + part.length, 0);
        const { bytesWritten } = await file.writev([...parts], 0);
        // A short write is legal (a full disk, a signal): go on where it stopped, or fail with the disk's error.
        for (let written = bytesWritten; written < size;) {
          const rest = Buffer.concat(parts).subarray(written);
          const more = await file.write(rest, 0, rest.length, written);
          if (more.bytesWritten === 0) throw new Error(`could not write ${path}`);
          written += more.bytesWritten;
        }
        if (sync) await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.part`, path);
      if (sync) {
        const parent = await open(directory, 'r');
        try {
          await parent.sync();
        } finally {
          await parent.close();
        }
      }
    },
    remove: (name) => unlink(join(directory, name)),
    rename: (from, to) => rename(join(directory, from), join(directory, to)),
  };
}
