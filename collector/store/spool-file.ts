// One file of the spool: magic, length and checksum of the header, header (JSON: columns, length and checksum of the block, token), block.
// Files of versions before have no token, and no checksum of their header.
import { membersOf } from '#proto/model/untyped.ts';
import { crc32 } from 'node:zlib';
import type { AuditMark } from './block.ts';

/**
 * The bytes are not those that were written. Every other error while reading says something about the system, and nothing about the file.
 */
export class DamagedBlock extends Error {
  override readonly name = 'DamagedBlock';
}

export interface SpoolFile {
  readonly columns: readonly string[];
  /** undefined in files of versions before. */
  readonly token: string | undefined;
  /** For the audit of the store; undefined for tables that are not audited. */
  readonly audit: AuditMark | undefined;
  readonly payload: Buffer;
}

const MAGIC_BYTES = 8;
const MAGIC_1 = 'WNSPOOL1';
const MAGIC_2 = 'WNSPOOL2';
const PREFIX_1_BYTES = MAGIC_BYTES + 4;
const PREFIX_2_BYTES = MAGIC_BYTES + 8;

/** What comes before the block's bytes. */
export function spoolFileHead({ columns, token, audit }: Omit<SpoolFile, 'payload'>, payload: Buffer): Buffer {
  const header = Buffer.from(JSON.stringify({ columns, length: payload.length, crc32: crc32(payload), token, audit }));
  const prefix = Buffer.alloc(PREFIX_2_BYTES);
  prefix.write(MAGIC_2, 'latin1');
  prefix.writeUInt32LE(header.length, MAGIC_BYTES);
  prefix.writeUInt32LE(crc32(header), MAGIC_BYTES + 4);
  return Buffer.concat([prefix, header]);
}

/** @throws DamagedBlock */
export function parseSpoolFile(file: Buffer): SpoolFile {
  const magic = file.toString('latin1', 0, MAGIC_BYTES);
  const prefixBytes = magic === MAGIC_2 ? PREFIX_2_BYTES : PREFIX_1_BYTES;
  if (magic !== MAGIC_1 && magic !== MAGIC_2) throw new DamagedBlock('not a spool file');
  if (file.length < prefixBytes) throw new DamagedBlock('cut short in its header');
  const headerEnd = prefixBytes + file.readUInt32LE(MAGIC_BYTES);
  if (headerEnd > file.length) throw new DamagedBlock('cut short in its header');
  const text = file.subarray(prefixBytes, headerEnd);
  const isWhole = magic === MAGIC_1 || crc32(text) === file.readUInt32LE(MAGIC_BYTES + 4);
  if (!isWhole) throw new DamagedBlock('checksum of its header does not match');
  const header = headerOf(text);
  const payload = file.subarray(headerEnd);
  if (payload.length !== header.length)
    throw new DamagedBlock(`holds ${payload.length} bytes instead of ${header.length}`);
  if (crc32(payload) !== header.crc32) throw new DamagedBlock('checksum does not match');
  return { columns: header.columns, token: header.token, audit: header.audit, payload };
}

interface Header extends Omit<SpoolFile, 'payload'> {
  readonly length: number;
  readonly crc32: number;
}

function headerOf(text: Buffer): Header {
  let header: unknown;
  try {
    header = JSON.parse(text.toString());
  } catch {
    throw new DamagedBlock('its header is no JSON');
  }
  const { columns, length, crc32: checksum, token, audit } = membersOf(header);
  const hasColumns = Array.isArray(columns) && columns.every((column) => typeof column === 'string');
  const hasToken = token === undefined || typeof token === 'string';
  if (!hasColumns || typeof length !== 'number' || typeof checksum !== 'number' || !hasToken)
    throw new DamagedBlock('its header lacks fields');
  return { columns, length, crc32: checksum, token, audit: auditIn(audit) };
}

function auditIn(audit: unknown): AuditMark | undefined {
  const { storedAt, digest } = membersOf(audit);
  return typeof storedAt === 'number' && typeof digest === 'number' ? { storedAt, digest } : undefined;
}
