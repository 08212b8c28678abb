// What the system can do to the spool while it runs: no descriptors, a full or failing disk, rights taken away. Nothing is forgotten.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemorySpoolFiles, systemError, type SpoolOperation } from '#tests/support/memory-spool-files.ts';
import { block, CODES, open, saved } from './spool-under-test.ts';

describe('while it runs', () => {
  it('a file that cannot be removed still uses its room, and goes later', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files);
    const { seq, file } = await saved(spool, 'sent');
    files.failing = (operation) => (operation === 'remove' ? systemError('EIO') : undefined);
    await expect(spool.acknowledge(spool.entries.get(seq)!)).rejects.toThrow('EIO');
    expect([spool.entries.size, spool.bytes, files.files.has(file)]).toEqual([0, 4, true]);
    expect(await spool.tidy()).toMatchObject({ code: 'EIO' });
    files.failing = () => undefined;
    expect([await spool.tidy(), spool.bytes, files.files.has(file)]).toEqual([undefined, 0, false]);
  });

  it('a block that ClickHouse has uses its room until that is noted, also where its file comes later', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files);
    const { seq, file } = await saved(spool, 'sent');
    files.failing = (operation) => (operation === 'write' ? systemError('EMFILE') : undefined);
    const unsaved = spool.accept(block('late'));
    await expect(spool.save(unsaved)).rejects.toThrow('EMFILE');
    const noted = Promise.withResolvers<void>();
    const going = Promise.all([
      spool.acknowledge(spool.entries.get(seq)!, noted.promise),
      spool.acknowledge(unsaved, noted.promise),
    ]);
    files.failing = () => undefined;
    await spool.save(unsaved);
    await spool.tidy();
    expect([spool.entries.size, spool.bytes, files.files.has(file)]).toEqual([0, 8, true]);
    noted.resolve();
    await going;
    expect([spool.bytes, spool.unsavedBytes, [...files.files.keys()]]).toEqual([0, 0, ['spool.json']]);
  });

  it('a block that cannot be renamed keeps waiting', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files);
    const { seq, file } = await saved(spool, 'refused');
    const entry = spool.entries.get(seq)!;
    files.failing = (operation) => (operation === 'rename' ? systemError('EMFILE') : undefined);
    await expect(spool.setAside(entry, 'refused', 'no')).rejects.toThrow('EMFILE');
    expect([spool.entries.has(seq), spool.aside.count('refused')]).toEqual([true, 0]);
    files.failing = () => undefined;
    await spool.setAside(entry, 'refused', 'no');
    expect([spool.entries.size, spool.bytes, [...spool.aside.all()]]).toEqual([
      0,
      0,
      [{ name: `${file}.refused`, kind: 'refused', seq, table: 'spans', rows: 7, bytes: 7, reason: 'no' }],
    ]);
  });

  it('refused blocks are bounded: the oldest go', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files, { maxRefusedBytes: 25 });
    const names: string[] = [];
    for (let i = 0; i < 4; i++) {
      const entry = spool.accept(block(`refused ${i}..`));
      await spool.setAside(entry, 'refused', 'no');
      names.push(`${entry.file}.refused`);
    }
    let failures = 1;
    files.failing = (operation) => (operation === 'remove' && failures-- > 0 ? systemError('EACCES') : undefined);
    expect(await spool.tidy()).toMatchObject({ code: 'EACCES' });
    expect(await spool.tidy()).toBeUndefined();
    expect([...spool.aside.all()].map(({ name }) => name)).toEqual(names.slice(2));
    expect(spool.aside.drainRemoved().map(({ name }) => name)).toEqual(names.slice(0, 2));
    expect([spool.aside.removedBlocks, spool.aside.bytes('refused'), files.files.has(names[0]!)]).toEqual([
      2,
      22,
      false,
    ]);
    const again = await open(files, { maxRefusedBytes: 25 });
    expect(again.aside.count('refused')).toBe(2);
  });

  it('the last refused block stays, however large, unless none is to be kept', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files, { maxRefusedBytes: 1 });
    await spool.setAside(spool.accept(block('larger than the bound')), 'refused', 'no');
    await spool.tidy();
    expect(spool.aside.count('refused')).toBe(1);
    const none = await open(files, { maxRefusedBytes: 0 });
    await none.tidy();
    expect([none.aside.count('refused'), none.aside.removedBlocks]).toEqual([0, 1]);
  });

  it('sends no block whose number could be used again', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files);
    files.failing = (operation, name) =>
      operation === 'write' && name === 'spool.json' ? systemError('ENOSPC') : undefined;
    let entry = spool.accept(block('x'));
    for (let i = 0; i < 100_100; i++) {
      entry = spool.accept(block('x'));
      void spool.acknowledge(entry);
    }
    const last = spool.accept(block('last'));
    expect([spool.isSendable(last), spool.isSendable([...spool.entries.values()][0]!)]).toEqual([false, true]);
    files.failing = () => undefined;
    expect(await spool.tidy()).toBeUndefined();
    expect(spool.isSendable(last)).toBe(true);
  });

  it('is full of what the disk does not accept, before memory is', async () => {
    const files = new MemorySpoolFiles();
    const spool = await open(files, { capBytes: 2 ** 31 });
    files.failWrites = systemError('ENOSPC');
    const entry = spool.accept({ table: 'logs', columns: [], rows: 1, bytes: Buffer.alloc(64 * 1024 * 1024) });
    await expect(spool.save(entry)).rejects.toThrow('ENOSPC');
    expect([spool.isFull('traces'), spool.isFull('metrics')]).toEqual([true, true]);
    files.failWrites = undefined;
    await spool.save(entry);
    expect([spool.isFull('traces'), spool.unsavedBytes]).toEqual([false, 0]);
  });
});

type Step =
  | { readonly kind: 'accept' | 'save' | 'acknowledge' | 'refuse' | 'back' | 'tidy' | 'restart' | 'break state' }
  | { readonly kind: 'fail'; readonly operation: SpoolOperation; readonly code: string; readonly times: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'accept' as const,
        'save' as const,
        'save' as const,
        'acknowledge' as const,
        'refuse' as const,
        'back' as const,
        'tidy' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'restart' as const, 'break state' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      operation: fc.constantFrom(
        'list' as const,
        'read' as const,
        'write' as const,
        'remove' as const,
        'rename' as const,
      ),
      code: fc.constantFrom(...CODES),
      times: fc.integer({ min: 1, max: 6 }),
    }),
  },
);

it('over any faults of the system and restarts each block is in exactly one place, with its bytes and its token, and no token names two blocks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const files = new MemorySpoolFiles();
      const failing = new Map<SpoolOperation, { code: string; times: number }>();
      files.failing = (operation) => {
        const fault = failing.get(operation);
        return fault !== undefined && fault.times-- > 0 ? systemError(fault.code) : undefined;
      };
      let epoch = 1;
      let spool = await open(files, { epoch });
      /** What each token was given to, and where it is to be: waiting (saved or not), aside, or sent. */
      const texts = new Map<string, string>();
      const sent = new Set<string>();
      let made = 0;
      const wrong: string[] = [];
      for (const one of steps) {
        const entries = [...spool.entries.values()];
        const aside = [...spool.aside.all()];
        if (one.kind === 'fail') failing.set(one.operation, { code: one.code, times: one.times });
        else if (one.kind === 'accept') {
          const entry = spool.accept(block(`block ${made++}`, ['spans', 'logs', 'samples'][made % 3]));
          if (texts.has(entry.token)) wrong.push(`${entry.token} twice`);
          texts.set(entry.token, entry.bytes!.toString());
        } else if (one.kind === 'tidy') await spool.tidy();
        else if (one.kind === 'back' && aside[0] !== undefined)
          await spool.bringBack(aside[0].name).catch(() => undefined);
        else if (one.kind === 'break state') files.files.set('spool.json', Buffer.from('{"inst'));
        else if (one.kind === 'restart') {
          for (const entry of entries) if (!entry.onDisk) texts.delete(entry.token); // was in memory only
          spool = await open(files, { epoch: ++epoch });
          for (const token of sent)
            if ([...spool.entries.values()].some((entry) => entry.token === token)) sent.delete(token); // its file was still there: sent again
        } else if (entries.length > 0) {
          const entry = entries[made % entries.length]!;
          if (one.kind === 'save') await spool.save(entry).catch(() => undefined);
          else if (one.kind === 'refuse') await spool.setAside(entry, 'refused', 'no').catch(() => undefined);
          else if (one.kind === 'acknowledge') {
            sent.add(entry.token);
            await spool.acknowledge(entry).catch(() => undefined);
          }
        }
      }
      failing.clear();
      const places = [...spool.entries.values()].map(({ token }) => token);
      for (const { name } of spool.aside.all()) {
        const entry = (await spool.bringBack(name))!;
        places.push(entry.token);
      }
      expect(wrong).toEqual([]);
      expect([...places, ...sent].toSorted()).toEqual([...texts.keys()].toSorted());
      for (const entry of spool.entries.values())
        expect((await spool.load(entry)).toString()).toBe(texts.get(entry.token));
      expect(await spool.tidy()).toBeUndefined();
      expect([...files.files.keys()].filter((name) => name.endsWith('.damaged'))).toEqual([]);
      expect(spool.bytes).toBe([...spool.entries.values()].reduce((sum, { size }) => sum + size, 0));
      expect(spool.unsavedBytes).toBe(
        [...spool.entries.values()].reduce((sum, { size, onDisk }) => sum + (onDisk ? 0 : size), 0),
      );
    }),
    { numRuns: 300, seed: 71 },
  );
});
