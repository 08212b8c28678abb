// Records as they were before they named their format: a header of 32 bytes. They are read, and never written.
import { crc32 } from 'node:zlib';
import { DISK_NUMBERS, type LogRecord, type NoRecord } from './record.ts';
import { readSafeInteger } from './safe-integer.ts';

/**
 * Bytes of a header: magic 4, CRC of all that follows 4, body length 4, type 1, signal 1, transport 1, encoding and steps of T_min 1,
 * number 8, time 8.
 */
const HEADER_BYTES = 32;
const MAGIC = Buffer.from('LWNW');
const CRC_FROM = 8;
/** The lowest bits of the byte are the encoding, the rest are steps of T_min (20 at most). */
const ENCODING_RANGE = 8;
/** Request, commit, probe. */
const TYPES = 3;

/** @param start position of the segment's first byte */
export function decodeOldRecord(segment: Buffer, offset: number, start: number): LogRecord | NoRecord {
  const magic = Math.min(MAGIC.length, segment.length - offset);
  if (segment.compare(MAGIC, 0, magic, offset, offset + magic) !== 0)
    return { why: 'no record begins here', header: false, isCut: false };
  if (offset + HEADER_BYTES > segment.length) return { why: 'cut short in a header', header: false, isCut: true };
  const length = segment.readUInt32LE(offset + 8);
  const from = offset + HEADER_BYTES;
  // The header has no checksum of its own: a spoiled length looks like a record that is cut short.
  if (from + length > segment.length) return { why: 'cut short in a body', header: false, isCut: true };
  const crc = crc32(segment.subarray(offset + CRC_FROM, from + length));
  if (crc !== segment.readUInt32LE(offset + 4)) return { why: 'checksum does not match', header: false, isCut: false };
  const type = segment[offset + 12]! < TYPES ? DISK_NUMBERS.types[segment[offset + 12]!] : undefined;
  const signal = DISK_NUMBERS.signals[segment[offset + 13]!];
  const transport = DISK_NUMBERS.transports[segment[offset + 14]!];
  const encoding = DISK_NUMBERS.encodings[segment[offset + 15]! % ENCODING_RANGE];
  if (type === undefined || signal === undefined || transport === undefined || encoding === undefined) {
    return { why: 'unknown numbers in a header', header: false, isCut: false };
  }
  return {
    type,
    signal,
    transport,
    encoding,
    overloadSteps: Math.floor(segment[offset + 15]! / ENCODING_RANGE),
    number: readSafeInteger(segment, offset + 16),
    atMs: readSafeInteger(segment, offset + 24),
    position: start + offset,
    end: start + from + length,
    body: segment.subarray(from, from + length),
    salt: undefined,
    digest: undefined,
  };
}

/** Offset of the next magic from `offset` on; -1 = there is none. */
export function nextOldMagic(segment: Buffer, offset: number): number {
  return segment.indexOf(MAGIC, offset);
}

/** Bytes of a record that begins there, by its header; undefined where the header cannot be one. */
export function oldRecordBytes(segment: Buffer, offset: number): number | undefined {
  if (offset + HEADER_BYTES > segment.length) return undefined;
  if (segment[offset + 12]! >= TYPES || segment[offset + 13]! >= DISK_NUMBERS.signals.length) return undefined;
  const bytes = HEADER_BYTES + segment.readUInt32LE(offset + 8);
  return offset + bytes > segment.length ? undefined : bytes;
}
