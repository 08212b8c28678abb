// Finds the records of requests in a file of the write-ahead log, for those that damage one on purpose.
import { decodeRecord } from '#collector/wal/record.ts';

export interface RequestRecord {
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
export function requestRecords(segment: Buffer): RequestRecord[] {
  const found: RequestRecord[] = [];
  for (let at = 0; at < segment.length;) {
    const record = decodeRecord(segment, at);
    if ('why' in record) break;
    const size = record.end - record.position;
    if (record.type === 'request') found.push({ at, size, body: Buffer.from(record.body) });
    at += size;
  }
  return found;
}
