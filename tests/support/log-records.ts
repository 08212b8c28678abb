// Finds the records of requests and commits in a file of the write-ahead log, for those that damage one on purpose.
import { decodeRecord } from '#collector/wal/record.ts';

export interface FoundRecord {
  readonly type: 'request' | 'commit';
  /** Offset in the file, and bytes. */
  readonly at: number;
  readonly size: number;
  readonly body: Buffer;
}

/** Where the first record does not begin, or is not whole. */
export function firstDamage(segment: Buffer): number {
  for (let at = 0; at < segment.length;) {
    const record = decodeRecord(segment, at);
    if ('why' in record) return at;
    at += record.end - record.position;
  }
  return segment.length;
}

/** Up to the first place where no record begins. */
export function recordsOf(segment: Buffer): FoundRecord[] {
  const found: FoundRecord[] = [];
  for (let at = 0; at < segment.length;) {
    const record = decodeRecord(segment, at);
    if ('why' in record) break;
    const size = record.end - record.position;
    if (record.type === 'request' || record.type === 'commit')
      found.push({ type: record.type, at, size, body: Buffer.from(record.body) });
    at += size;
  }
  return found;
}
