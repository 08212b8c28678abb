// The durable queue between encoders and ClickHouse: a finished block is a file until ClickHouse has acknowledged it.
// Pure logic over a face of the file system, so that tests can crash it anywhere. An error of the system is never a reason to give a block
// up.
import { isSignalFull, roomFor } from '#collector/model/bulkhead.ts';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import type { AuditMark, Block } from './block.ts';
import { openedSpool } from './open-spool.ts';
import { isMissing, patiently, type Patience } from './patience.ts';
import { ReadBuffers } from './read-buffers.ts';
import { SetAside, type AsideFile } from './set-aside.ts';
import { noBytes, signalOf } from './signals.ts';
import { parseSpoolFile, spoolFileHead } from './spool-file.ts';
import { blockFileName, type AsideKind } from './spool-names.ts';
import { encodeState, RESERVED_RUN, STATE_FILE, type SpoolOwner } from './spool-state.ts';

/** One flat directory. Every call may reject; none leaves half a file under the name it was asked for. */
export interface SpoolFiles {
  list(): Promise<string[]>;
  /** @param into used for the bytes when they fit */
  read(name: string, into?: Buffer): Promise<Buffer>;
  /** Appears whole or not at all; with `sync` it also survives loss of power. */
  write(name: string, parts: readonly Buffer[], sync: boolean): Promise<void>;
  remove(name: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Bytes of a file; without it the file is read. */
  size?(name: string): Promise<number>;
}

export type SpoolOptions = Patience & {
  files: SpoolFiles;
  /** Above this the spool counts as full. What was admitted before still goes in. */
  capBytes: number;
  /** Bytes of blocks that ClickHouse refuses for good; beyond them the oldest goes. */
  maxRefusedBytes?: number;
  /** fsync every block before it counts as written. */
  sync: boolean;
  /** For a directory that has no install id, or none that can be read. */
  newInstallId: string;
  /** Blocks above this number belong to no commit: their rows are made again, and they go. Undefined = all are valid. */
  committedTo?: number | undefined;
  /** Of this owner of the data directory: larger than that of every owner before. 0 = owners are not counted. */
  epoch?: number;
};

/** A block waiting for its acknowledgement. */
export interface SpoolEntry {
  readonly seq: number;
  readonly table: string;
  readonly signal: Signal;
  readonly rows: number;
  readonly size: number;
  /** The same for every attempt at this block, in this and all later lives of the process. */
  readonly token: string;
  /** Name of its file. */
  readonly file: string;
  /** What an audit of the store asks for; undefined for other tables, and for blocks of a version that had no audit. */
  readonly audit: AuditMark | undefined;
  /** The block while memory still holds it; otherwise read it with `load`. */
  bytes: Buffer | undefined;
  columns: readonly string[];
  /** False while the file could not be written. */
  onDisk: boolean;
  /** False while it may not be sent: a crash would make its rows again. */
  committed: boolean;
}

export interface DamagedFile {
  name: string;
  seq: number;
  table: string;
  rows: number;
  reason: string;
}

/** Room for what comes before the block in its file. */
const MAX_HEAD_BYTES = 8192;
const DEFAULT_REFUSED_BYTES = 512 * 1024 * 1024;
/** Blocks that the disk does not accept are in memory: beyond so many bytes the spool is full, whatever its cap. */
const MAX_UNSAVED_BYTES = 64 * 1024 * 1024;

/** What was found in the directory. */
export interface SpoolStart {
  readonly entries: readonly SpoolEntry[];
  readonly damaged: readonly DamagedFile[];
  readonly aside: readonly AsideFile[];
  /** Files that should not be there any more. */
  readonly leftovers: readonly string[];
  readonly installId: string;
  readonly nextSeq: number;
  readonly owners: readonly SpoolOwner[];
  /** What was repaired, in sentences. */
  readonly repairs: readonly string[];
}

export class Spool {
  /** Waiting blocks in order. */
  readonly entries = new Map<number, SpoolEntry>();
  /** The same by signal. */
  readonly lanes: Readonly<Record<Signal, Map<number, SpoolEntry>>> = {
    traces: new Map(),
    logs: new Map(),
    metrics: new Map(),
  };
  /** Files that were found damaged at opening and set aside; not those of earlier lives that still are. */
  readonly damaged: readonly DamagedFile[];
  /** What was repaired at opening, in sentences. */
  readonly repairs: readonly string[];
  /** Blocks that do not wait for ClickHouse any more. */
  readonly aside: SetAside;
  readonly capBytes: number;
  readonly installId: string;
  /** Bytes of waiting blocks that are in memory only. */
  unsavedBytes = 0;
  readonly #bytes = noBytes();
  readonly #files: SpoolFiles;
  readonly #sync: boolean;
  readonly #epoch: number;
  readonly #owners: readonly SpoolOwner[];
  /** Files that are to go, and could not be removed yet; with the bytes that they still use. */
  readonly #leaving = new Map<string, { readonly signal: Signal; readonly size: number }>();
  readonly #saving = new Map<SpoolEntry, Promise<void>>();
  /** Blocks that ClickHouse has, and of which that is not noted yet. */
  readonly #noting = new Set<SpoolEntry>();
  readonly #buffers = new ReadBuffers();
  /** Buffers in which blocks are on their way. */
  readonly #lent = new Map<SpoolEntry, Buffer>();
  #nextSeq: number;
  #reservedEnd = 0;
  #reserving: Promise<void> | undefined;

  private constructor(options: SpoolOptions, start: SpoolStart) {
    this.#files = options.files;
    this.capBytes = options.capBytes;
    this.#sync = options.sync;
    this.#epoch = options.epoch ?? 0;
    this.#owners = start.owners;
    this.installId = start.installId;
    this.#nextSeq = start.nextSeq;
    this.damaged = start.damaged;
    this.repairs = start.repairs;
    this.aside = new SetAside(options.files, options.maxRefusedBytes ?? DEFAULT_REFUSED_BYTES, start.aside);
    for (const entry of start.entries) this.#add(entry);
    for (const name of start.leftovers) this.#leaving.set(name, { signal: 'traces', size: 0 });
  }

  /** Opens the directory: what a crash left is waiting again, half-written files are removed. Waits for the system without a limit. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options, await openedSpool(options));
    await patiently(`write ${STATE_FILE} of the spool`, () => spool.#reserve(), options);
    return spool;
  }

  /** Bytes of all waiting blocks, on disk or not. */
  get bytes(): number {
    return this.#bytes.traces + this.#bytes.logs + this.#bytes.metrics;
  }

  bytesOf(signal: Signal): number {
    return this.#bytes[signal];
  }

  /** Some signal has no room. */
  get full(): boolean {
    return SIGNALS.some((signal) => this.isFull(signal));
  }

  /** The disk does not accept blocks, and memory holds as many as it may. */
  get isUnsaved(): boolean {
    return this.unsavedBytes >= MAX_UNSAVED_BYTES;
  }

  isFull(signal: Signal): boolean {
    return this.isUnsaved || isSignalFull(signal, this.#bytes, this.capBytes);
  }

  /** Bytes in the spool at which a signal finds it full, given what the others hold. */
  roomFor(signal: Signal): number {
    return roomFor(signal, this.#bytes, this.capBytes);
  }

  /** Number of the last block accepted; numbers of earlier lives are below it. */
  get lastSeq(): number {
    return this.#nextSeq - 1;
  }

  /** Adds a block; it waits from now on. `save` it next. */
  accept(block: Block, committed = true): SpoolEntry {
    const seq = this.#nextSeq++;
    // When it fails it is tried again with the next block, and by `tidy`.
    if (seq + RESERVED_RUN / 2 >= this.#reservedEnd) this.#reserve().catch(() => undefined);
    const { table, rows, columns, bytes, audit } = block;
    const entry: SpoolEntry = {
      seq,
      table,
      rows,
      columns,
      bytes,
      audit,
      size: bytes.length,
      signal: signalOf(table, this.#bytes),
      token: `${this.installId}-${seq}`,
      file: blockFileName({ seq, table, rows, epoch: this.#epoch }),
      onDisk: false,
      committed,
    };
    this.#add(entry);
    this.unsavedBytes += entry.size;
    return entry;
  }

  /** Whether it may be sent: its number can never be used again. */
  isSendable(entry: SpoolEntry): boolean {
    return entry.committed && entry.seq < this.#reservedEnd;
  }

  /** Writes the file of an entry that is only in memory so far. Rejects with the disk's error; the entry keeps waiting. */
  async save(entry: SpoolEntry): Promise<void> {
    let saving = this.#saving.get(entry);
    if (saving === undefined) {
      saving = this.#save(entry).finally(() => {
        this.#saving.delete(entry);
      });
      this.#saving.set(entry, saving);
    }
    return saving;
  }

  /**
   * The block's bytes, from memory or from its file. Rejects with DamagedBlock when they are not what was written, else with the disk's
   * error.
   */
  async load(entry: SpoolEntry): Promise<Buffer> {
    if (entry.bytes !== undefined) return entry.bytes;
    const buffer = this.#buffers.bufferOf(entry.size + MAX_HEAD_BYTES);
    const file = await this.#files.read(entry.file, buffer);
    const { payload, columns } = parseSpoolFile(file);
    entry.columns = columns;
    if (file.buffer === buffer.buffer) this.#lent.set(entry, buffer);
    return payload;
  }

  /**
   * What `load` gave is not read any more. Call it only when that is sure: when it is not, leave the bytes to themselves with `isSure`
   * false.
   */
  unlend(entry: SpoolEntry, isSure: boolean): void {
    const buffer = this.#lent.get(entry);
    this.#lent.delete(entry);
    if (buffer !== undefined && isSure) this.#buffers.give(buffer);
    if (this.entries.size === 0) this.#buffers.clear();
  }

  /** Whether the file of an entry is in the directory. */
  async isThere(entry: SpoolEntry): Promise<boolean> {
    return (await this.#files.list()).includes(entry.file);
  }

  /** Frees the memory of a block that is safe on disk. */
  unload(entry: SpoolEntry): void {
    if (entry.onDisk) entry.bytes = undefined;
  }

  /**
   * It need not be sent any more: ClickHouse has it, or it is lost. The file goes, and its room is free, once `noted` is resolved, or later
   * when it cannot; it stays when that rejects.
   */
  async acknowledge(entry: SpoolEntry, noted?: Promise<void>): Promise<void> {
    if (!this.#forget(entry)) return;
    if (noted !== undefined) await this.#noted(entry, noted);
    if (entry.onDisk) await this.#remove(entry);
  }

  /**
   * Removes a block from the queue whose bytes are damaged, or which ClickHouse refuses. Rejects with the disk's error; then it keeps
   * waiting.
   */
  async setAside(entry: SpoolEntry, kind: AsideKind, reason: string): Promise<void> {
    if (!this.entries.has(entry.seq)) return;
    await this.save(entry);
    await this.aside.put(entry, kind, reason);
    this.#forget(entry);
  }

  /** A block that was set aside waits again, under its number and token. Rejects when it is damaged, or with the disk's error. */
  async bringBack(name: string): Promise<SpoolEntry | undefined> {
    const entry = await this.aside.bringBack(name, this.#bytes, this.installId);
    if (entry !== undefined) this.#add(entry);
    return entry;
  }

  /** Tries again what the system refused: removing files, reserving numbers. @returns what it says, when it still does */
  async tidy(): Promise<unknown> {
    let failure: unknown;
    const attempt = (running: Promise<void>): Promise<void> =>
      running.catch((error: unknown) => {
        failure = error;
      });
    for (const [name, { signal, size }] of this.#leaving) {
      await attempt(
        this.#removeFile(name).then(() => {
          if (this.#leaving.delete(name)) this.#bytes[signal] -= size;
        }),
      );
    }
    await attempt(this.aside.tidy());
    if (this.#nextSeq + RESERVED_RUN / 2 >= this.#reservedEnd) await attempt(this.#reserve());
    return failure;
  }

  async #save(entry: SpoolEntry): Promise<void> {
    if (entry.onDisk || entry.bytes === undefined) return;
    const { bytes } = entry;
    await this.#files.write(entry.file, [spoolFileHead(entry, bytes), bytes], this.#sync);
    entry.onDisk = true;
    if (this.entries.has(entry.seq)) this.unsavedBytes -= entry.size;
    else if (!this.#noting.has(entry)) await this.#remove(entry); // acknowledged meanwhile
  }

  async #noted(entry: SpoolEntry, noted: Promise<void>): Promise<void> {
    this.#noting.add(entry);
    this.#bytes[entry.signal] += entry.size;
    try {
      await noted;
    } finally {
      this.#bytes[entry.signal] -= entry.size;
      this.#noting.delete(entry);
    }
  }

  #add(entry: SpoolEntry): void {
    this.entries.set(entry.seq, entry);
    this.lanes[entry.signal].set(entry.seq, entry);
    this.#bytes[entry.signal] += entry.size;
  }

  #forget(entry: SpoolEntry): boolean {
    if (!this.entries.delete(entry.seq)) return false;
    this.lanes[entry.signal].delete(entry.seq);
    this.#bytes[entry.signal] -= entry.size;
    if (!entry.onDisk) this.unsavedBytes -= entry.size;
    entry.bytes = undefined;
    return true;
  }

  async #remove({ file, signal, size }: SpoolEntry): Promise<void> {
    try {
      await this.#removeFile(file);
    } catch (error) {
      this.#leaving.set(file, { signal, size });
      this.#bytes[signal] += size; // it still uses its room
      throw error;
    }
  }

  async #removeFile(name: string): Promise<void> {
    try {
      await this.#files.remove(name);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  #reserve(): Promise<void> {
    this.#reserving ??= (async () => {
      const end = this.#nextSeq + RESERVED_RUN;
      await this.#files.write(
        STATE_FILE,
        [encodeState({ installId: this.installId, reservedEnd: end, owners: this.#owners })],
        true,
      );
      this.#reservedEnd = end;
    })().finally(() => {
      this.#reserving = undefined;
    });
    return this.#reserving;
  }
}
