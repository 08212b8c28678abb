import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AuditLog, BLOCK, type AuditRecord } from '#collector/audit/audit-log.ts';
import { MemoryAuditFiles } from '#tests/support/memory-audit-files.ts';

const block = (seq: number, second = 1000): AuditRecord => ({
  kind: BLOCK,
  table: seq % 3,
  second,
  rows: seq * 7,
  digest: seq * 2 ** 40 + 1,
  seq,
});

async function reopened(
  files: MemoryAuditFiles,
  nowS: number,
  key = 1,
): Promise<{ log: AuditLog; records: AuditRecord[] }> {
  const records: AuditRecord[] = [];
  const log = await AuditLog.open({ files, key, sync: false, nowS: () => nowS, log: () => undefined }, (record) =>
    records.push(record),
  );
  return { log, records };
}

describe('the files of the audit', () => {
  it('hand over every record in order, over lives and hours', async () => {
    const files = new MemoryAuditFiles();
    for (let life = 0; life < 5; life++) {
      let nowS = 100_000 + life * 2000;
      const log = await AuditLog.open(
        { files, key: 1, sync: false, nowS: () => nowS, log: () => undefined },
        () => undefined,
      );
      await Promise.all(Array.from({ length: 10 }, (_, i) => log.append(block(life * 20 + i))));
      nowS += 1500;
      for (let i = 10; i < 20; i++) await log.append(block(life * 20 + i));
    }
    expect((await reopened(files, 110_000)).records).toEqual(Array.from({ length: 100 }, (_, i) => block(i)));
    expect(files.files.size).toBeLessThan(5);
  });

  it('pass over what was torn or flipped, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.nat(), fc.boolean(), async (count, where, isTorn) => {
        const files = new MemoryAuditFiles();
        const { log } = await reopened(files, 5000);
        for (let i = 0; i < count; i++) await log.append(block(i));
        const [name, bytes] = [...files.files][0]!;
        const at = where % bytes.length;
        if (isTorn) files.files.set(name, bytes.subarray(0, at));
        else bytes[at]! ^= 0x10;
        const hurt = Math.floor(at / 32);
        const whole = Array.from({ length: count }, (_, i) => i)
          .filter((i) => (isTorn ? i < hurt : i !== hurt))
          .map((i) => block(i));
        const { log: next, records } = await reopened(files, 5001);
        expect(records).toEqual(whole);
        expect(next.damaged).toBe(isTorn && at % 32 === 0 ? 0 : 1);
        await next.append(block(1000));
        expect((await reopened(files, 5002)).records).toEqual([...whole, block(1000)]);
      }),
      { seed: 110, numRuns: 60 },
    );
  });

  it('say when a record could not be written, and write later ones where all of them can be read', async () => {
    const files = new MemoryAuditFiles();
    const { log } = await reopened(files, 5000);
    await log.append(block(1));
    files.failure = { error: new Error('no space left'), after: 20 };
    await expect(Promise.all([log.append(block(2)), log.append(block(3))])).rejects.toThrow('no space left');
    files.failure = undefined;
    await log.append(block(4));
    expect((await reopened(files, 5001)).records.map(({ seq }) => seq)).toEqual([1, 4]);
  });

  it('keep what the system refuses until it does not, in order, once each, and leave no file for each attempt', async () => {
    const files = new MemoryAuditFiles();
    const said: string[] = [];
    let nowS = 5000;
    const log = await AuditLog.open(
      { files, key: 1, sync: false, nowS: () => nowS, log: (_level, line) => said.push(line) },
      () => undefined,
    );
    await log.keep(block(1));
    // The first failure has written all of the record, as when only its sync failed.
    files.failure = { error: new Error('EMFILE: too many open files'), after: 1000 };
    const kept = [log.keep(block(2)), log.keep(block(3))];
    let written = 0;
    for (const one of kept) void one.then(() => written++);
    for (let i = 0; i < 50; i++) {
      files.failure = { error: new Error('EMFILE: too many open files'), after: i % 3 === 0 ? 0 : 20 };
      nowS++;
      log.retry();
      await new Promise(setImmediate);
    }
    await expect(log.append(block(4))).rejects.toThrow('EMFILE');
    expect([written, log.failure]).toEqual([0, new Error('EMFILE: too many open files')]);
    expect(files.files.size).toBe(1);
    expect(said.length).toBeGreaterThan(0);
    expect(said.length).toBeLessThanOrEqual(3);
    files.failure = undefined;
    await log.keep(block(5));
    await Promise.all(kept);
    expect([log.failure, files.files.size]).toEqual([undefined, 2]);
    expect((await reopened(files, nowS)).records.map(({ seq }) => seq)).toEqual([1, 2, 3, 5]);
  });

  it('are written on when an old one cannot be removed, and it goes later', async () => {
    const files = new MemoryAuditFiles();
    let nowS = 1_000_000;
    const log = await AuditLog.open(
      { files, key: 1, sync: false, nowS: () => nowS, log: () => undefined },
      () => undefined,
    );
    const remove = files.remove.bind(files);
    files.remove = () => Promise.reject(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' }));
    for (let hour = 0; hour < 40; hour++, nowS += 3600) await log.append(block(hour, nowS));
    expect(files.files.size).toBe(40);
    files.remove = remove;
    await log.append(block(40, nowS));
    expect(files.files.size).toBeLessThanOrEqual(27);
  });

  it('go when they are older than a day, or speak of another store', async () => {
    const files = new MemoryAuditFiles();
    let nowS = 1_000_000;
    const log = await AuditLog.open(
      { files, key: 1, sync: false, nowS: () => nowS, log: () => undefined },
      () => undefined,
    );
    for (let hour = 0; hour < 100; hour++) {
      await log.append(block(hour, nowS));
      nowS += 3600;
    }
    expect(files.files.size).toBeLessThanOrEqual(27);
    expect((await reopened(files, nowS)).records.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 26 }, (_, i) => 74 + i),
    );
    expect((await reopened(files, nowS, 2)).records).toEqual([]);
    expect(files.files.size).toBe(0);
  });

  it('name the blocks of some seconds of a table', async () => {
    const { log } = await reopened(new MemoryAuditFiles(), 5000);
    for (let i = 0; i < 30; i++) await log.append(block(i, 1000 + (i % 10)));
    expect((await log.blocksOf(1, new Set([1001, 1004]))).map(({ seq }) => seq)).toEqual([1, 4]);
  });
});
