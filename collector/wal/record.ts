// One record of the write-ahead log: a request as it was taken, or a commit. Header of 32 bytes, then the body.
import { crc32 } from 'node:zlib';
import type { Encoding, Signal, Transport } from '../receive/intake.ts';

/** Bytes of a header: magic 4, CRC of all that follows 4, body length 4, type 1, signal 1, transport 1, encoding and steps of T_min 1, number 8, time 8. */
export const HEADER_BYTES = 32;
const MAGIC = 0x57_4e_57_4c;
const TWO_32 = 4_294_967_296;
const CRC_FROM = 8;

export type RecordType = 'request' | 'commit' | 'probe';
const TYPES: readonly RecordType[] = ['request', 'commit', 'probe'];
const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];
const TRANSPORTS: readonly Transport[] = ['grpc', 'http', 'wal'];
const ENCODINGS: readonly Encoding[] = ['protobuf', 'json'];
/** The encoding takes the lowest bits of its byte, steps of T_min (20 at most) the rest. */
const ENCODING_RANGE = 8;

/** In which a request was taken. */
export interface Circumstances {
  /** When it was taken, by what commits count: of traces and commits the number of its first span, or the next one, over the life of the log; of logs and metrics the position of the log. */
  readonly number: number;
  /** Steps of T_min in force then, at most 31. */
  readonly overloadSteps: number;
}

export interface RecordHead extends Circumstances {
  readonly type: RecordType;
  readonly signal: Signal;
  readonly transport: Transport;
  readonly encoding: Encoding;
  /** Unix ms when it was taken. */
  readonly atMs: number;
}

export interface LogRecord extends RecordHead {
  /** Bytes of the log before this record. */
  readonly position: number;
  readonly body: Buffer;
}

export function encodeHeader(head: RecordHead, body: Buffer): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(body.length, 8);
  header[12] = TYPES.indexOf(head.type);
  header[13] = SIGNALS.indexOf(head.signal);
  header[14] = TRANSPORTS.indexOf(head.transport);
  header[15] = ENCODINGS.indexOf(head.encoding) + head.overloadSteps * ENCODING_RANGE;
  writeSafeInteger(header, 16, head.number);
  writeSafeInteger(header, 24, head.atMs);
  header.writeUInt32LE(crc32(body, crc32(header.subarray(CRC_FROM))), 4);
  return header;
}

/**
 * The record at `offset` of a segment; a string says why there is none: what a crash has cut short, or what a disk has spoiled.
 * @param start position of the segment's first byte
 */
export function decodeRecord(segment: Buffer, offset: number, start: number): LogRecord | string {
  if (offset + HEADER_BYTES > segment.length) return 'cut short in a header';
  if (segment.readUInt32LE(offset) !== MAGIC) return 'no record begins here';
  const length = segment.readUInt32LE(offset + 8);
  const from = offset + HEADER_BYTES;
  if (from + length > segment.length) return 'cut short in a body';
  if (crc32(segment.subarray(offset + CRC_FROM, from + length)) !== segment.readUInt32LE(offset + 4)) return 'checksum does not match';
  const type = TYPES[segment[offset + 12]!];
  const signal = SIGNALS[segment[offset + 13]!];
  const transport = TRANSPORTS[segment[offset + 14]!];
  const encoding = ENCODINGS[segment[offset + 15]! % ENCODING_RANGE];
  if (type === undefined || signal === undefined || transport === undefined || encoding === undefined) return 'written by a newer version';
  return {
    type, signal, transport, encoding,
    overloadSteps: Math.floor(segment[offset + 15]! / ENCODING_RANGE),
    number: readSafeInteger(segment, offset + 16),
    atMs: readSafeInteger(segment, offset + 24),
    position: start + offset,
    body: segment.subarray(from, from + length),
  };
}

/** Integers below 2^53, little-endian in 8 bytes. */
export function writeSafeInteger(out: Buffer, at: number, value: number): void {
  out.writeUInt32LE(value % TWO_32, at);
  out.writeUInt32LE(Math.floor(value / TWO_32), at + 4);
}

export function readSafeInteger(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * TWO_32 + bytes.readUInt32LE(at);
}
