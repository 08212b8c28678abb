// Whatever crashes when: what was answered is stored, and stored once.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { HALF } from '#proto/model/threshold.ts';
import { accountOf, exactly, livesOf } from './counted-load.ts';

const TIMEOUT_MS = 120_000;

test('the ledger goes on where the log is full and ClickHouse away at the starts, which take two seconds each', async () => {
  const { lives, load } = await livesOf({ capBytes: 3000, segmentBytes: 500, openMs: 2000 });
  lives.isStoreAway = true;
  for (let i = 0; i < 12; i++) {
    load.log(3);
    load.metric(2);
    load.trace(i, 3);
    await lives.pass(1000);
    lives.sendAgain();
  }
  expect(lives.pipeline.durability?.isAnyFull).toBe(true);
  for (let life = 0; life < 3; life++) await lives.crash();
  lives.isStoreAway = false;
  await lives.settle();
  expect(accountOf(lives)).toMatchObject({
    unanswered: 0,
    pending: 0,
    dropped: 0,
    imbalance: [0, 0, 0],
    isStoredCounted: true,
  });
});

test.each([1, 2])(
  'blocks whose files cannot be removed are stored and counted once, over %i crashes',
  async (crashes) => {
    const { lives, load } = await livesOf();
    const send = async (): Promise<void> => {
      for (let i = 0; i < 6; i++) {
        load.log(3);
        load.metric(2);
        load.trace(2 * i + 2, 3);
        await lives.pass(2000);
      }
    };
    lives.keepsFiles = true;
    await send();
    for (let crash = 0; crash < crashes; crash++) {
      await lives.crash();
      lives.keepsFiles = true;
      await lives.pass(3000);
      await send();
    }
    lives.keepsFiles = false;
    await lives.settle();
    expect(accountOf(lives)).toEqual(exactly(load));
  },
);

test('a crash before the first commit leaves no block that its requests make again', async () => {
  const { lives, load } = await livesOf({ maxBlockRows: 5 });
  for (let i = 0; i < 20; i++) load.log();
  while (![...lives.spooled].some((name) => name.includes('-logs-'))) await turn();
  await lives.crash();
  await lives.settle();
  expect(accountOf(lives)).toEqual(exactly(load));
});

test('a full log of logs alone empties itself, as all of it is stored', async () => {
  const { lives, load } = await livesOf({ capBytes: 5000, segmentBytes: 1000 });
  for (let i = 0; i < 100; i++) load.log();
  expect(lives.unanswered).toBeGreaterThan(0);
  await lives.settle();
  expect(accountOf(lives)).toEqual(exactly(load));
});

test('a collector that crashed with a full log gets going again', async () => {
  const { lives, load } = await livesOf({ capBytes: 5000, segmentBytes: 1000 });
  for (let i = 1; i <= 60; i++) load.trace(i);
  expect(lives.pipeline.durability?.isFull('traces')).toBe(true);
  await lives.pass(5000);
  await lives.crash();
  await lives.settle();
  expect(accountOf(lives)).toEqual(exactly(load));
});

test.each([
  ['', false],
  [', a crash in between', true],
])('spool and log full at once, and the disk too: all goes on when the store is back%s', async (_what, crashes) => {
  const { lives, load } = await livesOf({ capBytes: 5000, segmentBytes: 1000, spoolBytes: 5000 });
  lives.isStoreAway = true;
  for (let round = 1; round < 6; round++) {
    for (let i = 1; i <= 20; i++) {
      load.trace(round * 100 + i);
      load.log();
    }
    await lives.pass(1000);
    lives.sendAgain();
    lives.failure = round === 3 ? new Error('no space left') : undefined;
  }
  expect([lives.writer.full, lives.unanswered > 0]).toEqual([true, true]);
  if (crashes) await lives.crash();
  await lives.settle();
  lives.isStoreAway = false;
  for (let round = 0; round < 5 && lives.unanswered > 0; round++) await lives.settle();
  expect(accountOf(lives)).toEqual(exactly(load));
});

test.each([
  ['stays up', false],
  ['crashes later', true],
])(
  'what was taken but could not be written is not taken again when its sender asks again, and the collector %s',
  async (_what, crashes) => {
    const { lives, load } = await livesOf();
    load.trace(1);
    await lives.pass(250);
    lives.failure = new Error('no space left');
    load.log();
    load.log();
    load.trace(2);
    await lives.pass(250);
    expect(lives.unanswered).toBe(3);
    lives.failure = undefined;
    await lives.pass(2000); // its rows are in a commit by now, and its requests are not in the log
    lives.sendAgain();
    await lives.pass(250);
    expect(lives.unanswered).toBe(0);
    if (crashes) await lives.crash();
    await lives.settle();
    expect(accountOf(lives)).toEqual(exactly(load));
  },
);

test('traces that were turned away under overload stay away after a crash, and those taken in keep their threshold', async () => {
  const { lives, load } = await livesOf();
  Object.assign(lives.pipeline.overload, { steps: 1, leastHi: HALF / 2 });
  const ids = Array.from({ length: 16 }, (_, i) => i);
  for (const i of ids.slice(0, 8)) load.trace(i, 2, `f${i.toString(16)}`);
  for (const i of ids.slice(0, 8)) load.trace(i, 2, `0${i.toString(16)}`);
  await lives.pass(5000);
  const taken = load.spans;
  for (const i of ids.slice(8)) load.trace(i, 2, `f${i.toString(16)}`);
  for (const i of ids.slice(8)) load.trace(i, 2, `0${i.toString(16)}`);
  await lives.pass(250);
  expect(taken).toBe(32);
  await lives.crash();
  await lives.settle();
  expect(lives.rows('spans')).toBe(32);
  expect(lives.rows('traces')).toBe(16);
  expect(lives.weights()).toEqual(Array.from({ length: 16 }, () => 2));
  expect(accountOf(lives)).toMatchObject({ red: load.spans, isBalanced: true, pending: 0, dropped: 0 });
});

test('a trace that was turned away stays away after a crash, also where only its later spans are in the log', async () => {
  const { lives, load } = await livesOf();
  Object.assign(lives.pipeline.overload, { steps: 1, leastHi: HALF / 2 });
  load.trace(2, 2, '1');
  Object.assign(lives.pipeline.overload, { steps: 0, leastHi: 0 });
  // Enough of others that the part of the log with its first spans is removed; then its later ones.
  for (let i = 0; i < 6; i++) {
    for (let other = 0; other < 10; other++) load.trace(100 + i * 10 + other);
    await lives.pass(4000);
    lives.pipeline.flushDerived(true);
    await lives.pass(2000);
  }
  const before = load.spans;
  load.trace(2, 3, '1');
  await lives.pass(500);
  for (let crash = 0; crash < 3; crash++) {
    await lives.crash();
    await lives.pass(500);
  }
  await lives.settle();
  expect(load.spans - before).toBe(3);
  const { ledger } = lives.pipeline;
  lives.pipeline.shardCounts();
  expect([
    lives.rows('spans'),
    ledger.traces.sampledOutTotal,
    ledger.traces.imbalance,
    lives.unanswered,
    lives.sum('red', 'calls'),
  ]).toEqual([before - 2, 5, 0, 0, load.spans]);
});

test(
  'a dropped trace that comes back for a late error is stored whole and once, or not at all, wherever the collector crashes',
  { timeout: TIMEOUT_MS },
  async () => {
    const seen = new Set<number>();
    for (let crashAt = 0; crashAt < 24; crashAt++) {
      let writes = 0;
      const { lives, load } = await livesOf({
        yaml: 'sampling: { rules: [{ name: rest, keep: 0% }] }',
        slowness: () => writes++ % 3,
      });
      load.trace(1, 3);
      await lives.pass(4000);
      load.trace(1, 2, '', 2);
      for (let step = 0; step < crashAt; step++) await lives.pass(250, 1);
      await lives.crash();
      await lives.settle();
      const stored = lives.rows('spans');
      seen.add(stored);
      expect([0, 5]).toContain(stored);
      expect(accountOf(lives)).toEqual({ ...exactly(load), spans: stored });
    }
    expect(
      [...seen].toSorted((a, b) => a - b),
      'early and late crashes were among them',
    ).toEqual([0, 5]);
  },
);

test(
  'one request of many blocks: none is larger than a block may be, wherever the collector crashes while they are written',
  { timeout: TIMEOUT_MS },
  async () => {
    for (let crashAt = 0; crashAt < 30; crashAt++) {
      let writes = 0;
      const { lives, load } = await livesOf({ maxBlockRows: 15, slowness: () => writes++ % 4 });
      load.log(3);
      await lives.pass(1000, 1);
      load.log(200);
      load.metric(100);
      load.trace(1, 50);
      for (let i = 0; i < crashAt; i++) await (i % 5 === 4 ? lives.pass(250, 0) : turn());
      await lives.crash();
      await lives.settle();
      expect(accountOf(lives)).toEqual(exactly(load));
      expect(lives.largestBlock).toBe(15);
      expect(lives.texts('logs', 'body').toSorted()).toEqual(
        Array.from({ length: 203 }, (_, i) => `record ${i + 1}`).toSorted(),
      );
    }
  },
);

test.each([
  ['and is written in the end', false],
  ['and a crash comes before it is', true],
])('while a commit is being written rows become blocks all the same, %s', async (_what, crashes) => {
  const { lives, load } = await livesOf({ maxBlockRows: 15 });
  load.log();
  await lives.pass(500);
  const written = Promise.withResolvers<void>();
  lives.log.beforeWrite = () => written.promise; // the disk of the log stalls
  await lives.pass(1000);
  // For less than the two seconds after which the log counts as stalled, and nothing is received.
  for (let i = 0; i < 20; i++) {
    load.log(40);
    load.metric(40);
    await lives.pass(40);
  }
  expect(Math.max(...lives.pipeline.tables.all.map(({ rows }) => rows))).toBeLessThan(15);
  expect([...lives.spooled].filter((name) => name.includes('-logs-15-')).length).toBeGreaterThan(40);
  expect(lives.rows('logs')).toBeLessThan(2); // none of them was sent
  if (crashes) await lives.crash();
  else written.resolve();
  await lives.settle();
  expect(accountOf(lives)).toEqual(exactly(load));
  expect(lives.largestBlock).toBe(15);
});
