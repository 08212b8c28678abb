// What the audit must know after a restart, in small files: each acknowledged block, the beginning and the end of each life of the collector.
// Records of one length with a checksum each: what a crash tears is passed over.
import { crc32 } from 'node:zlib';
import { AUDIT_HORIZON_S } from './audited.ts';

/** One flat directory. */
export interface AuditFiles {
  list(): Promise<string[]>;
  read(name: string): Promise<Buffer>;
  /** Adds to the end, making the file. With `sync` it survives loss of power. */
  append(name: string, bytes: Buffer, sync: boolean): Promise<void>;
  remove(name: string): Promise<void>;
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
}

export class AuditLog {
  /** Records that could not be read at the start. */
  damaged = 0;
  readonly #files: AuditFiles;
  readonly #key: string;
  readonly #sync: boolean;
  readonly #nowS: () => number;
  /** First seconds of the files, ascending. */
  readonly #begins: number[] = [];
  /** The file being written; undefined: a new one is due. */
  #current: number | undefined;
  #waiting: { readonly bytes: Buffer; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  #isWriting = false;

  private constructor({ files, key, sync, nowS }: AuditLogOptions) {
    this.#files = files;
    this.#key = key.toString(16).padStart(8, '0');
    this.#sync = sync;
    this.#nowS = nowS;
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
    for (const begin of log.#begins) {
      const bytes = await files.read(log.#nameOf(begin));
      isWhole = bytes.length % RECORD_BYTES === 0;
      log.damaged += readRecords(bytes, each);
    }
    const last = log.#begins.at(-1);
    if (isWhole && last !== undefined && nowS() - last < FILE_S) log.#current = last;
    return log;
  }

  /** Resolved when it is written. Records that wait for the disk go together. */
  append(record: AuditRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes: encode(record), resolve, reject });
      void this.#write();
    });
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

  async #write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#files.append(this.#nameOf(await this.#file()), Buffer.concat(batch.map(({ bytes }) => bytes)), this.#sync);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#current = undefined; // a part of a record may be at its end
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }

  async #file(): Promise<number> {
    const nowS = this.#nowS();
    if (this.#current !== undefined && nowS - this.#current < FILE_S) return this.#current;
    this.#current = Math.max(nowS, (this.#begins.at(-1) ?? 0) + 1);
    this.#begins.push(this.#current);
    await this.#prune();
    return this.#current;
  }

  /** Files go when all that may be in them is older than a day. */
  async #prune(): Promise<void> {
    const oldest = this.#nowS() - AUDIT_HORIZON_S - FILE_S;
    while (this.#begins.length > 1 && this.#begins[1]! < oldest) await this.#files.remove(this.#nameOf(this.#begins.shift()!));
  }
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
      kind: bytes.readUInt8(at + 4), table: bytes.readUInt8(at + 5), second: bytes.readUInt32LE(at + 8), rows: bytes.readUInt32LE(at + 12),
      digest: bytes.readDoubleLE(at + 16), seq: bytes.readDoubleLE(at + 24),
    });
  }
  return damaged;
}
