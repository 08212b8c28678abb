// Format 1 of the write-ahead log, frozen as it was written before records named their format: directories of that version are read for
// ever.
import { crc32 } from 'node:zlib';

export interface OldRecord {
  readonly type: 'request' | 'commit' | 'probe';
  readonly signal: 'traces' | 'logs' | 'metrics';
  readonly number: number;
  readonly overloadSteps?: number;
  readonly atMs: number;
  readonly body: Buffer;
}

export const OLD_HEADER_BYTES = 32;
const TYPES = ['request', 'commit', 'probe'];
const SIGNALS = ['traces', 'logs', 'metrics'];
const GRPC = 0;

export function oldRecord({ type, signal, number, overloadSteps = 0, atMs, body }: OldRecord): Buffer {
  const header = Buffer.alloc(OLD_HEADER_BYTES);
  header.writeUInt32LE(0x57_4e_57_4c, 0);
  header.writeUInt32LE(body.length, 8);
  header[12] = TYPES.indexOf(type);
  header[13] = SIGNALS.indexOf(signal);
  header[14] = GRPC;
  header[15] = overloadSteps * 8;
  header.writeBigUInt64LE(BigInt(number), 16);
  header.writeBigUInt64LE(BigInt(atMs), 24);
  header.writeUInt32LE(crc32(body, crc32(header.subarray(8))), 4);
  return Buffer.concat([header, body]);
}

/** Body of a commit without decided traces. */
export function oldCommit(commit: {
  readonly position: number;
  readonly redTo: number;
  readonly block: number;
}): Buffer {
  const text = Buffer.from(JSON.stringify({ ...commit, rules: [] }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text]);
}

export function oldSegmentName(start: number): string {
  return `${String(start).padStart(16, '0')}.wal`;
}
