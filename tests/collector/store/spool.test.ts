// The spool over a directory in memory and over a real one: nothing is lost, no token is ever used twice.
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Block } from '#collector/store/block.ts';
import { spoolFilesIn } from '#collector/store/spool-files.ts';
import type { SpoolFiles } from '#collector/store/spool.ts';
import { Spool } from '#collector/store/spool.ts';
import { MemorySpoolFiles } from '#tests/support/memory-spool-files.ts';

function open(files: SpoolFiles, newInstallId = 'one'): Promise<Spool> {
  return Spool.open({ files, capBytes: 100, sync: false, newInstallId });
}

function block(text: string, table = 'spans'): Block {
  return { table, columns: ['a', 'b'], rows: text.length, bytes: Buffer.from(text) };
}

describe('the spool', () => {
  it('gives back after a restart what was saved and not acknowledged, bytes, columns and token unchanged', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files);
    const [first, second] = [spool.accept(block('first')), spool.accept(block('second', 'logs'))];
    await spool.save(first);
    await spool.save(second);
    await spool.acknowledge(first);
    const again = await open(files, 'two');
    expect([...again.entries.values()]).toMatchObject([{ table: 'logs', rows: 6, columns: ['a', 'b'], onDisk: true }]);
    const entry = [...again.entries.values()][0]!;
    expect((await again.load(entry)).toString()).toBe('second');
    expect(entry.token).toBe(second.token);
    expect(again.bytes).toBe(6);
  });

  it('lets blocks go that belong to no commit, and never gives their numbers again', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files);
    const [first, second] = [spool.accept(block('first')), spool.accept(block('second'))];
    await spool.save(first);
    await spool.save(second);
    const again = await Spool.open({ files, capBytes: 100, sync: false, newInstallId: 'two', committedTo: first.seq });
    expect([...again.entries.values()].map((entry) => entry.seq)).toEqual([first.seq]);
    expect((await files.list()).filter((name) => name.endsWith('.native'))).toHaveLength(1);
    expect(again.accept(block('third')).seq).toBeGreaterThan(second.seq);
  });

  it('never uses a token twice, whatever is saved, acknowledged and restarted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('accept', 'save', 'acknowledge', 'restart'), { maxLength: 40 }),
        async (steps) => {
          const files = new MemorySpoolFiles();
          let spool = await open(files);
          const used = new Map<string, string>();
          let text = 0;
          const wrong: string[] = [];
          for (const step of steps) {
            const entries = [...spool.entries.values()];
            if (step === 'accept') {
              const entry = spool.accept(block(`block ${text++}`));
              if (used.has(entry.token)) wrong.push(`token ${entry.token} twice`);
              used.set(entry.token, entry.bytes!.toString());
            } else if (step === 'save' && entries.length > 0) await spool.save(entries.at(-1)!);
            else if (step === 'acknowledge' && entries.length > 0) await spool.acknowledge(entries[0]!);
            else if (step === 'restart') {
              const onDisk = entries.filter((entry) => entry.onDisk).map((entry) => entry.token);
              spool = await open(files, 'other');
              if ([...spool.entries.values()].map((entry) => entry.token).join() !== onDisk.join())
                wrong.push('other blocks than before the restart');
              for (const entry of spool.entries.values())
                if ((await spool.load(entry)).toString() !== used.get(entry.token))
                  wrong.push(`other bytes under ${entry.token}`);
            }
          }
          expect(wrong).toEqual([]);
        },
      ),
      { seed: 21, numRuns: 200 },
    );
  });

  it('sets a damaged file aside, says so, and goes on', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files);
    await spool.save(spool.accept(block('good')));
    await spool.save(spool.accept(block('bad')));
    const name = [...files.files.keys()].find((key) => key.includes('-3-0.native'))!;
    files.files.get(name)!.write('X', files.files.get(name)!.length - 1);
    files.files.set('000000000009-spans-1.native.part', Buffer.from('half'));
    const again = await open(files);
    expect(again.damaged).toMatchObject([{ table: 'spans', rows: 3, reason: 'checksum does not match' }]);
    expect(again.entries.size).toBe(1);
    expect([...files.files.keys()].filter((key) => key.endsWith('.part'))).toEqual([]);
    expect(files.files.has(`${name}.damaged`)).toBe(true);
  });

  it('is full at its cap and keeps what the disk refuses in memory', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files);
    files.failWrites = new Error('ENOSPC: no space left on device');
    const entry = spool.accept(block('x'.repeat(100)));
    await expect(spool.save(entry)).rejects.toThrow('ENOSPC');
    expect(spool.full).toBe(true);
    spool.unload(entry);
    expect((await spool.load(entry)).length).toBe(100);
    files.failWrites = undefined;
    await spool.save(entry);
    spool.unload(entry);
    expect(entry.bytes).toBeUndefined();
    expect((await spool.load(entry)).length).toBe(100);
  });

  it('works on a real directory, fsync included', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'winnow-spool-'));
    try {
      const spool = await Spool.open({ files: spoolFilesIn(directory), capBytes: 1, sync: true, newInstallId: 'x' });
      const entry = spool.accept(block('real'));
      await spool.save(entry);
      expect(readdirSync(directory).filter((name) => name.endsWith('.native'))).toHaveLength(1);
      const again = await open(spoolFilesIn(directory));
      await again.acknowledge([...again.entries.values()][0]!);
      expect(readdirSync(directory)).toEqual(['spool.json']);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('passes over directories that have the name of a block, below the last commit or above it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'winnow-spool-'));
    try {
      const spool = await open(spoolFilesIn(directory));
      await spool.save(spool.accept(block('real')));
      for (const name of [
        '000000000002-spans-5-1.native',
        '000000000099-logs-5-1.native',
        '000000000003-spans-5.native.damaged',
        'spans.part',
      ])
        mkdirSync(join(directory, name));
      const again = await Spool.open({
        files: spoolFilesIn(directory),
        capBytes: 100,
        sync: false,
        newInstallId: 'x',
        committedTo: 50,
      });
      expect([...again.entries.values()].map(({ table, rows }) => [table, rows])).toEqual([['spans', 4]]);
      expect(again.damaged).toEqual([]);
      expect(await again.tidy()).toBeUndefined();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
