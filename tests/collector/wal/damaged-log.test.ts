// Damage of the log costs the records that it touches, and no others: whatever was flipped, cut out or zeroed, and whatever requests look
// like.
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeCommit } from '#collector/wal/commit.ts';
import { readLog } from '#collector/wal/read-log.ts';
import { encodeHeader, HEADER_BYTES, NewerFormatError, type RecordHead } from '#collector/wal/record.ts';
import { segmentName } from '#collector/wal/segment.ts';
import { WriteAheadLog } from '#collector/wal/write-ahead-log.ts';
import { bodiesIn, head, NO_CAP } from '#tests/support/log-under-test.ts';
import { OLD_HEADER_BYTES, oldRecord, oldSegmentName } from '#tests/support/log-format-1.ts';
import { MemoryLogFiles } from '#tests/support/memory-log-files.ts';

const SALT = 0x5eed;

interface Written {
  readonly file: string;
  readonly from: number;
  readonly to: number;
  readonly body: string;
}

interface Log {
  readonly files: MemoryLogFiles;
  readonly records: Written[];
}

/** Bodies with what looks like records of the log in them, with right checksums. */
const body = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 60 }) },
  fc
    .integer({ min: 0, max: 2 ** 20 })
    .map((salt) => fakeRecord('fake request', { ...head(2 ** 40), type: 'request' }, salt).toString('latin1')),
  fc.constant(`Wnl\u0002${'Wnl'.repeat(20)}.`),
  fc.constant(
    oldRecord({
      type: 'request',
      signal: 'traces',
      number: 2 ** 40,
      atMs: 0,
      body: Buffer.from('fake of the old format'),
    }).toString('latin1'),
  ),
);
const texts = fc.array(body, { minLength: 3, maxLength: 25 });

function fakeRecord(text: string, head: RecordHead, salt: number, format?: number): Buffer {
  const bytes = Buffer.from(text);
  const header = encodeHeader(head, bytes, 0, salt);
  if (format !== undefined) setFormat(header, format);
  return Buffer.concat([header, bytes]);
}

/** As a later version would write it. */
function setFormat(header: Buffer, format: number): void {
  header[3] = format;
  header.writeUInt32LE(crc32(header.subarray(8, HEADER_BYTES), crc32(header.subarray(0, 4))), 4);
}

async function newLog(texts: readonly string[], segmentBytes = 400): Promise<Log> {
  const files = new MemoryLogFiles();
  const log = new WriteAheadLog({ files, ...NO_CAP, segmentBytes, salt: SALT });
  for (const [i, text] of texts.entries()) await log.append(head(i), Buffer.from(`${i} ${text}`, 'latin1'));
  return { files, records: placesIn(files, texts, HEADER_BYTES) };
}

function oldLog(texts: readonly string[]): Log {
  const files = new MemoryLogFiles();
  let start = 0;
  let segment: Buffer[] = [];
  const close = (): void => {
    const bytes = Buffer.concat(segment);
    if (bytes.length === 0) return;
    files.files.set(oldSegmentName(start), bytes);
    start += bytes.length;
    segment = [];
  };
  for (const [i, text] of texts.entries()) {
    segment.push(
      oldRecord({
        type: 'request',
        signal: 'traces',
        number: i,
        atMs: 1000,
        body: Buffer.from(`${i} ${text}`, 'latin1'),
      }),
    );
    if (i % 5 === 4) close();
  }
  close();
  return { files, records: placesIn(files, texts, OLD_HEADER_BYTES) };
}

function placesIn({ files }: MemoryLogFiles, texts: readonly string[], headerBytes: number): Written[] {
  const records: Written[] = [];
  const names = [...files.keys()].toSorted();
  let at = 0;
  for (const [i, text] of texts.entries()) {
    if (at === files.get(names[0]!)!.length) {
      names.shift();
      at = 0;
    }
    const body = `${i} ${text}`;
    records.push({ file: names[0]!, from: at, to: (at += headerBytes + body.length), body });
  }
  return records;
}

interface Hit {
  readonly kind: 'flip' | 'zero' | 'cut';
  readonly segment: number;
  readonly from: number;
  readonly bytes: number;
}

const hit: fc.Arbitrary<Hit> = fc.record({
  kind: fc.constantFrom('flip' as const, 'zero' as const, 'cut' as const),
  segment: fc.nat(),
  from: fc.nat(),
  bytes: fc.integer({ min: 1, max: 200 }),
});

/** Damages the log. Returns what was not touched, in its order. */
function damage({ files: { files }, records }: Log, { kind, segment, from, bytes }: Hit): Written[] {
  const names = [...files.keys()].toSorted().filter((name) => files.get(name)!.length > 0);
  const file = names[segment % names.length]!;
  const before = files.get(file)!;
  const start = from % before.length;
  const end = kind === 'flip' ? start + 1 : Math.min(before.length, start + bytes);
  const after = kind === 'cut' ? Buffer.concat([before.subarray(0, start), before.subarray(end)]) : Buffer.from(before);
  if (kind === 'flip') after[start]! ^= 1 + (bytes % 255);
  if (kind === 'zero') after.fill(0, start, end);
  files.set(file, after);
  return records.filter((record) => record.file !== file || record.to <= start || record.from >= end);
}

async function read(
  files: MemoryLogFiles,
): Promise<{ bodies: string[]; numbers: number[]; damage: number; copies: number }> {
  const left = await readLog(files, { salt: SALT });
  const bodies: string[] = [];
  const numbers: number[] = [];
  for await (const { body, number } of left.records()) {
    bodies.push(body.toString('latin1'));
    numbers.push(number);
  }
  return {
    bodies,
    numbers,
    damage: left.damage.length,
    copies: [...files.files.keys()].filter((name) => name.endsWith('.damaged')).length,
  };
}

describe.each([
  ['', newLog],
  [' of the format before', oldLog],
])('a damaged log%s', (_which, logOf) => {
  // What looks like an old record inside a request can be taken for one only in an old log, whose records have nothing that senders
  // cannot know.
  const bodies = logOf === oldLog ? fc.array(fc.string({ maxLength: 60 }), { minLength: 3, maxLength: 25 }) : texts;

  test('gives all records that were not touched, in their order, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, hit, async (made, where) => {
        const log = await logOf(made);
        const untouched = damage(log, where).map((record) => record.body);
        const found = await read(log.files);
        const written = log.records.map((record) => record.body);
        expect(found.bodies).toEqual(written.filter((text) => found.bodies.includes(text)));
        expect(found.bodies.filter((text) => untouched.includes(text))).toEqual(untouched);
        expect(found.numbers).toEqual(found.bodies.map((text) => Number(text.split(' ')[0])));
        // Every damaged byte is reported, except an end that a crash might have cut short.
        const isEnd = untouched.every((text, i) => text === written[i]);
        // (Whole records that were cut out of an old log leave no trace.)
        const leavesTrace = logOf === newLog || where.kind !== 'cut';
        const told = found.bodies.length === written.length ? [0] : isEnd || !leavesTrace ? [0, 1] : [1];
        expect(told).toContain(found.damage);
        expect(found.copies).toBe(found.damage);
        // Read again it is the same, and the copy is not made twice.
        const again = await read(log.files);
        expect(again).toEqual(found);
      }),
      { numRuns: 300, seed: 17 },
    );
  });
});

test('the log goes on behind damage, at a position of its own, and numbers of spans are not given twice', async () => {
  for (const spoiled of [0, 1, 2, 3]) {
    const { files, records } = await newLog(['a', 'b', 'c', 'd'], 1000);
    const { file, from } = records[spoiled]!;
    files.files.get(file)![from + HEADER_BYTES]! ^= 1;
    const left = await readLog(files, { salt: SALT });
    expect(left.nextSpan).toBe(spoiled === 3 ? 2 : 3);
    expect(left.segments.at(-1)!.end).toBe(files.files.get(file)!.length);
    const log = new WriteAheadLog({ files, ...NO_CAP, existing: left.segments, salt: SALT, epoch: 1 });
    await log.append(head(4), Buffer.from('4 e'));
    const found = await read(files);
    expect(found.bodies).toEqual(['0 a', '1 b', '2 c', '3 d', '4 e'].filter((_, i) => i !== spoiled));
    expect(found.damage, 'still told').toBe(1);
  }
});

test('commits behind damage are used, and a commit that is damaged is not', async () => {
  const files = new MemoryLogFiles();
  const log = new WriteAheadLog({ files, ...NO_CAP, salt: SALT });
  const commit = (block: number): Promise<void> =>
    log.append(
      head(block, 1000, 'commit'),
      encodeCommit({ position: log.position, redTo: block, block, rules: [], entries: Buffer.alloc(0) }),
    );
  await log.append(head(0), Buffer.from('first'));
  await commit(1);
  const from = log.position;
  await log.append(head(1), Buffer.from('second'));
  await commit(2);
  const [name] = files.files.keys();
  files.files.get(name!)![from + HEADER_BYTES] = 0;
  expect((await readLog(files, { salt: SALT })).commit).toMatchObject({ block: 2 });
  files.files.get(name!)![log.position - 1] = 0;
  expect((await readLog(files, { salt: SALT })).commit).toMatchObject({ block: 1 });
});

test('a first segment whose first record is bad is kept, and copied once', async () => {
  const { files } = await newLog(['only one'], 1000);
  const [name] = files.files.keys();
  files.files.get(name!)![5] = 0;
  const spoiled = Buffer.from(files.files.get(name!)!);
  const { damage, segments } = await readLog(files, { salt: SALT });
  expect(damage).toEqual([
    {
      segment: name,
      places: 1,
      bytes: spoiled.length,
      offset: 0,
      why: 'checksum of a header does not match',
      copy: `${name}.damaged`,
    },
  ]);
  expect(segments).toMatchObject([{ name, end: spoiled.length }]);
  expect(files.files.get(`${name}.damaged`)).toEqual(spoiled);
  await readLog(files, { salt: SALT });
  expect([...files.files.keys()].toSorted()).toEqual([name, `${name}.damaged`]);
});

test.each([
  ['zeros', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(100_000)])],
  [
    'a record of which only the beginning was written, and zeros',
    (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, 80), Buffer.alloc(1000)]),
  ],
  ['a record that is cut short', (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, HEADER_BYTES + 3)])],
  ['a header that is cut short', (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, 2)])],
])('%s at the end are no damage', async (_what, spoil) => {
  const { files } = await newLog(['one', 'two and some more'], 1000);
  const [name] = files.files.keys();
  files.files.set(name!, spoil(files.files.get(name!)!));
  const { damage } = await readLog(files, { salt: SALT });
  expect(damage).toEqual([]);
  expect(await bodiesIn(files)).toEqual(['0 one', '1 two and some more']);
});

test('a start that finds nothing new reads what the one before it read, whatever failed writes left behind', async () => {
  const end = fc.constantFrom('nothing' as const, 'the beginning of a record' as const);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(5), { minLength: 1, maxLength: 20 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(3), end), { maxLength: 4 }),
      async (kinds, begun) => {
        const files = new MemoryLogFiles();
        const log = new WriteAheadLog({ files, ...NO_CAP, segmentBytes: 600, salt: SALT, epoch: 1 });
        const places = [0];
        for (const [i, kind] of kinds.entries()) {
          const { position } = log;
          const commit = encodeCommit({ position, redTo: i, block: i, rules: [], entries: Buffer.alloc(0) });
          if (kind === 0) await log.append(head(i, 1000, 'commit'), commit);
          else await log.append(head(i), Buffer.from(`${i} ${'x'.repeat(kind * 40)}`));
          places.push(log.position);
        }
        await log.close();
        // Segments that were begun where a record ends, by this owner or later ones, without a whole record in them.
        for (const [place, later, what] of begun) {
          const name = segmentName(places[place % places.length]!, 1 + later);
          if (!files.files.has(name)) files.files.set(name, Buffer.alloc(what === 'nothing' ? 0 : 20, 'Wnl'));
        }
        const first = await readLog(files, { salt: SALT });
        const bodies = await bodiesIn(files);
        const second = await readLog(files, { salt: SALT });
        expect(second.commit).toEqual(first.commit);
        expect(second.segments).toEqual(first.segments);
        expect(await bodiesIn(files)).toEqual(bodies);
      },
    ),
    { numRuns: 500 },
  );
});

test('a segment that is missing between two others is told', async () => {
  const { files } = await newLog(
    Array.from({ length: 12 }, () => 'x'.repeat(80)),
    400,
  );
  const names = [...files.files.keys()].toSorted();
  const missing = files.files.get(names[1]!)!.length;
  files.files.delete(names[1]!);
  expect((await readLog(files, { salt: SALT })).damage).toMatchObject([
    { segment: names[0], bytes: missing, why: 'bytes are missing' },
  ]);
});

describe('a newer format', () => {
  test('makes the start refuse, with what to do, and nothing is removed or copied', async () => {
    const { files } = await newLog(['one', 'two', 'three'], 1000);
    const [name] = files.files.keys();
    setFormat(files.files.get(name!)!.subarray(0, HEADER_BYTES), 3);
    const before = new Map(files.files);
    await expect(readLog(files, { salt: SALT })).rejects.toThrow(NewerFormatError);
    await expect(readLog(files, { salt: SALT })).rejects.toThrow(
      /start that version once more.*or move the directory away/,
    );
    expect(files.files).toEqual(before);
  });

  test('is told from a damaged format number', async () => {
    const { files } = await newLog(['one', 'two', 'three'], 1000);
    const [name] = files.files.keys();
    files.files.get(name!)![3] = 3;
    expect((await read(files)).bodies).toEqual(['1 two', '2 three']);
  });

  test('is not believed when a request says so', async () => {
    const fake = fakeRecord('fake', head(0), 1234, 3).toString('latin1');
    const { files, records } = await newLog(['one', `two ${fake}`, 'three'], 1000);
    files.files.get(records[1]!.file)![records[1]!.from] = 0;
    expect((await read(files)).bodies).toEqual(['0 one', '2 three']);
  });
});
