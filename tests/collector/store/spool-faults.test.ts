// What the system can do to the spool: no descriptors, a full or failing disk, rights taken away, files changed by hand. Only damage is
// damage, and nothing is forgotten.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from 'node:zlib';
import type { Block } from '#collector/store/block.ts';
import { Spool, type SpoolOptions } from '#collector/store/spool.ts';
import { ImpatientTimers } from '#tests/support/impatient-timers.ts';
import { MemorySpoolFiles, systemError, type SpoolOperation } from '#tests/support/memory-spool-files.ts';

const CODES = ['EMFILE', 'ENFILE', 'EIO', 'EACCES', 'ENOSPC', 'EROFS', 'EBUSY', 'ESTALE'];

function open(files: MemorySpoolFiles, options: Partial<SpoolOptions> = {}): Promise<Spool> {
  return Spool.open({ files, capBytes: 2 ** 20, sync: false, newInstallId: 'new', timers: new ImpatientTimers(), ...options });
}

function block(text: string, table = 'spans'): Block {
  return { table, columns: ['a', 'b'], rows: text.length, bytes: Buffer.from(text) };
}

async function saved(spool: Spool, text: string, table?: string): Promise<{ token: string; file: string; seq: number }> {
  const entry = spool.accept(block(text, table));
  await spool.save(entry);
  return entry;
}

async function contents(spool: Spool): Promise<string[]> {
  return Promise.all([...spool.entries.values()].map(async (entry) => `${entry.token} ${(await spool.load(entry)).toString()}`));
}

/** A file as versions before wrote it. */
function oldFile(payload: string): Buffer {
  const header = Buffer.from(JSON.stringify({ columns: ['a', 'b'], length: payload.length, crc32: crc32(payload) }));
  const prefix = Buffer.alloc(12);
  prefix.write('WNSPOOL1');
  prefix.writeUInt32LE(header.length, 8);
  return Buffer.concat([prefix, header, Buffer.from(payload)]);
}

describe('opening', () => {
  it.each((['list', 'read', 'write', 'remove', 'rename'] as const).flatMap((operation) => CODES.map((code) => [operation, code] as const)))('waits while it cannot %s (%s), in words, and loses nothing', async (operation, code) => {
    const files = new MemorySpoolFiles();
    const first = await open(files);
    const kept = await saved(first, 'kept');
    const damaged = await saved(first, 'damaged');
    await saved(first, 'of no commit');
    files.files.get(damaged.file)!.write('X', files.files.get(damaged.file)!.length - 1);
    let failures = 5;
    files.failing = (asked) => (asked === operation && failures-- > 0 ? systemError(code) : undefined);
    const sentences: string[] = [];
    const again = await open(files, { committedTo: damaged.seq, onWaiting: (sentence) => sentences.push(sentence) });
    expect(await contents(again)).toEqual([`${kept.token} kept`]);
    expect(again.damaged).toMatchObject([{ name: damaged.file, rows: 7, reason: 'checksum does not match' }]);
    expect([...files.files.keys()].filter((name) => name !== 'spool.json').toSorted()).toEqual([kept.file, `${damaged.file}.damaged`]);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain(code);
    expect(again.accept(block('next')).seq).toBeGreaterThan(damaged.seq + 1);
  });

  it('a file that somebody removes while the directory is read is not there', async () => {
    const files = new MemorySpoolFiles();
    const first = await open(files);
    const [kept, gone] = [await saved(first, 'kept'), await saved(first, 'gone')];
    files.failing = (operation, name) => (operation === 'read' && name === gone.file ? systemError('ENOENT') : undefined);
    expect(await contents(await open(files))).toEqual([`${kept.token} kept`]);
  });

  it('looks at damaged files again, and sends what is whole under its old number and token', async () => {
    const files = new MemorySpoolFiles();
    const first = await open(files);
    const [kept, flipped] = [await saved(first, 'kept'), await saved(first, 'flipped')];
    const good = Buffer.from(files.files.get(flipped.file)!);
    const bad = Buffer.from(good);
    bad[bad.length - 2]! ^= 1;
    files.files.set(flipped.file, bad);
    const second = await open(files);
    expect([second.damaged.length, second.aside.count('damaged'), second.entries.size]).toEqual([1, 1, 1]);
    const third = await open(files); // still damaged, and not counted once more
    expect([third.damaged.length, third.aside.count('damaged')]).toEqual([0, 1]);
    files.files.set(`${flipped.file}.damaged`, good);
    const fourth = await open(files);
    expect(await contents(fourth)).toEqual([`${kept.token} kept`, `${flipped.token} flipped`].toSorted());
    expect([fourth.aside.count('damaged'), fourth.repairs.length, files.files.has(flipped.file)]).toEqual([0, 1, true]);
  });

  it('a flipped byte anywhere in a file is seen', async () => {
    const files = new MemorySpoolFiles();
    const first = await open(files);
    const { file } = await saved(first, 'whole');
    const good = files.files.get(file)!;
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << (at % 8);
      files.files.set(file, bad);
      files.files.delete(`${file}.damaged`);
      const again = await open(files);
      expect([again.entries.size, again.damaged.length], `byte ${at}`).toEqual([0, 1]);
    }
  });

  it('reads files and state of the version before', async () => {
    const files = new MemorySpoolFiles();
    files.files.set('spool.json', Buffer.from('{"installId":"old","reservedEnd":100001}'));
    files.files.set('000000000007-logs-3.native', oldFile('abc'));
    files.files.set('000000000008-spans-2.native.damaged', oldFile('de')); // set aside because ClickHouse refused it, or for want of descriptors
    const spool = await open(files, { epoch: 3 });
    expect(await contents(spool)).toEqual(['old-7 abc', 'old-8 de']);
    const next = spool.accept(block('next'));
    expect([next.token, next.file]).toEqual(['old-100001', '000000100001-spans-4-3.native']);
    await spool.acknowledge(spool.entries.get(7)!);
    expect(files.files.has('000000000007-logs-3.native')).toBe(false);
  });
});

describe('spool.json', () => {
  const BROKEN: [string, Buffer | undefined][] = [
    ['missing', undefined], ['empty', Buffer.alloc(0)], ['cut short', Buffer.from('{"installId":"fi')], ['zeros', Buffer.alloc(60)],
    ['of another shape', Buffer.from('[]')], ['without an id', Buffer.from('{"installId":"","reservedEnd":5}')], ['without a number', Buffer.from('{"installId":"new","reservedEnd":"5"}')],
  ];

  it.each(BROKEN)('%s: it is made anew, blocks keep their tokens, no token is used twice', async (_what, bytes) => {
    const files = new MemorySpoolFiles();
    const first = await open(files, { newInstallId: 'first', epoch: 1 });
    const waiting = await saved(first, 'waiting');
    const refused = first.accept(block('refused'));
    await first.setAside(refused, 'refused', 'no');
    const sent = await saved(first, 'sent');
    await first.acknowledge(first.entries.get(sent.seq)!); // its token is known to ClickHouse, its file is gone
    if (bytes === undefined) files.files.delete('spool.json');
    else files.files.set('spool.json', bytes);
    const again = await open(files, { newInstallId: 'first', epoch: 2 });
    expect(await contents(again)).toEqual([`${waiting.token} waiting`]);
    expect(again.repairs.join()).toContain('spool.json');
    const back = await again.bringBack(`${refused.file}.refused`);
    expect(back?.token).toBe(refused.token);
    const used = [waiting.token, refused.token, sent.token];
    for (let i = 0; i < 5; i++) expect(used).not.toContain(again.accept(block(`${i}`)).token);
    const third = await open(files, { newInstallId: 'first', epoch: 3 });
    expect([third.repairs, third.installId]).toEqual([[], again.installId]);
  });

  it('the number of the last commit is never below a new one', async () => {
    const files = new MemorySpoolFiles();
    expect((await open(files, { committedTo: 5_000_000 })).accept(block('x')).seq).toBeGreaterThan(5_000_000);
  });

  it('blocks without a token of their own get the id that others remember', async () => {
    const files = new MemorySpoolFiles();
    files.files.set('spool.json', Buffer.from('{"installId":"old","reservedEnd":100001}'));
    files.files.set('000000000007-logs-3.native', oldFile('abc'));
    await saved(await open(files), 'later');
    files.files.delete('spool.json');
    expect((await contents(await open(files)))[0]).toBe('old-7 abc');
  });

  it('is new in an empty directory, without a word', async () => {
    const spool = await open(new MemorySpoolFiles(), { epoch: 7 });
    expect([spool.repairs, spool.installId, spool.accept(block('x')).seq]).toEqual([[], 'new.7', 1]);
  });
});

describe('a block that is written late', () => {
  it('by an owner that had ended, above the commit of the next, is not valid, then or later', async () => {
    const files = new MemorySpoolFiles();
    const first = await open(files, { epoch: 1 });
    const committed = await saved(first, 'committed');
    const late = first.accept(block('late'));
    const second = await open(files, { epoch: 2, committedTo: committed.seq });
    await first.save(late); // the write was on its way
    const own = await saved(second, 'own');
    expect(late.file).not.toBe(own.file);
    const third = await open(files, { epoch: 3, committedTo: own.seq });
    expect(await contents(third)).toEqual([`${committed.token} committed`, `${own.token} own`]);
    expect(files.files.has(late.file)).toBe(false);
  });

  it('epochs that begin anew void nothing', async () => {
    const files = new MemorySpoolFiles();
    await saved(await open(files, { epoch: 40, committedTo: 0 }), 'a');
    await saved(await open(files, { epoch: 1, committedTo: 200_000 }), 'b');
    expect((await contents(await open(files, { epoch: 2, committedTo: 400_000 }))).map((text) => text.split(' ')[1])).toEqual(['a', 'b']);
  });
});

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
    const going = Promise.all([spool.acknowledge(spool.entries.get(seq)!, noted.promise), spool.acknowledge(unsaved, noted.promise)]);
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
    expect([spool.entries.size, spool.bytes, [...spool.aside.all()]]).toEqual([0, 0, [{ name: `${file}.refused`, kind: 'refused', seq, table: 'spans', rows: 7, bytes: 7, reason: 'no' }]]);
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
    expect([spool.aside.removedBlocks, spool.aside.bytes('refused'), files.files.has(names[0]!)]).toEqual([2, 22, false]);
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
    files.failing = (operation, name) => (operation === 'write' && name === 'spool.json' ? systemError('ENOSPC') : undefined);
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

type Step = { readonly kind: 'accept' | 'save' | 'acknowledge' | 'refuse' | 'back' | 'tidy' | 'restart' | 'break state' } | { readonly kind: 'fail'; readonly operation: SpoolOperation; readonly code: string; readonly times: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('accept' as const, 'save' as const, 'save' as const, 'acknowledge' as const, 'refuse' as const, 'back' as const, 'tidy' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'restart' as const, 'break state' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fail' as const), operation: fc.constantFrom('list' as const, 'read' as const, 'write' as const, 'remove' as const, 'rename' as const), code: fc.constantFrom(...CODES), times: fc.integer({ min: 1, max: 6 }) }) },
);

it('over any faults of the system and restarts each block is in exactly one place, with its bytes and its token, and no token names two blocks', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
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
      else if (one.kind === 'back' && aside[0] !== undefined) await spool.bringBack(aside[0].name).catch(() => undefined);
      else if (one.kind === 'break state') files.files.set('spool.json', Buffer.from('{"inst'));
      else if (one.kind === 'restart') {
        for (const entry of entries) if (!entry.onDisk) texts.delete(entry.token); // was in memory only
        spool = await open(files, { epoch: ++epoch });
        for (const token of sent) if ([...spool.entries.values()].some((entry) => entry.token === token)) sent.delete(token); // its file was still there: sent again
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
    for (const entry of spool.entries.values()) expect((await spool.load(entry)).toString()).toBe(texts.get(entry.token));
    expect(await spool.tidy()).toBeUndefined();
    expect([...files.files.keys()].filter((name) => name.endsWith('.damaged'))).toEqual([]);
    expect(spool.bytes).toBe([...spool.entries.values()].reduce((sum, { size }) => sum + size, 0));
    expect(spool.unsavedBytes).toBe([...spool.entries.values()].reduce((sum, { size, onDisk }) => sum + (onDisk ? 0 : size), 0));
  }), { numRuns: 300, seed: 71 });
});
