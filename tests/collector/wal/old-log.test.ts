// A log of the version before records named their format: everything in it is read, its requests are known again, and the log goes on
// behind it.
import { expect, test } from 'vitest';
import { readLog } from '#collector/wal/read-log.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';
import { SIGNALS } from '#proto/otlp/signal.ts';
import { CollectorLives } from '#tests/support/collector-lives.ts';
import { oldCommit, oldRecord, oldSegmentName } from '#tests/support/log-format-1.ts';
import { bodiesIn, head, NO_CAP } from '#tests/support/log-under-test.ts';
import { MemoryLogFiles } from '#tests/support/memory-log-files.ts';
import { SignalLoad } from '#tests/support/signal-load.ts';

/** Bodies like no others, from a collector whose log is thrown away. */
async function bodiesOf(count: number): Promise<SignalLoad> {
  const lives = new CollectorLives();
  await lives.start();
  const load = new SignalLoad(lives);
  for (let i = 0; i < count; i++) for (const signal of SIGNALS) load.send(signal, 2, i + 1);
  return load;
}

test.each([0, 2])(
  'requests after its commit are taken again, those before it are not, and all are known when they come again; %i crashes later too',
  async (crashes) => {
    const made = await bodiesOf(4);
    const log = new MemoryLogFiles();
    let start = 0;
    let spans = 0;
    for (const [i, half] of [made.sent.slice(0, 6), made.sent.slice(6)].entries()) {
      const parts: Buffer[] = [];
      const position = (): number => start + parts.reduce((sum, part) => sum + part.length, 0);
      for (const { signal, body, atMs } of half) {
        parts.push(
          oldRecord({ type: 'request', signal, number: signal === 'traces' ? spans : position(), atMs, body }),
        );
        if (signal === 'traces') spans += 2;
      }
      // Logs and metrics of the first half are in blocks of the spool that the store has by now; its traces are not decided.
      if (i === 0)
        parts.push(
          oldRecord({
            type: 'commit',
            signal: 'traces',
            number: spans,
            atMs: 1_700_000_000_000,
            body: oldCommit({ position: position(), redTo: 0, block: 7 }),
          }),
        );
      if (i === 0)
        parts.push(
          oldRecord({ type: 'probe', signal: 'traces', number: 0, atMs: 1_700_000_000_000, body: Buffer.alloc(0) }),
        );
      log.files.set(oldSegmentName(start), Buffer.concat(parts));
      start += Buffer.concat(parts).length;
    }
    const lives = new CollectorLives({ log, segmentBytes: 500 });
    await lives.start();
    for (let crash = 0; crash < crashes; crash++) {
      await lives.pass(5000);
      lives.pipeline.flushDerived();
      await lives.crash();
    }
    for (const { signal, body } of made.sent) lives.send(signal, body);
    await lives.settle();
    const points = lives.floats('samples', 'value').filter((value) => value > 1e12);
    expect([lives.rows('spans'), lives.sum('red', 'calls'), lives.rows('logs'), points.length]).toEqual([8, 8, 4, 4]);
    expect(lives.pipeline.requests.copies).toEqual({ traces: 4, logs: 4, metrics: 4 });
    expect(
      [...lives.log.files.keys()].filter((name) => /^\d{16}\.wal$/.test(name)),
      'the old segments have gone',
    ).toEqual([]);
  },
);

test.each([
  ['further than the newer one', 12],
  ['not so far', 2],
])(
  'an older version that begins the log anew after a newer one, and gets %s: the start refuses, and nothing is removed',
  async (_what, requests) => {
    const files = new MemoryLogFiles();
    const log = new WriteAheadLog({
      files,
      ...NO_CAP,
      epoch: 3,
      existing: [{ name: 'gone', start: 0, end: 300, lastMs: 0, bytes: { traces: 0, logs: 0, metrics: 0 } }],
    });
    await log.append(head(0), Buffer.from('of the newer version'));
    const records = Array.from({ length: requests }, (_, number) =>
      oldRecord({ type: 'request', signal: 'traces', number, atMs: 2000, body: Buffer.from('older') }),
    );
    files.files.set(oldSegmentName(0), Buffer.concat(records));
    const before = new Map(files.files);
    await expect(readLog(files)).rejects.toThrow(/older version.*--wal.on_stop=decide/);
    expect(files.files).toEqual(before);
  },
);

test('an old segment that was cut short after the update is damage, and no such case', async () => {
  const files = new MemoryLogFiles();
  const old = Buffer.concat(
    Array.from({ length: 5 }, (_, number) =>
      oldRecord({ type: 'request', signal: 'traces', number, atMs: 1000, body: Buffer.from('older') }),
    ),
  );
  files.files.set(oldSegmentName(0), old);
  const log = new WriteAheadLog({ files, ...NO_CAP, existing: (await readLog(files)).segments });
  await log.append(head(5, 2000), Buffer.from('newer'));
  files.files.set(oldSegmentName(0), old.subarray(0, 80));
  const left = await readLog(files);
  expect(left.damage).toMatchObject([{ segment: oldSegmentName(0), places: 1 }]);
  expect(await bodiesIn(files)).toEqual(['older', 'older', 'newer']);
});
