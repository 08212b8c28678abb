// The records of one segment. Where one is damaged, reading continues at the next one whose checksums hold: damage costs what it touched,
// and no more.
import { decodeOldRecord, nextOldMagic, oldRecordBytes } from './record-format-1.ts';
import { decodeRecord, nextMagic, saltAt, type LogRecord, type NoRecord } from './record.ts';

/**
 * Records of format 1 can be found only by checksums over their bodies: at most so many times the bytes of a segment are looked at for
 * that.
 */
const MOST_OLD_WORK = 8;
/** So many zeros at the end of a segment are blocks that the disk never wrote, and no end of a body. */
const UNWRITTEN_ZEROS = 64;

/** Bytes of a segment where no record could be read. */
export interface Gap {
  readonly offset: number;
  readonly bytes: number;
  readonly why: string;
  /** What a crash or a loss of power leaves of the last write: nothing that was acknowledged is missing. */
  readonly isTorn: boolean;
}

export interface SegmentPlace {
  readonly format: 1 | 2;
  /** Position of its first byte. */
  readonly start: number;
  /** What is at or behind this position of the log was written again elsewhere. */
  readonly limit: number;
  /**
   * Salts that this log is known to use. Behind damage only records with one of them are read: the body of a request may look like a
   * record, too.
   * Salts of records that follow each other without damage are added. Empty: any is read.
   */
  readonly salts: Set<number>;
}

export function* recordsIn(segment: Buffer, place: SegmentPlace, onGap: (gap: Gap) => void): Generator<LogRecord> {
  const { format, start, limit, salts } = place;
  const search = { work: MOST_OLD_WORK * segment.length };
  /** Position behind the last record. */
  let end = start;
  let isChain = true;
  for (let offset = 0; offset < segment.length;) {
    const found = format === 1 ? decodeOldRecord(segment, offset, start) : decodeRecord(segment, offset);
    if ('why' in found) {
      const next =
        format === 1 ? nextOldRecord(segment, offset + 1, start, search) : nextRecord(segment, offset + 1, salts);
      const to = next < 0 ? segment.length : next;
      // Where the next segment begins behind the last record, the rest was never acknowledged, or was written again.
      if (end < limit || next >= 0) {
        onGap({
          offset,
          bytes: to - offset,
          why: found.why,
          isTorn: next < 0 && limit === Infinity && isTorn(segment, offset, found),
        });
      }
      offset = to;
      isChain = false;
      continue;
    }
    if (found.position >= limit) return;
    if (isChain && found.position > end)
      onGap({ offset, bytes: found.position - end, why: 'bytes are missing', isTorn: false });
    if (found.salt !== undefined && isChain && found.position === end) salts.add(found.salt);
    offset += found.end - found.position;
    isChain = true;
    if (found.position < end) continue; // read before
    end = found.end;
    yield found;
  }
  if (format !== 1 && limit !== Infinity && isChain && end < limit) {
    onGap({ offset: segment.length, bytes: limit - end, why: 'bytes are missing', isTorn: false });
  }
}

function isTorn(segment: Buffer, offset: number, { isCut }: NoRecord): boolean {
  if (isCut) return true;
  let zerosFrom = segment.length;
  while (zerosFrom > offset && segment[zerosFrom - 1] === 0) zerosFrom--;
  return zerosFrom === offset || segment.length - zerosFrom >= UNWRITTEN_ZEROS;
}

function nextRecord(segment: Buffer, from: number, salts: ReadonlySet<number>): number {
  for (let at = nextMagic(segment, from); at >= 0; at = nextMagic(segment, at + 1)) {
    const salt = saltAt(segment, at);
    if (salt === undefined || (salts.size > 0 && !salts.has(salt))) continue;
    if (!('why' in decodeRecord(segment, at))) return at;
  }
  return -1;
}

function nextOldRecord(segment: Buffer, from: number, start: number, search: { work: number }): number {
  for (let at = nextOldMagic(segment, from); at >= 0; at = nextOldMagic(segment, at + 1)) {
    const bytes = oldRecordBytes(segment, at);
    if (bytes === undefined) continue;
    if (bytes > search.work) return -1;
    if (!('why' in decodeOldRecord(segment, at, start))) return at;
    search.work -= bytes;
  }
  return -1;
}
