// A collector whose supervisor died puts everything on disk and asks nobody: blocks, then the commit that covers them.
import { expect, it } from 'vitest';
import { Spool } from '#collector/store/spool.ts';
import { StoreTables } from '#collector/store/tables/store-tables.ts';
import type { StoreCommits } from '#collector/store/commit-turn.ts';
import { StoreWriter } from '#collector/store/writer.ts';
import { MemorySpoolFiles } from '#tests/support/memory-spool-files.ts';

async function sealed(
  commits?: StoreCommits,
): Promise<{ files: MemorySpoolFiles; writer: StoreWriter; tables: StoreTables; asked: number[] }> {
  const files = new MemorySpoolFiles();
  const tables = new StoreTables();
  const asked: number[] = [];
  const writer = new StoreWriter({
    spool: await Spool.open({ files, capBytes: 2 ** 26, sync: false, newInstallId: 'seal' }),
    tables: tables.all,
    insert: () => {
      asked.push(1);
      return new Promise(() => undefined); // ClickHouse is there and never answers
    },
    nowMs: Date.now,
    onStored: () => undefined,
    onDropped: (table, rows, reason) => {
      throw new Error(`${rows} ${table}: ${reason}`);
    },
    log: () => undefined,
    commits,
  });
  return { files, writer, tables, asked };
}

const blocks = (files: MemorySpoolFiles): string[] =>
  [...files.files.keys()].filter((name) => name.endsWith('.native'));

it('without a log every row is in the spool', async () => {
  const { files, writer, tables, asked } = await sealed();
  writer.start();
  for (let i = 0; i < 100; i++) tables.samples.append(1, i, i, i, 0);
  await writer.seal();
  expect(blocks(files)).toEqual([expect.stringMatching(/^\d{12}-samples-100/)]);
  expect(asked.length).toBeLessThanOrEqual(1);
});

it('with a log a commit is written after the blocks, also when one was under way', async () => {
  const written: [block: number, onDisk: number][] = [];
  let files: MemorySpoolFiles | undefined;
  const first = Promise.withResolvers<void>();
  const commits: StoreCommits = {
    prepare: () => undefined,
    isWanted: () => false,
    begin: (block) => ({
      async write() {
        if (written.length === 0) await first.promise;
        written.push([block, blocks(files!).length]);
      },
    }),
  };
  const made = await sealed(commits);
  files = made.files;
  const { writer, tables, asked } = made;
  for (let i = 0; i < 50_000; i++) tables.samples.append(1, i, i, i, 0);
  writer.tick(); // a block was cut: its commit begins, and the disk takes its time
  for (let i = 0; i < 10; i++) tables.samples.append(1, i, i, i, 0);
  const sealing = writer.seal();
  first.resolve();
  await sealing;
  expect(written).toEqual([
    [1, 1],
    [2, 2],
  ]);
  expect(asked).toEqual([]);
});

it('a flush that close() has given up ends when the commit under way does, though more is to be written', async () => {
  const first = Promise.withResolvers<void>();
  let asked = 0;
  const { writer, tables } = await sealed({
    prepare: () => undefined,
    isWanted: () => asked++ < 1000,
    begin: () => ({ write: () => first.promise }),
  });
  tables.samples.append(1, 1, 1, 1, 0);
  await writer.close(0);
  const before = asked;
  first.resolve();
  await new Promise(setImmediate);
  expect(asked - before).toBeLessThan(5);
});
