// A spool over a directory in memory, blocks to put into it, and what it holds.
import type { Block } from '#collector/store/block.ts';
import { Spool, type SpoolOptions } from '#collector/store/spool.ts';
import { ImpatientTimers } from '#tests/support/impatient-timers.ts';
import type { MemorySpoolFiles } from '#tests/support/memory-spool-files.ts';

/** What the system may say instead of doing it. */
export const CODES = ['EMFILE', 'ENFILE', 'EIO', 'EACCES', 'ENOSPC', 'EROFS', 'EBUSY', 'ESTALE'];

export function open(files: MemorySpoolFiles, options: Partial<SpoolOptions> = {}): Promise<Spool> {
  return Spool.open({
    files,
    capBytes: 2 ** 20,
    sync: false,
    newInstallId: 'new',
    timers: new ImpatientTimers(),
    ...options,
  });
}

export function block(text: string, table = 'spans'): Block {
  return { table, columns: ['a', 'b'], rows: text.length, bytes: Buffer.from(text) };
}

export async function saved(
  spool: Spool,
  text: string,
  table?: string,
): Promise<{ token: string; file: string; seq: number }> {
  const entry = spool.accept(block(text, table));
  await spool.save(entry);
  return entry;
}

export async function contents(spool: Spool): Promise<string[]> {
  return Promise.all(
    [...spool.entries.values()].map(async (entry) => `${entry.token} ${(await spool.load(entry)).toString()}`),
  );
}
