// The durable queue between encoders and ClickHouse: a finished block is a file until ClickHouse has acknowledged it.
// Pure logic over a face of the file system, so that tests can crash it anywhere.
import { crc32 } from 'node:zlib';
import type { AuditMark, Block } from './block.ts';

/** One flat directory. Every call may reject; none leaves half a file under the name it was asked for. */
export type SpoolFiles = {
  list(): Promise<string[]>;
  read(name: string): Promise<Buffer>;
  /** Appears whole or not at all; with `sync` it also survives loss of power. */
  write(name: string, parts: readonly Buffer[], sync: boolean): Promise<void>;
  remove(name: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
};

export type SpoolOptions = {
  files: SpoolFiles;
  /** Above this the spool counts as full. What was admitted before still goes in. */
  capBytes: number;
  /** fsync every block before it counts as written. */
  sync: boolean;
  /** Used when the directory has no install id yet. */
  newInstallId: string;
  /** Blocks above this number belong to no commit: their rows are made again, and they go. Undefined = all are valid. */
  committedTo?: number | undefined;
};

/** A block waiting for its acknowledgement. */
export type SpoolEntry = {
  readonly seq: number;
  readonly table: string;
  readonly rows: number;
  readonly size: number;
  /** What an audit of the store asks for; undefined for other tables, and for blocks of a version that had no audit. */
  readonly audit: AuditMark | undefined;
  /** The block while memory still holds it; otherwise read it with `load`. */
  bytes: Buffer | undefined;
  columns: readonly string[];
  /** False while the file could not be written. */
  onDisk: boolean;
  /** False while it may not be sent: a crash would make its rows again. */
  committed: boolean;
};

export type DamagedFile = { name: string; table: string; rows: number; reason: string };

// Sequence numbers are reserved in runs, so that one state write serves many blocks and none is ever used twice.
const RESERVED_RUN = 100_000;
const STATE_FILE = 'spool.json';
const MAGIC = Buffer.from('WNSPOOL1');
const PREFIX_BYTES = MAGIC.length + 4;
const NAME = /^(\d{12})-([a-z_]+)-(\d+)\.native$/;

export class Spool {
  /** Waiting blocks in order. */
  readonly entries = new Map<number, SpoolEntry>();
  /** Files that could not be read back at opening; they were set aside as `*.damaged`. */
  readonly damaged: DamagedFile[] = [];
  /** Bytes of all waiting blocks, on disk or not. */
  bytes = 0;
  readonly capBytes: number;
  installId = '';
  readonly #files: SpoolFiles;
  readonly #sync: boolean;
  #nextSeq = 1;
  #reservedEnd = 1;
  #reserving: Promise<void> | undefined;

  private constructor(options: SpoolOptions) {
    this.#files = options.files;
    this.capBytes = options.capBytes;
    this.#sync = options.sync;
  }

  /** Opens the directory: what a crash left is waiting again, half-written files are gone. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    const names = await options.files.list();
    let highest = 0;
    for (const name of names.sort()) {
      const match = NAME.exec(name);
      if (match === null) {
        if (name.endsWith('.part')) await options.files.remove(name);
        continue;
      }
      highest = Math.max(highest, Number(match[1]));
      if (Number(match[1]) > (options.committedTo ?? Infinity)) {
        await options.files.remove(name);
        continue;
      }
      await spool.#recover(name, Number(match[1]), match[2]!, Number(match[3]));
    }
    const state = names.includes(STATE_FILE) ? readState(await options.files.read(STATE_FILE)) : undefined;
    spool.installId = state?.installId ?? options.newInstallId;
    spool.#nextSeq = Math.max(highest + 1, state?.reservedEnd ?? 1);
    spool.#reservedEnd = spool.#nextSeq;
    await spool.#reserve();
    return spool;
  }

  get full(): boolean {
    return this.bytes >= this.capBytes;
  }

  /** Number of the last block taken in; numbers of earlier lives are below it. */
  get lastSeq(): number {
    return this.#nextSeq - 1;
  }

  /** The same for every attempt at this block, in this and all later lives of the process. */
  token(entry: SpoolEntry): string {
    return `${this.installId}-${entry.seq}`;
  }

  /** Takes a block in; it waits from now on. `save` it next. Throws only when no number could be reserved on disk for very long. */
  accept(block: Block): SpoolEntry {
    if (this.#nextSeq + RESERVED_RUN / 2 >= this.#reservedEnd) this.#reserve().catch(() => undefined);
    if (this.#nextSeq >= this.#reservedEnd) throw new Error('the spool cannot write its state file');
    const entry: SpoolEntry = { seq: this.#nextSeq++, table: block.table, rows: block.rows, size: block.bytes.length, audit: block.audit, bytes: block.bytes, columns: block.columns, onDisk: false, committed: true };
    this.entries.set(entry.seq, entry);
    this.bytes += entry.size;
    return entry;
  }

  /** Writes the file of an entry that is only in memory so far. Rejects with the disk's error; the entry keeps waiting. */
  async save(entry: SpoolEntry): Promise<void> {
    if (entry.onDisk || entry.bytes === undefined) return;
    const header = Buffer.from(JSON.stringify({ columns: entry.columns, length: entry.size, crc32: crc32(entry.bytes), audit: entry.audit }));
    const prefix = Buffer.alloc(PREFIX_BYTES);
    MAGIC.copy(prefix);
    prefix.writeUInt32LE(header.length, MAGIC.length);
    await this.#files.write(nameOf(entry), [prefix, header, entry.bytes], this.#sync);
    entry.onDisk = true;
    if (!this.entries.has(entry.seq)) await this.#files.remove(nameOf(entry)); // acknowledged meanwhile
  }

  /** The block's bytes, from memory or from its file. Rejects when the file is damaged. */
  async load(entry: SpoolEntry): Promise<Buffer> {
    if (entry.bytes !== undefined) return entry.bytes;
    const { payload, columns } = parse(await this.#files.read(nameOf(entry)));
    entry.columns = columns;
    return payload;
  }

  /** Lets memory go of a block that is safe on disk. */
  unload(entry: SpoolEntry): void {
    if (entry.onDisk) entry.bytes = undefined;
  }

  /** ClickHouse has it: the file goes, once `noted` is resolved. Rejects, and keeps the file, when that does. */
  async acknowledge(entry: SpoolEntry, noted?: Promise<void>): Promise<void> {
    if (!this.#forget(entry)) return;
    await noted;
    if (entry.onDisk) await this.#files.remove(nameOf(entry));
  }

  /** Takes a block out of the queue that will never be accepted; its file stays beside the others as `*.damaged`. */
  async setAside(entry: SpoolEntry): Promise<void> {
    if (!this.#forget(entry)) return;
    if (entry.onDisk) await this.#files.rename(nameOf(entry), `${nameOf(entry)}.damaged`);
  }

  #forget(entry: SpoolEntry): boolean {
    if (!this.entries.delete(entry.seq)) return false;
    this.bytes -= entry.size;
    entry.bytes = undefined;
    return true;
  }

  async #recover(name: string, seq: number, table: string, rows: number): Promise<void> {
    try {
      const { payload, columns, audit } = parse(await this.#files.read(name));
      this.entries.set(seq, { seq, table, rows, size: payload.length, audit, bytes: undefined, columns, onDisk: true, committed: true });
      this.bytes += payload.length;
    } catch (error) {
      this.damaged.push({ name, table, rows, reason: error instanceof Error ? error.message : String(error) });
      await this.#files.rename(name, `${name}.damaged`);
    }
  }

  #reserve(): Promise<void> {
    this.#reserving ??= (async () => {
      const end = this.#nextSeq + RESERVED_RUN;
      await this.#files.write(STATE_FILE, [Buffer.from(JSON.stringify({ installId: this.installId, reservedEnd: end }))], true);
      this.#reservedEnd = end;
    })().finally(() => { this.#reserving = undefined; });
    return this.#reserving;
  }
}

function nameOf(entry: SpoolEntry): string {
  return `${String(entry.seq).padStart(12, '0')}-${entry.table}-${entry.rows}.native`;
}

function parse(file: Buffer): { payload: Buffer; columns: string[]; audit: AuditMark | undefined } {
  if (file.length < PREFIX_BYTES || !file.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('not a spool file');
  const headerEnd = PREFIX_BYTES + file.readUInt32LE(MAGIC.length);
  if (headerEnd > file.length) throw new Error('cut short in its header');
  const header = JSON.parse(file.toString('utf8', PREFIX_BYTES, headerEnd)) as { columns: string[]; length: number; crc32: number; audit?: AuditMark };
  const payload = file.subarray(headerEnd);
  if (payload.length !== header.length) throw new Error(`holds ${payload.length} bytes instead of ${header.length}`);
  if (crc32(payload) !== header.crc32) throw new Error('checksum does not match');
  return { payload, columns: header.columns, audit: header.audit };
}

function readState(bytes: Buffer): { installId: string; reservedEnd: number } {
  return JSON.parse(bytes.toString()) as { installId: string; reservedEnd: number };
}
