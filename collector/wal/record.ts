// One record of the write-ahead log: a request as it was accepted, or what the log says about requests. A header of 64 bytes, then the
// body.
import { crc32 } from 'node:zlib';
import type { Signal } from '#proto/otlp/signal.ts';
import type { Encoding, Transport } from '../receive/intake.ts';
import { readSafeInteger, writeSafeInteger } from './safe-integer.ts';

/**
 * Bytes of a header, little-endian: 0 magic 3, format 1; 4 CRC of the header without this field; 8 CRC of the body; 12 body length; 16
 * type, 17 signal,
 * 18 transport, 19 encoding; 20 steps of T_min, 21 unused; 24 salt; 28 digest 12; 40 position 8; 48 number 8; 56 time 8.
 * Later formats keep the first 8 bytes and what the CRC at 4 covers, so that a newer format can be distinguished from a damaged record.
 */
export const HEADER_BYTES = 64;
/** Format 1 had another magic and a header of 32 bytes. */
const FORMAT = 2;
/** A digest is so many 32-bit words. */
export const DIGEST_WORDS = 3;

const MAGIC = Buffer.from('Wnl');
const START = Buffer.from([...MAGIC, FORMAT]);
const START_WORD = START.readUInt32LE();
const START_CRC = crc32(START);
const FORMAT_AT = 3;
const CRC_AT = 4;
const BODY_CRC_AT = 8;
const LENGTH_AT = 12;
const TYPE_AT = 16;
const STEPS_AT = 20;
const SALT_AT = 24;
const DIGEST_AT = 28;
const POSITION_AT = 40;
const NUMBER_AT = 48;
const TIME_AT = 56;

/**
 * request: as it was accepted. commit: see commit.ts. probe: nothing, of older versions. answer: what was answered to the request with the digest,
 * where it was a partial success. digests: of requests whose own records were removed. spans: of decided traces, likewise. copies: which spans
 * of the request with the digest, which comes next, had been received before.
 */
export type RecordType = 'request' | 'commit' | 'probe' | 'answer' | 'digests' | 'spans' | 'copies';

/** What the numbers on disk mean: a number never changes its meaning, and an older version refuses a new one by name. */
export const DISK_NUMBERS: {
  readonly types: readonly RecordType[];
  readonly signals: readonly Signal[];
  readonly transports: readonly Transport[];
  readonly encodings: readonly Encoding[];
} = {
  types: ['request', 'commit', 'probe', 'answer', 'digests', 'spans', 'copies'],
  signals: ['traces', 'logs', 'metrics'],
  transports: ['grpc', 'http', 'wal'],
  encodings: ['protobuf', 'json', 'remote_write_1', 'remote_write_2'],
};

/** What was in force when a request was accepted. */
export interface Circumstances {
  /**
   * When it was accepted, in the unit in which commits count. Traces and commits: the number of its first span, counted from the beginning of
   * the log (of a commit, the number of the next span). Logs and metrics: the position in the log.
   */
  readonly number: number;
  /** Steps of T_min in force then, at most 31. */
  readonly overloadSteps: number;
}

export interface RecordHead extends Circumstances {
  readonly type: RecordType;
  readonly signal: Signal;
  readonly transport: Transport;
  readonly encoding: Encoding;
  /** Unix ms when it was accepted. */
  readonly atMs: number;
  /** Of the request that it is or is about, {@link DIGEST_WORDS} words; undefined for other records, and in format 1. */
  readonly digest?: Uint32Array | undefined;
}

export interface LogRecord extends RecordHead {
  /** Bytes of the log before this record. */
  readonly position: number;
  /** … and with it. */
  readonly end: number;
  readonly body: Buffer;
  /** Bytes that the log of this directory puts into each of its records, unknown to those who send requests. undefined in format 1. */
  readonly salt: number | undefined;
}

/** Nothing is read of a log that a newer version has written: what it cannot read would be lost. */
export class NewerFormatError extends Error {
  override name = 'NewerFormatError';

  constructor(what: string) {
    super(
      `${what} was written by a newer version of Winnow: start that version once more with --wal.on_stop=decide and stop it, ` +
        'so that it empties the log, or move the directory away',
    );
  }
}

export function encodeHeader(head: RecordHead, body: Buffer, position: number, salt: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32LE(START_WORD, 0);
  header.writeUInt32LE(crc32(body), BODY_CRC_AT);
  header.writeUInt32LE(body.length, LENGTH_AT);
  header[TYPE_AT] = DISK_NUMBERS.types.indexOf(head.type);
  header[TYPE_AT + 1] = DISK_NUMBERS.signals.indexOf(head.signal);
  header[TYPE_AT + 2] = DISK_NUMBERS.transports.indexOf(head.transport);
  header[TYPE_AT + 3] = DISK_NUMBERS.encodings.indexOf(head.encoding);
  header.writeUInt32LE(head.overloadSteps, STEPS_AT);
  header.writeUInt32LE(salt, SALT_AT);
  for (let i = 0; i < DIGEST_WORDS; i++) header.writeUInt32LE(head.digest?.[i] ?? 0, DIGEST_AT + i * 4);
  writeSafeInteger(header, POSITION_AT, position);
  writeSafeInteger(header, NUMBER_AT, head.number);
  writeSafeInteger(header, TIME_AT, head.atMs);
  header.writeUInt32LE(crc32(header.subarray(BODY_CRC_AT), START_CRC), CRC_AT);
  return header;
}

/** Why there is no record at a place. `header`: its header is right. */
export interface NoRecord {
  readonly why: string;
  readonly header: boolean;
  /** The segment ends before the record does. */
  readonly isCut: boolean;
}

/**
 * The record at `offset` of a segment, or why there is none: what a crash has cut short, or what a disk has spoiled.
 * @throws NewerFormatError
 */
export function decodeRecord(segment: Buffer, offset: number): LogRecord | NoRecord {
  const rest = segment.length - offset;
  if (!startsWithMagic(segment, offset)) return { why: 'no record begins here', header: false, isCut: false };
  if (rest < HEADER_BYTES) return { why: 'cut short in a header', header: false, isCut: true };
  const format = segment[offset + FORMAT_AT]!;
  if (!isHeaderRight(segment, offset))
    return { why: 'checksum of a header does not match', header: false, isCut: false };
  if (format !== FORMAT) throw new NewerFormatError(`a record of format ${format} in the write-ahead log`);
  const length = segment.readUInt32LE(offset + LENGTH_AT);
  const from = offset + HEADER_BYTES;
  if (from + length > segment.length) return { why: 'cut short in a body', header: true, isCut: true };
  const body = segment.subarray(from, from + length);
  if (crc32(body) !== segment.readUInt32LE(offset + BODY_CRC_AT)) {
    return { why: 'checksum of a body does not match', header: true, isCut: false };
  }
  const type = DISK_NUMBERS.types[segment[offset + TYPE_AT]!];
  const signal = DISK_NUMBERS.signals[segment[offset + TYPE_AT + 1]!];
  const transport = DISK_NUMBERS.transports[segment[offset + TYPE_AT + 2]!];
  const encoding = DISK_NUMBERS.encodings[segment[offset + TYPE_AT + 3]!];
  if (type === undefined || signal === undefined || transport === undefined || encoding === undefined) {
    throw new NewerFormatError('a record of an unknown kind in the write-ahead log');
  }
  const position = readSafeInteger(segment, offset + POSITION_AT);
  return {
    type,
    signal,
    transport,
    encoding,
    body,
    position,
    end: position + HEADER_BYTES + length,
    overloadSteps: segment[offset + STEPS_AT]!,
    salt: segment.readUInt32LE(offset + SALT_AT),
    digest:
      type === 'request' || type === 'answer' || type === 'copies' ? digestAt(segment, offset + DIGEST_AT) : undefined,
    number: readSafeInteger(segment, offset + NUMBER_AT),
    atMs: readSafeInteger(segment, offset + TIME_AT),
  };
}

/** Offset of the next magic from `offset` on; -1 = there is none. */
export function nextMagic(segment: Buffer, offset: number): number {
  return segment.indexOf(MAGIC, offset);
}

/** The salt of the header at `offset`; undefined where none is, or none that is right. */
export function saltAt(segment: Buffer, offset: number): number | undefined {
  if (segment.length - offset < HEADER_BYTES || !startsWithMagic(segment, offset) || !isHeaderRight(segment, offset))
    return undefined;
  return segment.readUInt32LE(offset + SALT_AT);
}

/** Of a header that is cut within its magic, too. */
function startsWithMagic(segment: Buffer, offset: number): boolean {
  const bytes = Math.min(MAGIC.length, segment.length - offset);
  return segment.compare(MAGIC, 0, bytes, offset, offset + bytes) === 0;
}

function isHeaderRight(segment: Buffer, offset: number): boolean {
  const crc = crc32(
    segment.subarray(offset + BODY_CRC_AT, offset + HEADER_BYTES),
    crc32(segment.subarray(offset, offset + CRC_AT)),
  );
  return crc === segment.readUInt32LE(offset + CRC_AT);
}

function digestAt(segment: Buffer, at: number): Uint32Array {
  return Uint32Array.from({ length: DIGEST_WORDS }, (_, i) => segment.readUInt32LE(at + i * 4));
}
