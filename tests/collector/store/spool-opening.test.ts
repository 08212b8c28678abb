// What a spool makes of what it finds when it is opened: failing reads, damaged and late files, a broken spool.json. Only damage is damage.
import { describe, expect, it } from 'vitest';
import { crc32 } from 'node:zlib';
import { MemorySpoolFiles, systemError } from '#tests/support/memory-spool-files.ts';
import { block, CODES, contents, open, saved } from './spool-under-test.ts';

/** A file as versions before wrote it. */
function oldFile(payload: string): Buffer {
  const header = Buffer.from(JSON.stringify({ columns: ['a', 'b'], length: payload.length, crc32: crc32(payload) }));
  const prefix = Buffer.alloc(12);
  prefix.write('WNSPOOL1');
  prefix.writeUInt32LE(header.length, 8);
  return Buffer.concat([prefix, header, Buffer.from(payload)]);
}

describe('opening', () => {
  it.each(
    (['list', 'read', 'write', 'remove', 'rename'] as const).flatMap((operation) =>
      CODES.map((code) => [operation, code] as const),
    ),
  )('waits while it cannot %s (%s), in words, and loses nothing', async (operation, code) => {
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
    expect([...files.files.keys()].filter((name) => name !== 'spool.json').toSorted()).toEqual([
      kept.file,
      `${damaged.file}.damaged`,
    ]);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain(code);
    expect(again.accept(block('next')).seq).toBeGreaterThan(damaged.seq + 1);
  });

  it('a file that somebody removes while the directory is read is not there', async () => {
    const files = new MemorySpoolFiles();
    const first = await open(files);
    const [kept, gone] = [await saved(first, 'kept'), await saved(first, 'gone')];
    files.failing = (operation, name) =>
      operation === 'read' && name === gone.file ? systemError('ENOENT') : undefined;
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
    ['missing', undefined],
    ['empty', Buffer.alloc(0)],
    ['cut short', Buffer.from('{"installId":"fi')],
    ['zeros', Buffer.alloc(60)],
    ['of another shape', Buffer.from('[]')],
    ['without an id', Buffer.from('{"installId":"","reservedEnd":5}')],
    ['without a number', Buffer.from('{"installId":"new","reservedEnd":"5"}')],
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
    expect(
      (await contents(await open(files, { epoch: 2, committedTo: 400_000 }))).map((text) => text.split(' ')[1]),
    ).toEqual(['a', 'b']);
  });
});
