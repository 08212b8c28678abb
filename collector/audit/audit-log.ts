// What the audit must know after a restart, in small files: each acknowledged block, the beginning and the end of each life of the collector.
// Records of one length with a checksum each: what a crash tears is passed over.
import { crc32 } from 'node:zlib';
import { isMissing } from '../store/patience.ts';
import { AUDIT_HORIZON_S } from './audited.ts';
import { textOf } from './small.ts';

/** One flat directory. */
export interface AuditFiles {
  list(): Promise<string[]>;
  read(name: string): Promise<Buffer>;
  /** Adds to the end, making the file. With `sync` it survives loss of power. */
  append(name: string, bytes: Buffer, sync: boolean): Promise<void>;
  remove(name: string): Promise<void>;
  /** Writes the whole of a file: a crash of the process leaves the old one or the new one. */
  replace(name: string, bytes: Buffer): Promise<void>;
}

export const BLOCK = 1;
/** A life begins: `second`, and in `digest` when the machine was started. */
export const LIFE = 2;
/** A life ended in order. */
export const END = 3;
/** Spans were found stored twice: `rows`, in the slice `seq`, looked through until `second`. */
export const DOUBLED_SPANS = 4;
/** What differed until then is known, and no news any more. */
export const ACCEPTED = 5;
/** `rows` items that were acknowledged were not in the write-ahead log at a start. */
export const MISSING_IN_LOG = 6;
/** `rows` items came in a request that was received twice. */
export const DOUBLED_REQUEST = 7;

export interface AuditRecord {
  readonly kind: number;
  /** Number in AUDITED. */
  readonly table: number;
  readonly second: number;
  readonly rows: number;
  readonly digest: number;
  readonly seq: number;
}

const RECORD_BYTES = 32;
/** Records that are written at once, at most. */
const MAX_BATCH = 1024;
/**
 * A block that was noted, and whose writing was reported as failed, is noted again in the next file: of so many blocks before a record it
 * is known that they were noted.
 */
const KNOWN_BLOCKS = 2 * MAX_BATCH;
const LOG_EVERY_S = 30;
/** A file is written to for so long, s. */
const FILE_S = 3600;
const NAME = /^(\d{12})-([0-9a-f]{8})\.audit$/;

export interface AuditLogOptions {
  readonly files: AuditFiles;
  /** 32 bits of what the records speak of: this collector's rows in one database. */
  readonly key: number;
  /** What is appended survives loss of power. */
  readonly sync: boolean;
  readonly nowS: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', line: string) => void;
}

interface Waiting {
  readonly bytes: Buffer;
  /** Written later when it cannot be written now. */
  readonly isKept: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class AuditLog {
  /** Records that could not be read at the start. */
  damaged = 0;
  readonly #files: AuditFiles;
  readonly #key: string;
  readonly #sync: boolean;
  readonly #nowS: () => number;
  readonly #log: AuditLogOptions['log'];
  /** First seconds of the files, ascending. */
  readonly #begins: number[] = [];
  /** The file being written; undefined: a new one is due. */
  #current: number | undefined;
  /** In their order. Of those that are kept, no more than the spool has blocks: their files use room there until they are noted. */
  readonly #waiting: Waiting[] = [];
  #isWriting = false;
  #saidS = -Infinity;
  /** Why the last writing failed; undefined when it did not. */
  failure: unknown;

  private constructor({ files, key, sync, nowS, log }: AuditLogOptions) {
    this.#files = files;
    this.#key = key.toString(16).padStart(8, '0');
    this.#sync = sync;
    this.#nowS = nowS;
    this.#log = log;
  }

  /** Opens the directory and hands over every record of the last day, oldest first. Files of another key go: they speak of another store. */
  static async open(options: AuditLogOptions, each: (record: AuditRecord) => void): Promise<AuditLog> {
    const { files, nowS } = options;
    const log = new AuditLog(options);
    for (const name of (await files.list()).sort()) {
      const match = NAME.exec(name);
      if (match === null) continue;
      if (match[2] === log.#key) log.#begins.push(Number(match[1]));
      else await files.remove(name);
    }
    await log.#prune();
    let isWhole = false;
    const blocks = new Set<number>();
    for (const begin of log.#begins) {
      const bytes = await files.read(log.#nameOf(begin));
      isWhole = bytes.length % RECORD_BYTES === 0;
      log.damaged += readRecords(bytes, (record) => {
        if (record.kind !== BLOCK || isNew(blocks, record.seq)) each(record);
      });
    }
    const last = log.#begins.at(-1);
    if (isWhole && last !== undefined && nowS() - last < FILE_S) log.#current = last;
    return log;
  }

  /**
   * Resolved when it is written. Rejects when it cannot be written now. Records that wait for the disk go together.
   */
  append(record: AuditRecord): Promise<void> {
    return this.#add(record, false);
  }

  /** Resolved when it is written: what the system refuses is tried again with the next record, and by `retry`. */
  keep(record: AuditRecord): Promise<void> {
    return this.#add(record, true);
  }

  retry(): void {
    void this.#write();
  }

  /** Blocks of a table that were stored in one of these seconds. */
  async blocksOf(table: number, seconds: ReadonlySet<number>): Promise<AuditRecord[]> {
    const found: AuditRecord[] = [];
    for (const begin of this.#begins) {
      readRecords(await this.#files.read(this.#nameOf(begin)), (record) => {
        if (record.kind === BLOCK && record.table === table && seconds.has(record.second)) found.push(record);
      });
    }
    return found;
  }

  #nameOf(begin: number): string {
    return `${String(begin).padStart(12, '0')}-${this.#key}.audit`;
  }

  #add(record: AuditRecord, isKept: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes: encode(record), isKept, resolve, reject });
      void this.#write();
    });
  }

  async #write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      try {
        await this.#appendToFile(Buffer.concat(batch.map(({ bytes }) => bytes)));
      } catch (error) {
        this.#failed(error);
        break;
      }
      this.failure = undefined;
      this.#waiting.splice(0, batch.length);
      for (const { resolve } of batch) resolve();
    }
    this.#isWriting = false;
  }

  #failed(error: unknown): void {
    this.failure = error;
    const given = this.#waiting.splice(0);
    this.#waiting.push(...given.filter(({ isKept }) => isKept));
    for (const { isKept, reject } of given) if (!isKept) reject(error);
    if (this.#waiting.length === 0 || this.#nowS() - this.#saidS < LOG_EVERY_S) return;
    this.#saidS = this.#nowS();
    const what = `${this.#waiting.length} blocks that ClickHouse has keep their files in the spool`;
    this.#log(
      'warn',
      `audit: cannot note what ClickHouse acknowledged (${textOf(error)}): ${what}, and it is tried again until it works`,
    );
  }

  /** What fails may have left a part of a record: nothing more is written behind it. */
  async #appendToFile(bytes: Buffer): Promise<void> {
    const before = this.#current;
    const begin = await this.#file();
    try {
      await this.#files.append(this.#nameOf(begin), bytes, this.#sync);
    } catch (error) {
      this.#current = undefined;
      if (begin !== before && (await this.#removed(begin))) this.#begins.pop();
      throw error;
    }
  }

  async #file(): Promise<number> {
    const nowS = this.#nowS();
    if (this.#current !== undefined && nowS - this.#current < FILE_S) return this.#current;
    await this.#prune();
    this.#current = Math.max(nowS, (this.#begins.at(-1) ?? 0) + 1);
    this.#begins.push(this.#current);
    return this.#current;
  }

  /** Files go when all that may be in them is older than a day; with the next file when they cannot be removed now. */
  async #prune(): Promise<void> {
    const oldest = this.#nowS() - AUDIT_HORIZON_S - FILE_S;
    while (this.#begins.length > 1 && this.#begins[1]! < oldest && (await this.#removed(this.#begins[0]!)))
      this.#begins.shift();
  }

  async #removed(begin: number): Promise<boolean> {
    try {
      await this.#files.remove(this.#nameOf(begin));
      return true;
    } catch (error) {
      return isMissing(error);
    }
  }
}

/** Whether a block is none of the last ones. */
function isNew(blocks: Set<number>, seq: number): boolean {
  if (blocks.has(seq)) return false;
  blocks.add(seq);
  for (const oldest of blocks) {
    if (blocks.size <= KNOWN_BLOCKS) break;
    blocks.delete(oldest);
  }
  return true;
}

function encode({ kind, table, second, rows, digest, seq }: AuditRecord): Buffer {
  const bytes = Buffer.alloc(RECORD_BYTES);
  bytes.writeUInt8(kind, 4);
  bytes.writeUInt8(table, 5);
  bytes.writeUInt32LE(second, 8);
  bytes.writeUInt32LE(rows, 12);
  bytes.writeDoubleLE(digest, 16);
  bytes.writeDoubleLE(seq, 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** Returns how many records could not be read. */
function readRecords(bytes: Buffer, each: (record: AuditRecord) => void): number {
  let damaged = bytes.length % RECORD_BYTES === 0 ? 0 : 1;
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    if (bytes.readUInt32LE(at) !== crc32(bytes.subarray(at + 4, at + RECORD_BYTES))) {
      damaged++;
      continue;
    }
    each({
      kind: bytes.readUInt8(at + 4),
      table: bytes.readUInt8(at + 5),
      second: bytes.readUInt32LE(at + 8),
      rows: bytes.readUInt32LE(at + 12),
      digest: bytes.readDoubleLE(at + 16),
      seq: bytes.readDoubleLE(at + 24),
    });
  }
  return damaged;
}
