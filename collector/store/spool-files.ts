// The spool's directory on a real disk: a file is written under another name and renamed when it is whole.
import { mkdirSync } from 'node:fs';
import { open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpoolFiles } from './spool.ts';

/** Creates the directory when it is missing. */
export function spoolFilesIn(directory: string): SpoolFiles {
  mkdirSync(directory, { recursive: true });
  return {
    list: () => readdir(directory),
    read: (name, into) =>
      into === undefined ? readFile(join(directory, name)) : readInto(join(directory, name), into),
    async write(name, parts, sync) {
      const path = join(directory, name);
      try {
        await writeWhole(`${path}.part`, parts, sync);
        await rename(`${path}.part`, path);
      } catch (error) {
        await unlink(`${path}.part`).catch(() => undefined); // half of a block would use room on a disk that has none
        throw error;
      }
      if (sync) await syncDirectory(directory);
    },
    remove: (name) => unlink(join(directory, name)),
    rename: (from, to) => rename(join(directory, from), join(directory, to)),
    size: async (name) => (await stat(join(directory, name))).size,
  };
}

async function readInto(path: string, into: Buffer): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > into.length) return await file.readFile();
    let read = 0;
    while (read < size) {
      const { bytesRead } = await file.read(into, read, size - read, read);
      if (bytesRead === 0) break; // shorter than it was: its checksum says so
      read += bytesRead;
    }
    return into.subarray(0, read);
  } finally {
    await file.close();
  }
}

async function writeWhole(path: string, parts: readonly Buffer[], sync: boolean): Promise<void> {
  const file = await open(path, 'w');
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
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
