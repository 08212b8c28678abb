// What was written before it was answered is read back after a crash at any byte; what no commit covers is taken again.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decidedIn, decodeCommit, encodeCommit } from '#collector/wal/commit.ts';
import { DecidedTraces } from '#collector/wal/decided-traces.ts';
import { Durability } from '#collector/wal/durability.ts';
import { readLog } from '#collector/wal/read-log.ts';
import { RepeatedRequests } from '#collector/wal/repeated-requests.ts';
import { HEADER_BYTES, type RecordHead } from '#collector/wal/record.ts';
import { UnwrittenRequests } from '#collector/wal/unwritten-requests.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';
import { MemoryLogFiles } from '#tests/support/memory-log-files.ts';
import { writtenTrace } from '#tests/support/written-trace.ts';

const NO_CAP = { sync: false, capBytes: 2 ** 30, existing: [] };

function head(number: number, atMs = 1000, type: RecordHead['type'] = 'request'): RecordHead {
  return { type, signal: 'traces', transport: 'grpc', encoding: 'protobuf', number, overloadSteps: 0, atMs };
}

async function bodiesIn(files: MemoryLogFiles): Promise<string[]> {
  const bodies: string[] = [];
  for await (const { body } of (await readLog(files)).requests()) bodies.push(body.toString());
  return bodies;
}

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

  test('a disk that stays full leaves neither files nor half of what was refused behind', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP });
    await log.append(head(0), Buffer.from('before'));
    files.failWrites = new Error('no space left');
    for (let i = 0; i < 50; i++) await expect(log.append(head(1), Buffer.from('refused, and half written'))).rejects.toThrow('no space left');
    expect(files.files.size).toBe(1);
    files.failWrites = undefined;
    await log.append(head(2), Buffer.from('after'));
    const left = await readLog(files);
    expect(left.segments).toHaveLength(2);
    expect(left.damage).toEqual([]);
  });

  test('while the disk fails it is looked at once a second, and never while a write is under way', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP });
    let nowMs = 1000;
    const durability = new Durability(log, { nextSpan: () => 0, oldestMs: () => Infinity, overloadSteps: () => 0, nowMs: () => nowMs }, undefined);
    files.failWrites = new Error('no space left');
    await expect(log.append(head(0), Buffer.from('x'))).rejects.toThrow('no space left');
    const before = log.position;
    for (let tick = 0; tick < 400; tick++) {
      nowMs += 25;
      durability.probe();
      await new Promise(setImmediate);
    }
    expect((log.position - before) / HEADER_BYTES).toBe(10);
    files.failWrites = undefined;
    nowMs += 1000;
    durability.probe();
    await expect.poll(() => log.full).toBe(false);
  });

  test('a spoiled byte costs the rest of its segment, and is told', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP, segmentBytes: 60 });
    for (const text of ['first segment, first', 'second', 'third']) await log.append(head(0), Buffer.from(text));
    const name = [...files.files.keys()].toSorted()[0]!;
    files.files.get(name)![HEADER_BYTES + 2]! ^= 1;
    expect((await readLog(files)).damage).toEqual([`${name} at byte 0: checksum does not match`]);
    expect(await bodiesIn(files)).not.toContain('first segment, first');
    expect(await bodiesIn(files)).toContain('third');
  });

  test('a disk that fails is told to the sender, holds receivers back, and is tried again', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP });
    await log.append(head(0), Buffer.from('before'));
    files.failWrites = new Error('no space left');
    await expect(log.append(head(1), Buffer.from('lost'))).rejects.toThrow('no space left');
    expect(log.full).toBe(true);
    files.failWrites = undefined;
    await log.append(head(2), Buffer.from('after'));
    expect(log.full).toBe(false);
    expect(await bodiesIn(files)).toEqual(['before', 'after']);
  });

  test('a disk that is slower than what comes holds receivers back before the memory is full of it', async () => {
    const files = new MemoryLogFiles();
    const written = Promise.withResolvers<void>();
    files.beforeWrite = () => written.promise;
    const log = new WriteAheadLog({ files, ...NO_CAP, mostQueuedBytes: 1000 });
    const appended = Array.from({ length: 9 }, (_, i) => log.append(head(i), Buffer.alloc(100)));
    expect(log.full, 'nine requests with their headers').toBe(true);
    written.resolve();
    await Promise.all(appended);
    expect(log.full).toBe(false);
    files.failWrites = new Error('no space left');
    await expect(log.append(head(9), Buffer.alloc(2000))).rejects.toThrow('no space left');
    files.failWrites = undefined;
    await log.append(head(10), Buffer.alloc(1));
    expect(log.full, 'what failed waits no longer').toBe(false);
  });

  test('with fsync nothing counts as written before the disk says so; requests that come together share one', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP, sync: true });
    await Promise.all(Array.from({ length: 100 }, (_, i) => log.append(head(i), Buffer.from('x'))));
    expect(files.syncs).toBeGreaterThan(0);
    expect(files.syncs).toBeLessThan(5);
    expect(files.syncedNames).toEqual([...files.files.keys()]);
  });

  test('segments go when they are covered and their traces decided, and not before', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP, segmentBytes: 50 });
    for (let i = 0; i < 5; i++) await log.append(head(i, 1000 + i), Buffer.from('a body of some length'));
    const names = [...files.files.keys()].toSorted();
    await log.trim(log.position, 1002);
    expect([...files.files.keys()].toSorted()).toEqual(names.slice(2));
    await log.trim(0, Infinity);
    expect(files.files.size).toBe(names.length - 2);
    await log.trim(log.position, Infinity);
    expect(files.files.size, 'the open one stays').toBe(1);
  });

  test('a segment that cannot be removed is not forgotten: its commit holds, and the next one tries again', async () => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({ files, ...NO_CAP, segmentBytes: 50 });
    const durability = new Durability(log, { nextSpan: () => 0, oldestMs: () => Infinity, overloadSteps: () => 0, nowMs: () => 1 }, undefined);
    durability.takenAgain();
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
    await second.trim(second.position, 5001);
    expect(files.files.size, 'not taken again yet').toBe(2);
    second.takenAgain(6000);
    await second.trim(second.position, 5999);
    expect(files.files.size, 'its trace may be one that came at 5999').toBe(2);
    await second.trim(second.position, 6001);
    expect(files.files.size).toBe(1);
  });
});

describe('commits', () => {
  test('decided traces come back with all that late spans need', () => {
    const decided = new DecidedTraces();
    const view = writtenTrace([{}]);
    for (let i = 0; i < 3000; i++) decided.add(view, { keep: i % 2 === 0, rule: 0, thresholdHi: 0xf333333, thresholdLo: i, weight: 20 }, `rule ${i % 3}`, 2 ** 40 + i);
    const { entries, rules } = decided.take();
    const commit = decodeCommit(encodeCommit({ position: 2 ** 45, redTo: 7, block: 3, rules, entries }));
    const traces = [...decidedIn(commit)];
    expect(traces).toHaveLength(3000);
    expect(commit).toMatchObject({ position: 2 ** 45, redTo: 7, block: 3 });
    const id = [view.id0, view.id1, view.id2, view.id3].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
    expect(traces[2501]).toEqual({ traceId: id, coveredTo: 2 ** 40 + 2501, thresholdHi: 0xf333333, thresholdLo: 2501, startHi: view.startHi, startLo: view.startLo, rule: 'rule 2', keep: false, writesTh: true });
    expect(decided.count).toBe(0);
  });

  test('over random runs and crashes every answered span is covered by a commit or taken again, never both', async () => {
    const step = fc.oneof({ weight: 4, arbitrary: fc.constant('request' as const) }, fc.constant('decide' as const), fc.constant('commit' as const));
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(), async (steps, cut) => {
      const files = new MemoryLogFiles();
      const log = new WriteAheadLog({ files, ...NO_CAP, segmentBytes: 150 });
      let taken = 0;
      const durability = new Durability(log, { nextSpan: () => taken, oldestMs: () => 0, overloadSteps: () => 0, nowMs: () => 1 }, undefined);
      const trace = writtenTrace([{}]);
      let answered = 0;
      for (const what of steps) {
        if (what === 'request') {
          const before = taken++; // a request of one span, all of one trace
          await durability.written({ signal: 'traces', transport: 'grpc', encoding: 'protobuf', body: Buffer.from(`span ${before}`), deadlineMs: 0 }, { number: before, overloadSteps: 0 }, { kind: 'accepted', rejected: 0, message: '' });
          answered = taken;
        } else if (what === 'decide') durability.decided.add(trace, { keep: true, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 1 }, 'all', taken);
        else await durability.beginCommit(1).write();
      }
      const name = [...files.files.keys()].toSorted().at(-1);
      const size = name === undefined ? 0 : files.files.get(name)!.length;
      const crashed = files.crashed(Math.max(0, size - (cut % 3 === 0 ? cut % (size + 1) : 0)));
      const isCut = cut % 3 === 0 && cut % (size + 1) > 0;
      const left = await readLog(crashed);
      const covered = [...left.decided.values()][0]?.coveredTo ?? 0;
      const again: number[] = [];
      for await (const { number } of left.requests()) if (number >= covered) again.push(number);
      const seen = covered + again.length;
      expect(again).toEqual(Array.from({ length: again.length }, (_, i) => covered + i));
      // What was cut off the end was being written: nobody had been answered.
      expect(isCut ? seen <= answered : seen === answered).toBe(true);
    }), { numRuns: 200, seed: 7 });
  });
});

test('a request that comes again after a crash is recognised once, and only for a while', () => {
  const repeated = new RepeatedRequests();
  const request = (text: string) => ({ signal: 'traces', transport: 'grpc', encoding: 'protobuf', body: Buffer.from(text), deadlineMs: 0 }) as const;
  repeated.add(request('long before'), 1000);
  repeated.add(request('last'), 9000);
  repeated.add(request('very last'), 9001);
  repeated.open(20_000);
  expect(repeated.has(request('last'), 20_100)).toBe(true);
  expect(repeated.has(request('last'), 20_200)).toBe(false);
  expect(repeated.has(request('long before'), 20_300)).toBe(false);
  expect(repeated.has({ ...request('very last'), signal: 'logs' }, 20_300)).toBe(false);
  expect(repeated.has(request('very last'), 200_000)).toBe(false);
  expect(repeated.recognised).toBe(1);
});

test('a request that could not be written is known once when it comes again, and forgotten when it does not', () => {
  const unwritten = new UnwrittenRequests();
  const request = (text: string) => ({ signal: 'logs', transport: 'grpc', encoding: 'protobuf', body: Buffer.from(text), deadlineMs: 0 }) as const;
  const known = { taken: { number: 7, overloadSteps: 0 }, answer: { kind: 'accepted', rejected: 1, message: 'one' }, atMs: 1000 } as const;
  unwritten.note(request('a'), known);
  unwritten.note(request('b'), known);
  expect(unwritten.take(request('c'), 1001)).toBeUndefined();
  expect(unwritten.take(request('a'), 1001)).toEqual(known);
  expect(unwritten.take(request('a'), 1002)).toBeUndefined();
  expect(unwritten.take(request('b'), 500_000)).toBeUndefined();
  expect(unwritten.size).toBe(0);
});
