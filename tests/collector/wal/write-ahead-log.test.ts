// What was written before it was answered is read back after a crash at any byte; what no commit covers is taken again.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decidedIn, decodeCommit, encodeCommit } from '#collector/wal/commit.ts';
import { DecidedTraces } from '#collector/wal/decided-traces.ts';
import { Durability } from '#collector/wal/durability.ts';
import { KnownRequests } from '#collector/wal/known-requests.ts';
import { readLog } from '#collector/wal/read-log.ts';
import { HEADER_BYTES } from '#collector/wal/record.ts';
import { WriteAheadLog, type NewRecord } from '#collector/wal/write-ahead-log.ts';
import { bodiesIn, head, LogUnderTest, NO_CAP } from '#tests/support/log-under-test.ts';
import { MemoryLogFiles } from '#tests/support/memory-log-files.ts';
import { writtenTrace } from '#tests/support/written-trace.ts';

const NOTHING = { traces: 0, logs: 0, metrics: 0 };
const ACCEPTED = { kind: 'accepted', rejected: 0, message: '' } as const;

describe('a log', () => {
  test('is read back whole and in order, over segments', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP, segmentBytes: 200 });
    const texts = Array.from({ length: 40 }, (_, i) => `request ${i} ${'x'.repeat(i)}`);
    for (const [i, text] of texts.entries()) await log.append(head(i), Buffer.from(text));
    expect(files.files.size).toBeGreaterThan(5);
    expect(await bodiesIn(files)).toEqual(texts);
    const left = await readLog(files);
    expect(left.damage).toEqual([]);
    expect(left.segments.at(-1)?.end).toBe(log.position);
  });

  test('after a crash at any byte the records before it are there, and nothing counts as damage', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP });
    const texts = ['one', 'two', '', 'a longer fourth'];
    for (const text of texts) await log.append(head(0), Buffer.from(text));
    const ends = texts.map((_, i) => texts.slice(0, i + 1).reduce((sum, text) => sum + HEADER_BYTES + text.length, 0));
    for (let bytes = 0; bytes <= log.position; bytes++) {
      const crashed = files.crashed(bytes);
      expect((await readLog(crashed)).damage).toEqual([]);
      expect(await bodiesIn(crashed)).toEqual(texts.slice(0, ends.filter((end) => end <= bytes).length));
    }
  });

  test('goes on after a crash: what comes later stands behind what was left', async () => {
    const files = new MemoryLogFiles();
    const first = new WriteAheadLog({ files, ...NO_CAP });
    await first.append(head(0), Buffer.from('kept'));
    await first.append(head(1), Buffer.from('cut short'));
    const crashed = files.crashed(HEADER_BYTES + 4 + 10);
    const left = await readLog(crashed);
    const second = new WriteAheadLog({ files: crashed, ...NO_CAP, existing: left.segments });
    await second.append(head(1), Buffer.from('later'));
    expect(await bodiesIn(crashed)).toEqual(['kept', 'later']);
    expect((await readLog(crashed)).damage, 'the cut end of the first life was told to nobody').toEqual([]);
  });

  test('a disk that stays full leaves neither files nor half of what it refused behind, and all of it is written once when there is room again', async () => {
    const under = new LogUnderTest();
    const { files, log } = under;
    await log.append(head(0), Buffer.from('before'));
    files.failWrites = new Error('no space left');
    const texts = Array.from({ length: 50 }, (_, i) => `refused ${i}, and half written`);
    const appended = texts.map((text) => log.append(head(1), Buffer.from(text)));
    for (let second = 0; second < 5; second++) await under.pass(1000);
    expect(files.files.size, 'the segment before, and none that is empty').toBe(1);
    files.failWrites = undefined;
    await under.pass(1000);
    await Promise.all(appended);
    await log.append(head(2), Buffer.from('after'));
    expect(await bodiesIn(files)).toEqual(['before', ...texts, 'after']);
    const left = await readLog(files);
    expect(left.segments).toHaveLength(2);
    expect(left.damage).toEqual([]);
    expect(under.told).toEqual(['no space left', undefined]);
  });

  test('also where the disk takes nothing off again: what was half written is not read', async () => {
    const under = new LogUnderTest();
    const { files, log } = under;
    await log.append(head(0), Buffer.from('before'));
    files.failWrites = new Error('input/output error');
    files.failCuts = new Error('input/output error');
    const appended = ['one', 'two', 'three', 'four'].map((text) => log.append(head(1), Buffer.from(text)));
    await under.pass(1000);
    files.failWrites = undefined;
    await under.pass(1000);
    await Promise.all(appended);
    expect(await bodiesIn(files)).toEqual(['before', 'one', 'two', 'three', 'four']);
    expect((await readLog(files)).damage).toEqual([]);
  });

  test('a segment whose first write failed and that cannot be removed is in the way of nothing for long', async () => {
    const under = new LogUnderTest();
    const { files, log } = under;
    files.failWrites = new Error('no space left');
    files.failRemoves = new Error('busy');
    const appended = log.append(head(0), Buffer.from('first'));
    await under.pass(1000);
    files.failWrites = undefined;
    await under.pass(1000);
    files.failRemoves = undefined;
    await under.pass(1000);
    await appended;
    expect(await bodiesIn(files)).toEqual(['first']);
  });

  test('records about a request are in its segment, and so removed with it', async () => {
    const { files, log } = new LogUnderTest({ segmentBytes: 10 });
    const about = (text: string): NewRecord => ({ head: { ...head(1), type: 'answer' }, body: Buffer.from(text) });
    await Promise.all(
      ['one', 'two', 'three'].map((text) =>
        log.append(head(1), Buffer.from(text), [about(`answer of ${text}`), about(`copies of ${text}`)]),
      ),
    );
    for (const name of files.files.keys()) {
      const alone = new MemoryLogFiles();
      alone.files.set(name, files.files.get(name)!);
      const texts: string[] = [];
      for await (const { body } of (await readLog(alone)).records()) texts.push(body.toString());
      const requests = texts.filter((text) => !text.includes(' of '));
      expect(texts).toEqual(requests.flatMap((text) => [`answer of ${text}`, `copies of ${text}`, text]));
    }
    expect(files.files.size).toBeGreaterThan(1);
  });

  test('while the disk fails it is tried once a second, and never while a write is under way', async () => {
    const under = new LogUnderTest();
    under.files.failWrites = new Error('no space left');
    void under.log.append(head(0), Buffer.from('x'));
    for (let tick = 0; tick < 400; tick++) await under.pass(25);
    expect(under.files.calls.filter((call) => call.startsWith('write'))).toHaveLength(10);
    under.files.failWrites = undefined;
    await under.pass(1000);
    expect(under.log.isFull('traces')).toBe(false);
  });

  test('a disk that fails holds receivers back, and what was appended meanwhile is written in its order', async () => {
    const under = new LogUnderTest();
    const { files, log } = under;
    await log.append(head(0), Buffer.from('before'));
    files.failWrites = new Error('no space left');
    let isWritten = false;
    const failed = log.append(head(1), Buffer.from('failed')).then(() => (isWritten = true));
    await under.pass(0);
    const late = log.append(head(1), Buffer.from('behind it'));
    expect([log.isFull('traces'), log.isFull('logs'), log.isFull('metrics'), isWritten]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    files.failWrites = undefined;
    await under.pass(1000);
    await Promise.all([failed, late]);
    expect(log.isFull('traces')).toBe(false);
    expect(await bodiesIn(files)).toEqual(['before', 'failed', 'behind it']);
  });

  test('a write that does not end in two seconds holds receivers back, is told once, and is waited for', async () => {
    const written = Promise.withResolvers<void>();
    const under = new LogUnderTest();
    under.files.beforeWrite = () => written.promise;
    const durability = under.durability();
    const append = under.log.append(head(0), Buffer.from('slow'));
    for (let second = 0; second < 20; second++) {
      await under.pass(1000);
      durability.tick();
      expect([durability.isFull('logs'), durability.isFailing, durability.isAnyFull]).toEqual(
        Array.from({ length: 3 }, () => second >= 2),
      );
    }
    written.resolve();
    await append;
    durability.tick();
    expect(durability.isAnyFull).toBe(false);
    expect(under.told).toEqual(['stalled', undefined]);
  });

  test('closed while the disk fails, it tries once more, and says of what it could not write that it did not', async () => {
    const under = new LogUnderTest();
    const { files, log } = under;
    await log.append(head(0), Buffer.from('before'));
    files.failWrites = new Error('no space left');
    const failed = log.append(head(1), Buffer.from('failed'));
    await under.pass(0);
    const behind = log.append(head(1), Buffer.from('behind it'));
    await log.close();
    await expect(failed).rejects.toThrow('no space left');
    await expect(behind).rejects.toThrow('no space left');
    await expect(log.append(head(2), Buffer.from('too late'))).rejects.toThrow('no space left');
    await under.pass(5000);
    expect(await bodiesIn(files)).toEqual(['before']);
  });

  test('a disk that is slower than what comes holds receivers back before the memory is full of it', async () => {
    const files = new MemoryLogFiles();
    const written = Promise.withResolvers<void>();
    files.beforeWrite = () => written.promise;
    const log = new WriteAheadLog({ files, ...NO_CAP, mostQueuedBytes: 2000 });
    const appended = Array.from({ length: 7 }, (_, i) => log.append(head(i), Buffer.alloc(100)));
    expect(
      [log.isFull('traces'), log.isFull('logs')],
      'seven requests with their headers are more than half: the rest is for the others',
    ).toEqual([true, false]);
    written.resolve();
    await Promise.all(appended);
    expect(log.isFull('traces')).toBe(false);
  });

  test('a flood of one signal leaves room in the log for the others, whatever it was that came before', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP, capBytes: 8000, segmentBytes: 500 });
    const fill = async (signal: 'traces' | 'logs' | 'metrics'): Promise<number> => {
      let requests = 0;
      while (!log.isFull(signal)) {
        await log.append({ ...head(0), signal }, Buffer.alloc(36));
        requests++;
      }
      return requests;
    };
    expect([await fill('logs'), await fill('traces'), await fill('metrics')]).toEqual([40, 20, 20]);
    expect(log.bytes).toBe(8000);
    // Room again: of the flood first.
    const { segments } = await readLog(files);
    expect(segments.reduce((sum, { bytes }) => sum + bytes.logs, 0)).toBe(4000);
    expect(await log.removeOldest()).toBe(true);
    expect([log.isFull('logs'), log.isFull('traces'), log.isFull('metrics'), log.bytesOf('logs')]).toEqual([
      false,
      false,
      false,
      3500,
    ]);
    expect(await fill('traces')).toBe(5);
  });

  test('with fsync nothing counts as written before the disk says so; requests that come together share one', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP, sync: true });
    await Promise.all(Array.from({ length: 100 }, (_, i) => log.append(head(i), Buffer.from('x'))));
    expect(files.syncs).toBeGreaterThan(0);
    expect(files.syncs).toBeLessThan(5);
    expect(files.syncedNames).toEqual([...files.files.keys()]);
  });

  test('with fsync a commit is safe before the segments that it makes needless go, and these go one by one', async () => {
    const under = new LogUnderTest({ sync: true, segmentBytes: 200 });
    const { files, log } = under;
    const durability = under.durability();
    durability.replayEnded(NOTHING);
    for (let i = 0; i < 4; i++) await log.append(head(i), Buffer.alloc(200));
    const names = [...files.files.keys()].toSorted();
    files.calls.splice(0);
    await durability.beginCommit(1).write();
    const last = [...files.files.keys()][0]!;
    expect(files.calls).toEqual([
      `create ${last} synced`,
      `write ${last}`,
      `sync ${last}`,
      ...names.map((name) => `remove ${name} synced`),
    ]);
  });

  test('segments go when they are covered and their traces decided, and not before', async () => {
    const under = new LogUnderTest({ segmentBytes: 50 });
    const { files, log } = under;
    const durability = under.durability({ oldestMs: () => oldestMs });
    let oldestMs = 1002;
    for (let i = 0; i < 5; i++) await log.append(head(i, 1000 + i), Buffer.from('a body of some length'));
    const names = [...files.files.keys()].toSorted();
    await durability.beginCommit(1).write();
    expect([...files.files.keys()].toSorted().slice(0, -1), 'no request has been taken again yet').toEqual(names);
    durability.replayEnded(NOTHING);
    await durability.beginCommit(1).write();
    expect([...files.files.keys()].toSorted().slice(0, 3)).toEqual(names.slice(2));
    oldestMs = Infinity;
    await durability.beginCommit(1).write();
    expect(files.files.size, 'the open one stays').toBe(1);
  });

  test('a segment that cannot be removed is not forgotten: its commit holds, and the next one tries again', async () => {
    const under = new LogUnderTest({ segmentBytes: 50 });
    const { files, log } = under;
    const durability = under.durability();
    durability.replayEnded(NOTHING);
    for (let i = 0; i < 3; i++) await log.append(head(i), Buffer.from('a body of some length'));
    files.failRemoves = new Error('busy');
    await durability.beginCommit(1).write();
    expect(files.files.size).toBe(4);
    files.failRemoves = undefined;
    await durability.beginCommit(2).write();
    expect(files.files.size).toBe(1);
  });

  test('what an earlier life left stays until it has been taken again and its traces are decided', async () => {
    const files = new MemoryLogFiles();
    const first = new WriteAheadLog({ files, ...NO_CAP });
    await first.append(head(0, 1000), Buffer.from('undecided'));
    const second = new WriteAheadLog({ files, ...NO_CAP, existing: (await readLog(files)).segments });
    await second.append(head(1, 5000), Buffer.from('new'));
    expect(second.oldestUnneeded(second.position, 5001), 'not taken again yet').toBeUndefined();
    second.replayEnded(6000);
    expect(second.oldestUnneeded(second.position, 5999), 'its trace may be one that came at 5999').toBeUndefined();
    expect(second.oldestUnneeded(second.position, 6001)?.start).toBe(0);
  });
});

describe('commits', () => {
  test('decided traces come back with all that late spans need', () => {
    const decided = new DecidedTraces();
    const view = writtenTrace([{}]);
    for (let i = 0; i < 3000; i++)
      decided.add(
        view,
        { keep: i % 2 === 0, rule: 0, thresholdHi: 0xf333333, thresholdLo: i, weight: 20 },
        `rule ${i % 3}`,
        2 ** 40 + i,
      );
    const { entries, rules } = decided.take();
    const commit = decodeCommit(encodeCommit({ position: 2 ** 45, redTo: 7, block: 3, rules, entries }));
    const traces = [...decidedIn(commit)];
    expect(traces).toHaveLength(3000);
    expect(commit).toMatchObject({ position: 2 ** 45, redTo: 7, block: 3 });
    const id = [view.id0, view.id1, view.id2, view.id3]
      .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
      .join('');
    expect(traces[2501]).toEqual({
      traceId: id,
      coveredTo: 2 ** 40 + 2501,
      thresholdHi: 0xf333333,
      thresholdLo: 2501,
      startHi: view.startHi,
      startLo: view.startLo,
      rule: 'rule 2',
      keep: false,
      writesTh: true,
    });
    expect(decided.count).toBe(0);
  });

  test('over random runs and crashes every answered span is covered by a commit or taken again, never both', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('request' as const) },
      fc.constant('decide' as const),
      fc.constant('commit' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(), async (steps, cut) => {
        const files = new MemoryLogFiles();
        const log = new WriteAheadLog({ files, ...NO_CAP, segmentBytes: 150 });
        let taken = 0;
        const known = new KnownRequests({ installId: 'test', elapsedMs: () => 0 });
        const durability = new Durability(
          log,
          known,
          { nextSpan: () => taken, oldestMs: () => 0, overloadSteps: () => 0, nowMs: () => 1, elapsedMs: () => 0 },
          undefined,
        );
        const trace = writtenTrace([{}]);
        let answered = 0;
        for (const what of steps) {
          if (what === 'request') {
            const before = taken++; // a request of one span, all of one trace
            const request = {
              signal: 'traces',
              transport: 'grpc',
              encoding: 'protobuf',
              body: Buffer.from(`span ${before}`),
              deadlineMs: 0,
            } as const;
            known.find(request);
            const accepted = { number: known.add(ACCEPTED), items: 1, answer: ACCEPTED };
            await durability.written(request, accepted, { number: before, overloadSteps: 0 });
            answered = taken;
          } else if (what === 'decide')
            durability.decided.add(
              trace,
              { keep: true, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 1 },
              'all',
              taken,
            );
          else await durability.beginCommit(1).write();
        }
        const name = [...files.files.keys()].toSorted().at(-1);
        const size = name === undefined ? 0 : files.files.get(name)!.length;
        const crashed = files.crashed(Math.max(0, size - (cut % 3 === 0 ? cut % (size + 1) : 0)));
        const isCut = cut % 3 === 0 && cut % (size + 1) > 0;
        const left = await readLog(crashed);
        const covered = [...left.decided.values()][0]?.coveredTo ?? 0;
        const again: number[] = [];
        for await (const { number, type } of left.records())
          if (type === 'request' && number >= covered) again.push(number);
        const seen = covered + again.length;
        expect(again).toEqual(Array.from({ length: again.length }, (_, i) => covered + i));
        // What was cut off the end was being written: nobody had been answered.
        expect(isCut ? seen <= answered : seen === answered).toBe(true);
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});
