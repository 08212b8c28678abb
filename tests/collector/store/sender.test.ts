// How blocks are sent: poison is set aside and stops nothing, a store with too much to do gets less, a flood of one signal delays no other,
// the system's errors are waited for.
import { expect, it } from 'vitest';
import { FAILING_FOR_MS, FAILURES, REFUSALS, REFUSED_FOR_MS } from '#collector/store/refusals.ts';
import { systemError } from '#tests/support/memory-spool-files.ts';
import { storeError, WriterRig } from '#tests/support/writer-rig.ts';

/** Poison is the first block that is cut. */
async function poisoned(answer: () => Error): Promise<WriterRig> {
  const rig = await WriterRig.start();
  let poison: string | undefined;
  rig.answer = ({ token }) => (token === (poison ??= token) ? answer() : undefined);
  rig.logs(100);
  await rig.pass(1_000);
  return rig;
}

it.each([
  [307, 'TOO_MANY_BYTES'],
  [16, 'NO_SUCH_COLUMN_IN_TABLE'],
  [27, 'CANNOT_PARSE_INPUT'],
  [12_345, 'NEVER_HEARD_OF'],
])('a block that is refused with %d is set aside by name, counted, and can be sent again', async (code, name) => {
  const rig = await poisoned(() => storeError(code, name));
  for (let i = 0; i < 20; i++) {
    rig.logs(100);
    await rig.pass(1_000);
  }
  expect(rig.dropped).toEqual([]); // not before its time
  await rig.pass(REFUSED_FOR_MS);
  expect(rig.dropped).toEqual([`100 logs: ClickHouse refuses the block: ${name}`]);
  expect([rig.storedRows('logs'), rig.writer.pendingRows('logs'), rig.writer.pendingBytes]).toEqual([2_000, 0, 0]);
  expect(rig.fileNames('.refused')).toHaveLength(1);
  expect(rig.writer.dropped()).toEqual([{ table: 'logs', reason: `ClickHouse refuses the block: ${name}`, rows: 100 }]);
  expect(rig.writer.troubles()).toMatchObject([
    { severity: 'degraded', reason: '1 block that ClickHouse refuses is set aside' },
  ]);
  expect(rig.lines.filter((line) => line.includes('count as dropped'))).toHaveLength(1);
  const token = rig.inserts[0]!.token;
  expect(rig.inserts.filter((insert) => insert.token === token).length).toBeGreaterThanOrEqual(REFUSALS);

  rig.answer = () => undefined;
  const changed = await rig.writer.change('retry', undefined);
  expect([changed.done.length, changed.failed, rig.back]).toEqual([1, [], ['100 logs']]);
  await rig.pass(1_000);
  expect([
    rig.storedRows('logs'),
    rig.stored.has(token),
    rig.writer.pendingRows('logs'),
    rig.fileNames('.refused'),
  ]).toEqual([2_100, true, 0, []]);
  expect(rig.writer.troubles()).toEqual([]);
});

it('a block that is refused alone is set aside, too, when the store answers a probe', async () => {
  const rig = await poisoned(() => storeError(307, 'TOO_MANY_BYTES'));
  await rig.pass(2 * REFUSED_FOR_MS);
  expect(rig.dropped).toHaveLength(1);
  expect(rig.probes).toBeGreaterThan(0);
});

it('a block is not blamed while the store answers nothing else', async () => {
  const rig = await WriterRig.start({ probe: () => Promise.reject(new Error('no answer')) });
  rig.answer = () => storeError(307, 'TOO_MANY_BYTES');
  rig.logs(100);
  await rig.pass(10 * REFUSED_FOR_MS);
  expect([rig.dropped, rig.writer.pendingRows('logs')]).toEqual([[], 100]);
});

it.each([
  ['ends the store each time', () => storeError('ECONNRESET', '')],
  ['takes all its memory', () => storeError(241, 'MEMORY_LIMIT_EXCEEDED')],
])('a block that %s is set aside after a longer time, and holds up nothing before', async (_what, answer) => {
  const rig = await poisoned(answer);
  let waits = 0;
  for (let i = 0; i < (2 * FAILING_FOR_MS) / 5_000 && rig.dropped.length === 0; i++) {
    rig.logs(100);
    rig.spans(10);
    await rig.pass(5_000);
    waits = Math.max(waits, rig.writer.pendingRows('logs'));
  }
  expect(rig.dropped).toHaveLength(1);
  expect(rig.nowMs - 1_700_000_000_000).toBeGreaterThanOrEqual(FAILING_FOR_MS);
  expect(waits).toBeLessThanOrEqual(300);
  expect(rig.inserts.filter(({ token }) => token === rig.inserts[0]!.token).length).toBeGreaterThanOrEqual(FAILURES);
});

it('too many parts in one table drop nothing, for hours, while the other tables go on', async () => {
  const rig = await WriterRig.start();
  rig.answer = ({ table }) => (table === 'logs' ? storeError(252, 'TOO_MANY_PARTS') : undefined);
  rig.logs(100);
  for (let hour = 0; hour < 3; hour++) {
    rig.samples(100);
    await rig.pass(3_600_000, 20_000);
  }
  expect([rig.dropped, rig.writer.pendingRows('logs'), rig.storedRows('samples')]).toEqual([[], 100, 300]);
  rig.answer = () => undefined;
  await rig.pass(60_000);
  expect(rig.storedRows('logs')).toBe(100);
});

it.each([
  [252, 'TOO_MANY_PARTS'],
  [60, 'UNKNOWN_TABLE'],
  [242, 'TABLE_IS_READ_ONLY'],
])('a table that accepts nothing (%d %s) slows no other down, and gets all of it later', async (code, name) => {
  const rig = await WriterRig.start({}, { capBytes: 2 ** 30 });
  rig.answer = ({ table }) => (table === 'logs' ? storeError(code, name) : undefined);
  rig.logs(30_000);
  await rig.pass(20_000);
  const before = rig.inserts.filter(({ table }) => table === 'logs').length;
  rig.spans(10_000);
  rig.samples(10_000);
  await rig.pass(20_000);
  expect([
    rig.storedRows('spans'),
    rig.storedRows('samples'),
    rig.writer.awayMs,
    rig.writer.sender.circuit.limit,
  ]).toEqual([10_000, 10_000, 0, 4]);
  expect(rig.inserts.filter(({ table }) => table === 'logs').length - before).toBeLessThan(5);
  expect(rig.writer.troubles().map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^table logs of ClickHouse has accepted nothing for \d+ s/),
  ]);
  rig.answer = () => undefined;
  await rig.pass(60_000);
  expect([rig.storedRows('logs'), rig.dropped, rig.writer.troubles()]).toEqual([30_000, [], []]);
});

it('an insert that is not answered is said before it times out', async () => {
  const rig = await WriterRig.start();
  rig.answer = () => new Promise(() => undefined);
  rig.logs(100);
  await rig.pass(20_000);
  expect(rig.writer.troubles()[0]!.reason).toMatch(/^ClickHouse has not answered to an insert for (19|20) s$/);
});

it('a store that is away for a day refuses nothing, and takes everything afterwards', async () => {
  const rig = await WriterRig.start();
  rig.answer = () => storeError('ECONNREFUSED', '');
  rig.logs(300);
  rig.samples(300);
  await rig.pass(86_400_000, 10_000);
  expect([rig.dropped, rig.writer.sender.circuit.state === 'closed', rig.writer.awayMs > 86_000_000]).toEqual([
    [],
    false,
    true,
  ]);
  expect(rig.writer.troubles()[0]!.reason).toMatch(
    /^ClickHouse has accepted nothing for 86\d{3} s \(code ECONNREFUSED\); 6 blocks wait/,
  );
  rig.answer = () => undefined;
  await rig.pass(20_000);
  expect([rig.storedRows('logs'), rig.storedRows('samples'), rig.writer.awayMs, rig.writer.troubles()]).toEqual([
    300,
    300,
    0,
    [],
  ]);
});

it('while the store is away one insert at a time asks for it, of another block each time', async () => {
  const rig = await WriterRig.start();
  let under = 0;
  let most = 0;
  rig.answer = async () => {
    most = Math.max(most, ++under);
    await new Promise(setImmediate);
    under--;
    return storeError('ETIMEDOUT', '');
  };
  rig.logs(500);
  await rig.pass(1_000);
  most = 0;
  const before = rig.inserts.length;
  await rig.pass(60_000);
  expect(most).toBe(1);
  expect(new Set(rig.inserts.slice(before).map(({ token }) => token)).size).toBeGreaterThan(1);
});

it('a store with too much to do gets one block at a time and later, and four again when it copes', async () => {
  const rig = await WriterRig.start({}, { capBytes: 2 ** 30 });
  let under = 0;
  let most = 0;
  let isBusy = true;
  rig.answer = async () => {
    most = Math.max(most, ++under);
    await new Promise(setImmediate);
    under--;
    return isBusy ? storeError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES') : undefined;
  };
  for (const fill of [(): void => rig.logs(3_000), (): void => rig.samples(3_000), (): void => rig.spans(3_000)])
    fill();
  await rig.pass(10_000);
  const before = rig.inserts.length;
  most = 0;
  await rig.pass(60_000);
  expect([most, rig.writer.awayMs, rig.dropped]).toEqual([1, 0, []]);
  expect(rig.inserts.length - before).toBeLessThan(20);
  expect(rig.writer.troubles()[0]!.reason).toMatch(/^ClickHouse has had too much to do for \d+ s/);
  isBusy = false;
  await rig.pass(60_000);
  expect([rig.storedRows('logs'), rig.storedRows('samples'), rig.storedRows('spans'), most]).toEqual([
    3_000, 3_000, 3_000, 4,
  ]);
});

it('what cannot be sent anyway is cut into fewer blocks', async () => {
  const rig = await WriterRig.start();
  const blocksOf = async (seconds: number): Promise<number> => {
    const before = rig.spool.lastSeq;
    for (let i = 0; i < seconds; i++) {
      rig.samples(1);
      await rig.pass(1_000);
    }
    return rig.spool.lastSeq - before;
  };
  expect(await blocksOf(30)).toBeGreaterThan(20);
  rig.answer = () => storeError('ECONNREFUSED', '');
  await blocksOf(5);
  expect(await blocksOf(30)).toBeLessThan(8);
  rig.answer = () => undefined;
  await rig.pass(10_000);
  expect(await blocksOf(30)).toBeGreaterThan(20);
});

it('a flood of logs delays spans by no more than what is under way', async () => {
  const rig = await WriterRig.start({}, { capBytes: 2 ** 30 });
  const waiting: (() => void)[] = [];
  rig.answer = () => new Promise((resolve) => waiting.push(() => resolve(undefined)));
  rig.logs(50_000);
  await rig.pass(200);
  rig.spans(300);
  await rig.pass(200);
  expect(rig.inserts.slice(0, 4).map(({ table }) => table)).toEqual(['logs', 'logs', 'logs', 'spans']); // one place is never given to the flood
  for (let i = 0; i < 4; i++) {
    waiting.splice(0).forEach((resolve) => resolve());
    await rig.pass(200);
  }
  expect(rig.storedRows('spans')).toBe(300);
});

it('summaries of traces wait for the spans before them, but not for spans that ClickHouse refuses', async () => {
  const rig = await WriterRig.start();
  rig.answer = ({ table }) => (table === 'spans' ? storeError(16, 'NO_SUCH_COLUMN_IN_TABLE') : undefined);
  rig.spans(10);
  const trace = {
    id0: 1,
    id1: 2,
    id2: 3,
    id3: 4,
    startHi: 0,
    startLo: 0,
    endHi: 0,
    endLo: 0,
    durationNs: 0,
    rootService: '',
    rootName: '',
    rootKind: 0,
    spanCount: 0,
    errorCount: 0,
    lateCount: 0,
    missingParents: 0,
    rootPresent: false,
    depth: 0,
    services: [],
    serviceSpans: new Map<string, number>(),
    criticalPathNs: new Map<string, number>(),
    rule: '',
    trigger: '',
    thresholdHi: 0,
    thresholdLo: 0,
    weight: 1,
    hosts: [],
    warnings: [],
    operations: [],
    repeats: [],
  };
  rig.tables.traces.append(trace);
  await rig.pass(1_400);
  expect([rig.inserts.length > 0, rig.storedRows('traces')]).toEqual([true, 0]);
  await rig.pass(5_000);
  expect(rig.storedRows('traces')).toBe(1);
});

it.each(['EMFILE', 'ENFILE', 'EIO', 'EACCES'])(
  'blocks that cannot be read back (%s) wait, and are sent when they can',
  async (code) => {
    const rig = await WriterRig.start();
    rig.answer = () => storeError('ECONNREFUSED', '');
    rig.logs(2_000);
    rig.samples(2_000);
    await rig.pass(10_000);
    rig.files.failing = (operation) => (operation === 'read' ? systemError(code) : undefined);
    rig.answer = () => undefined;
    await rig.pass(600_000, 1_000);
    expect([rig.dropped, rig.fileNames('.damaged'), rig.writer.pendingRows('logs') > 0]).toEqual([[], [], true]);
    expect(rig.writer.troubles().at(-1)!.reason).toContain(code);
    rig.files.failing = () => undefined;
    await rig.pass(20_000);
    expect([rig.storedRows('logs'), rig.storedRows('samples'), rig.writer.troubles()]).toEqual([2_000, 2_000, []]);
  },
);

it('a block whose bytes are damaged is set aside at once, and one whose file is gone after a while', async () => {
  const rig = await WriterRig.start();
  rig.answer = () => storeError('ECONNREFUSED', '');
  rig.logs(2_000);
  await rig.pass(10_000);
  const [first, second] = rig.fileNames('.native').toSorted().slice(-2);
  rig.files.files.get(first!)![40]! ^= 1;
  rig.files.files.delete(second!);
  rig.answer = () => undefined;
  await rig.pass(20_000);
  expect([rig.dropped, rig.fileNames('.damaged')]).toEqual([['100 logs: damaged spool file'], [`${first}.damaged`]]);
  await rig.pass(120_000);
  expect([rig.dropped.length, rig.storedRows('logs'), rig.writer.pendingRows('logs')]).toEqual([2, 1_800, 0]);
});

it('a poisoned block that cannot be renamed is not lost from sight', async () => {
  const rig = await poisoned(() => storeError(307, 'TOO_MANY_BYTES'));
  rig.files.failing = (operation) => (operation === 'rename' ? systemError('EMFILE') : undefined);
  await rig.pass(4 * REFUSED_FOR_MS);
  expect([rig.dropped, rig.writer.pendingRows('logs')]).toEqual([[], 100]);
  const before = rig.inserts.length;
  await rig.pass(60_000);
  expect(rig.inserts.length).toBe(before); // ClickHouse is not asked again
  rig.files.failing = () => undefined;
  await rig.pass(5_000);
  expect([rig.dropped.length, rig.writer.pendingRows('logs'), rig.fileNames('.refused').length]).toEqual([1, 0, 1]);
});

it('a disk that takes nothing: memory is bounded, one block is tried now and then, and nothing is lost', async () => {
  const rig = await WriterRig.start({ maxBlockBytes: 2 ** 20 }, { capBytes: 2 ** 31 });
  rig.files.failWrites = systemError('ENOSPC');
  let tries = 0;
  rig.files.failing = (operation) => {
    if (operation === 'write') tries++;
    return undefined;
  };
  rig.answer = () => storeError('ECONNREFUSED', '');
  const row = {
    serviceBytes: Buffer.from('s'),
    weight: 1,
    resourceIdHi: 0,
    resourceIdLo: 0,
    scopeIdHi: 0,
    scopeIdLo: 0,
    receivedHi: 0,
    receivedLo: 0,
  };
  const record = Buffer.concat([
    Buffer.from([0x2a, 0x84, 0x80, 0x40, 0x0a, 0x80, 0x80, 0x40]),
    Buffer.alloc(2 ** 20, 'x'),
  ]);
  let rows = 0;
  while (!rig.writer.isFull('logs')) {
    rig.tables.logs.append(record, 0, record.length, row);
    rows++;
  }
  expect(rows).toBeLessThan(70);
  expect([rig.writer.isFull('traces'), rig.writer.isStuck]).toEqual([true, true]);
  tries = 0;
  await rig.pass(60_000);
  expect(tries).toBeLessThan(40);
  expect(rig.lines.filter((line) => line.includes('cannot write to the spool')).length).toBeLessThanOrEqual(3);
  expect(rig.writer.troubles()[0]).toMatchObject({
    severity: 'refusing',
    remedy: expect.stringContaining('free space') as string,
  });
  rig.files.failWrites = undefined;
  rig.answer = () => undefined;
  await rig.pass(60_000);
  expect([rig.storedRows('logs'), rig.dropped, rig.writer.isFull('traces')]).toEqual([rows, [], false]);
});

it('knows how fast the store takes blocks', async () => {
  const rig = await WriterRig.start({}, { capBytes: 2 ** 30 });
  rig.logs(20_000);
  await rig.pass(5_000, 20);
  const rate = rig.writer.drainBytesPerSecond;
  expect(rate).toBeGreaterThan(0);
});
