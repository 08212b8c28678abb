// Reads what an earlier life left in the write-ahead log: which traces it decided, and the requests that have to be replayed.
import { decidedIn, decodeCommit, type Commit } from './commit.ts';
import type { DecidedTrace } from './decided-traces.ts';
import type { LogFiles } from './log-files.ts';
import { decodeOldRecord } from './record-format-1.ts';
import type { LogRecord } from './record.ts';
import { recordsIn, type Gap, type SegmentPlace } from './scan-segment.ts';
import { noBytes, NO_EPOCH, parseSegmentName, type Segment } from './segment.ts';

/** What a crash has left. */
export interface RecoveredLog {
  readonly segments: readonly Segment[];
  /** The last one; undefined = none was ever made. */
  readonly commit: Omit<Commit, 'entries' | 'rules'> | undefined;
  /** By trace id, in the order in which they were decided. Bounded by what the log may hold. */
  readonly decided: ReadonlyMap<string, DecidedTrace>;
  /** Number of the next span. */
  readonly nextSpan: number;
  /** Segments of which not all could be read; an end that a crash cut short is no damage. */
  readonly damage: readonly Damage[];
  /**
   * Records of requests in their order, and what the log knows of requests whose own records were removed; read anew from disk, segment
   * by segment.
   */
  readonly records: () => AsyncGenerator<LogRecord>;
}

/** Of one segment. */
export interface Damage {
  readonly segment: string;
  /** Places where records could not be read, at least one record each, and the bytes of all of them. */
  readonly places: number;
  readonly bytes: number;
  /** The first of them, and what is wrong there. */
  readonly offset: number;
  readonly why: string;
  /** Name of the copy that was made of the segment; undefined when it could not be written. */
  readonly copy: string | undefined;
}

export interface ReadOptions {
  /** Of the reader: what a later owner wrote is not for it. */
  readonly epoch?: number;
  /** Which the log of this directory puts into its records. */
  readonly salt?: number | undefined;
  /** What is read survives loss of power: requests that come again are answered as those in the log were. */
  readonly sync?: boolean;
}

const TOO_LATE = 'written by an earlier owner after a later one had begun';

interface NamedSegment {
  readonly name: string;
  readonly place: SegmentPlace;
}

/** @throws Error when a later owner, or a newer version, wrote to the log */
export async function readLog(
  files: LogFiles,
  { epoch = Infinity, salt, sync = false }: ReadOptions = {},
): Promise<RecoveredLog> {
  const salts = new Set<number>(salt === undefined ? [] : [salt]);
  const named = namedSegments(await files.list(), epoch, salts);
  const read: NamedSegment[] = [];
  const segments: Segment[] = [];
  /** Segments without a record. */
  const empty: string[] = [];
  const damage: Damage[] = [];
  const decided = new Map<string, DecidedTrace>();
  let commit: RecoveredLog['commit'];
  let nextSpan = 0;
  for (const one of named) {
    const { name, place } = one;
    const bytes = await readSegment(files, name);
    if (bytes === undefined) {
      damage.push({ segment: name, places: 1, bytes: 0, offset: 0, why: 'it is a directory', copy: undefined });
      continue;
    }
    if (isOtherLine(one, bytes)) throw new OlderVersionError(name);
    const before = read.at(-1)?.place.format === 1 ? segments.at(-1) : undefined;
    const gaps: Gap[] = [];
    const segment: Segment = { name, start: place.start, end: place.start, lastMs: 0, bytes: noBytes() };
    if (place.limit <= place.start && bytes.length > 0)
      gaps.push({ offset: 0, bytes: bytes.length, why: TOO_LATE, isTorn: false });
    else
      for (const record of recordsIn(bytes, place, (gap) => gaps.push(gap))) {
        if (before !== undefined && place.format !== 1 && before.end !== place.start && record.atMs < before.lastMs) {
          throw new OlderVersionError(before.name);
        }
        segment.end = record.end;
        segment.lastMs = record.atMs;
        if (record.type === 'request') segment.bytes[record.signal] += record.end - record.position;
        if (record.signal === 'traces') nextSpan = Math.max(nextSpan, record.number);
        if (record.type !== 'commit') continue;
        const found = commitIn(record);
        if (found === undefined) {
          const { position, end } = record;
          gaps.push({
            offset: position - place.start,
            bytes: end - position,
            why: 'a commit does not read',
            isTorn: false,
          });
          continue;
        }
        const { position, redTo, block, account } = found;
        commit = { position, redTo, block, account };
        for (const trace of decidedIn(found)) {
          decided.delete(trace.traceId); // to the end: later decisions are younger
          decided.set(trace.traceId, trace);
        }
      }
    const damaged = gaps.filter((gap) => !gap.isTorn);
    const [first] = damaged;
    const copy = first === undefined ? undefined : await copyAside(files, name, bytes);
    if (first !== undefined) {
      const lost = damaged.reduce((sum, gap) => sum + gap.bytes, 0);
      damage.push({ segment: name, places: damaged.length, bytes: lost, offset: first.offset, why: first.why, copy });
      segment.end = Math.max(segment.end, Math.min(place.start + bytes.length, place.limit)); // later segments begin behind it
    }
    if (segment.end > place.start) {
      segments.push(segment);
      read.push(one);
    } else if (first === undefined || copy !== undefined) empty.push(name);
  }
  let names = named.map(({ name }) => name);
  for (const name of empty) {
    const others = names.filter((other) => other !== name);
    if (endAlike(names, others)) {
      await files.remove(name);
      names = others;
    }
  }
  // Only the end of the last one may be in no file but the cache of the disk; the others ended with a sync, or were begun anew where it failed.
  if (sync) for (const [i, { name }] of segments.entries()) await files.keep(name, i === segments.length - 1);
  return {
    segments,
    commit,
    decided,
    nextSpan,
    damage,
    records: async function* () {
      for (const { name, place } of read) {
        for (const record of recordsIn(await files.read(name), place, () => undefined)) {
          if (record.type !== 'commit' && record.type !== 'probe') yield record;
        }
      }
    },
  };
}

/**
 * An older version, which does not see the segments of newer ones, has begun the log anew: nobody can say what of either is still needed.
 */
class OlderVersionError extends Error {
  constructor(name: string) {
    super(
      `an older version of Winnow has used the data directory after a newer one (at ${name}): start the older one once more with ` +
        '--wal.on_stop=decide and stop it, then move the segments of one of them away (POSITION.wal are those of the older one, ' +
        'POSITION-EPOCH.wal those of the newer one)',
    );
  }
}

/** Of a segment of format 1: it has records behind the place where newer segments begin. */
function isOtherLine({ place: { format, start, limit } }: NamedSegment, bytes: Buffer): boolean {
  return (
    format === 1 &&
    limit - start < bytes.length &&
    !('why' in decodeOldRecord(bytes, Math.max(0, limit - start), start))
  );
}

/** What the name of a segment says. */
type SegmentMark = NonNullable<ReturnType<typeof parseSegmentName>>;

/** In the order of the log. */
function namedSegments(names: readonly string[], epoch: number, salts: Set<number>): NamedSegment[] {
  const parsed = names.flatMap((name) => {
    const found = parseSegmentName(name);
    return found === undefined ? [] : [{ name, ...found }];
  });
  const later = parsed.find((segment) => segment.epoch > epoch);
  if (later !== undefined) {
    throw new Error(
      `${later.name} was written by owner ${later.epoch} of this data directory, which came after this one (owner ${epoch}): ` +
        'another collector uses the directory, or a copy of it was put over it; stop the other one, or give another --data DIR',
    );
  }
  parsed.sort((a, b) => a.start - b.start || a.epoch - b.epoch);
  return parsed.map((one) => {
    const { name, start, epoch: by } = one;
    return { name, place: { format: by === NO_EPOCH ? 1 : 2, start, limit: limitOf(one, parsed), salts } };
  });
}

/** A segment ends where a later one begins: what a failed write left behind that place was written again there, or was never acknowledged. */
function limitOf(one: SegmentMark, all: readonly SegmentMark[]): number {
  const isLater = (other: SegmentMark): boolean =>
    other.epoch > one.epoch || (other.epoch === one.epoch && other.start > one.start);
  return all.reduce((least, other) => (isLater(other) ? Math.min(least, other.start) : least), Infinity);
}

/**
 * Whether segments end where they did when only some of them are left. An empty segment may be all that hides what a failed write left in another:
 * this start acts without it, by removing the blocks of a commit for example, so that it MUST stay hidden from the next.
 */
function endAlike(before: readonly string[], after: readonly string[]): boolean {
  const [all, left] = [before, after].map((names) => names.flatMap((name) => parseSegmentName(name) ?? []));
  return left!.every((one) => limitOf(one, all!) === limitOf(one, left!));
}

async function readSegment(files: LogFiles, name: string): Promise<Buffer | undefined> {
  try {
    return await files.read(name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EISDIR') return undefined;
    throw error;
  }
}

function commitIn({ body }: LogRecord): Commit | undefined {
  try {
    return decodeCommit(body);
  } catch {
    return undefined; // its checksum was right
  }
}

/** Once: a copy of an earlier start stays as it is. */
async function copyAside(files: LogFiles, name: string, bytes: Buffer): Promise<string | undefined> {
  const copy = `${name}.damaged`;
  if ((await files.list()).includes(copy)) return copy;
  try {
    const file = await files.create(copy, true);
    try {
      await file.write([bytes]);
      await file.sync();
    } finally {
      await file.close();
    }
    return copy;
  } catch {
    await files.remove(copy).catch(() => undefined); // half of it is no copy
    return undefined;
  }
}
