// Cuts the encoders' rows into blocks, keeps each in the spool until ClickHouse has it, and retries with the same
// token for as long as it takes. ClickHouse may be away: the spool grows, `full` tells the receivers.
import { createHash } from 'node:crypto';
import type { AuditMark } from './block.ts';
import type { Spool, SpoolEntry } from './spool.ts';
import type { BlockTable } from './tables/block-table.ts';

/** 50,000 rows: where ClickHouse's cost per row has become flat, and a block is still far below one of its own. */
const MAX_BLOCK_ROWS = 50_000;
const MAX_BLOCK_BYTES = 16 * 1024 * 1024;
/** A row waits no longer than this for company: a trace shall be searchable within seconds. */
const MAX_BLOCK_AGE_MS = 1_000;
const TICK_MS = 200;
/** Inserts at the same time: one would leave the server idle while the next block travels. */
const MAX_IN_FLIGHT = 3;
/** Blocks whose bytes stay in memory while they wait; the rest is read back from disk. */
const MAX_LOADED = 6;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
const LOG_EVERY_MS = 30_000;
/** Closing waits no longer for a server that has not answered for this long: the blocks are on disk. */
const CLOSE_AWAY_MS = 2_000;
/** A block that the server cannot read is set aside after so many attempts: it would hold up all others for ever. */
const MAX_REFUSALS = 5;
/** Codes that speak of the server's state and not of one block: too many queries, timeouts, memory, read-only, too many parts, shutting down. */
const OVERLOAD_CODES: ReadonlySet<string> = new Set(['202', '159', '209', '210', '241', '242', '252', '236', '394', '516', '999', '1000', '1001']);
/** Codes of ClickHouse that speak of the block itself: cannot parse or read it, type mismatch, incorrect data. */
const REFUSAL_CODES: ReadonlySet<string> = new Set(['6', '26', '27', '33', '53', '117', '131', '261']);

/** What a write-ahead log asks of the writer: all tables are cut at once, and none of the blocks is sent before their commit is written. */
export type StoreCommits = {
  /** All tables are about to be cut: rows that belong to what was decided until now are to be there. */
  prepare(): void;
  /** They were. `write` is called when the blocks are on disk, and again after a while when it rejects. @param block number of the last one */
  begin(block: number): { write(): Promise<void> };
  /** Whether one is to be made even where there are no rows. */
  isWanted(): boolean;
};

export type StoreWriterOptions = {
  spool: Spool;
  tables: readonly BlockTable[];
  /** Sends one block; `insertBlock` with a client. */
  insert: (table: string, columns: readonly string[], bytes: Buffer, token: string) => Promise<void>;
  nowMs: () => number;
  /** Once per block, when ClickHouse has acknowledged it. */
  onStored: (table: string, rows: number) => void;
  /** As onStored, for an audit: the block's file goes when this is resolved, so that a crash in between makes the block be acknowledged again. */
  onAcknowledged?: ((block: AcknowledgedBlock) => Promise<void>) | undefined;
  /** A block given up for good, with the reason. */
  onDropped: (table: string, rows: number, reason: string) => void;
  log: (level: 'info' | 'warn' | 'error', line: string) => void;
  /** With a write-ahead log; undefined: a block may be sent at once. */
  commits?: StoreCommits | undefined;
  maxBlockRows?: number;
  maxBlockBytes?: number;
  maxBlockAgeMs?: number;
};

/** A block that the store has. */
export interface AcknowledgedBlock extends AuditMark {
  readonly seq: number;
  readonly table: string;
  readonly rows: number;
}

type Attempt = { notBeforeMs: number; refusals: number };

export class StoreWriter {
  readonly #o: StoreWriterOptions;
  readonly #spool: Spool;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  /** Number of this collector among those that share a store, made of its install id; never 0, which rows of versions without one have. */
  readonly writerId: number;
  readonly #sinceMs = new Map<BlockTable, number>();
  readonly #pendingRows = new Map<string, number>();
  readonly #recoveredRows = new Map<string, number>();
  readonly #inFlight = new Set<SpoolEntry>();
  readonly #attempts = new Map<SpoolEntry, Attempt>();
  readonly #saving = new Set<Promise<void>>();
  /** Blocks of the commit under way. */
  #committing: { readonly entries: readonly SpoolEntry[]; readonly commit: { write(): Promise<void> }; isWriting: boolean; failures: number } | undefined;
  #committed: (() => void)[] = [];
  #waiters: { seq: number; resolve: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #away: { sinceMs: number; loggedMs: number; retryMs: number; notBeforeMs: number } | undefined;
  #held = false;
  #closed = false;

  constructor(options: StoreWriterOptions) {
    this.#o = options;
    this.#spool = options.spool;
    this.writerId = createHash('sha256').update(options.spool.installId).digest().readUInt32LE(0) || 1;
    this.#maxRows = options.maxBlockRows ?? MAX_BLOCK_ROWS;
    this.#maxBytes = options.maxBlockBytes ?? MAX_BLOCK_BYTES;
    this.#maxAgeMs = options.maxBlockAgeMs ?? MAX_BLOCK_AGE_MS;
    for (const entry of this.#spool.entries.values()) {
      this.#addPending(entry.table, entry.rows);
      this.#recoveredRows.set(entry.table, (this.#recoveredRows.get(entry.table) ?? 0) + entry.rows);
    }
    for (const file of this.#spool.damaged) {
      this.#recoveredRows.set(file.table, (this.#recoveredRows.get(file.table) ?? 0) + file.rows); // came back, and is lost now
      options.log('error', `spool file ${file.name} is damaged (${file.reason}): its ${file.rows} rows of ${file.table} are lost; the file is kept as ${file.name}.damaged`);
      options.onDropped(file.table, file.rows, 'damaged spool file');
    }
  }

  /** Starts the clock but sends nothing yet: blocks are cut by age and wait in the spool until `start`. For the time before the tables are there. */
  hold(): void {
    this.#held = true;
    this.#timer ??= setInterval(() => { this.tick(); }, TICK_MS);
  }

  /** Starts the clock: blocks are cut by age, and what waits is sent. */
  start(): void {
    this.#held = false;
    this.#timer ??= setInterval(() => { this.tick(); }, TICK_MS);
    if (this.#spool.entries.size > 0) this.#o.log('info', `${this.#spool.entries.size} blocks of an earlier run wait in the spool`);
    this.#send();
  }

  /** Cuts tables that hold a block's worth. Call it after appending; cheap. */
  check(): void {
    for (const table of this.#o.tables) {
      if (table.rows >= this.#maxRows || (table.rows >= 64 && table.byteLength() >= this.#maxBytes)) this.#cutDue(table);
    }
  }

  /** Cuts tables whose rows have waited long enough and sends what is due. Called by the timer. */
  tick(): void {
    const now = this.#o.nowMs();
    for (const table of this.#o.tables) {
      if (table.rows === 0) continue;
      const since = this.#sinceMs.get(table);
      if (since === undefined) this.#sinceMs.set(table, now);
      else if (now - since >= this.#maxAgeMs - TICK_MS) this.#cutDue(table);
    }
    if (this.#o.commits?.isWanted() === true) this.#cutAll();
    this.#saveAgain();
    this.#writeCommit();
    this.#send();
  }

  /** Rows of a table that are not yet in ClickHouse, those still in its encoder included. */
  pendingRows(table: string): number {
    let rows = this.#pendingRows.get(table) ?? 0;
    for (const encoder of this.#o.tables) if (encoder.table === table) rows += encoder.rows;
    return rows;
  }

  /** Rows that an earlier life of the process had accepted and this one stores, or finds damaged. */
  recoveredRows(table: string): number {
    return this.#recoveredRows.get(table) ?? 0;
  }

  /** Whether the block of that number waits to be acknowledged. */
  isPending(seq: number): boolean {
    return this.#spool.entries.has(seq);
  }

  /** Seconds (`stored_at`) of blocks of a table that are not acknowledged; undefined for blocks that do not say. */
  pendingSeconds(table: string): Set<number | undefined> {
    const seconds = new Set<number | undefined>();
    for (const entry of this.#spool.entries.values()) if (entry.table === table) seconds.add(entry.audit?.storedAt);
    return seconds;
  }

  /** Bytes of blocks that are not yet in ClickHouse. */
  get pendingBytes(): number {
    return this.#spool.bytes;
  }

  /** Number of the last block that was cut, in this or an earlier life. */
  get lastBlock(): number {
    return this.#spool.lastSeq;
  }

  /** No room: receivers hold their replies, then refuse. */
  get full(): boolean {
    return this.#spool.full;
  }

  /** Milliseconds since ClickHouse stopped answering; 0 while it does. */
  get awayMs(): number {
    return this.#away === undefined ? 0 : this.#o.nowMs() - this.#away.sinceMs;
  }

  /** Cuts everything and resolves when ClickHouse has all that was appended before the call. */
  async flush(): Promise<void> {
    do {
      if (this.#committing !== undefined) await new Promise<void>((resolve) => this.#committed.push(resolve));
      this.#cutAll();
    } while (this.#o.tables.some((table) => table.rows > 0));
    this.#send();
    const last = [...this.#spool.entries.keys()].at(-1);
    if (last !== undefined) await new Promise<void>((resolve) => this.#waiters.push({ seq: last, resolve }));
  }

  /** Puts everything into the spool, gives ClickHouse `drainMs` to take it (less when it is away), and stops. The rest goes out after the next start. */
  async close(drainMs = 5_000): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let awayCheck: NodeJS.Timeout | undefined;
    const gaveUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
      awayCheck = setInterval(() => { if (this.awayMs >= CLOSE_AWAY_MS) resolve(); }, TICK_MS);
    });
    await Promise.race([this.flush(), gaveUp]);
    clearTimeout(timer);
    clearInterval(awayCheck);
    this.#closed = true;
    clearInterval(this.#timer);
    await Promise.allSettled(this.#saving);
    if (this.#spool.entries.size > 0) this.#o.log('warn', `${this.#spool.entries.size} blocks (${this.#spool.bytes} bytes) stay in the spool until the next start`);
  }

  /** Its time has come: alone, or with all others where commits are kept. */
  #cutDue(table: BlockTable): void {
    if (this.#o.commits === undefined) this.#cut(table);
    else this.#cutAll();
  }

  /** One commit is under way at a time; what comes meanwhile gathers for the next. */
  #cutAll(): void {
    if (this.#committing !== undefined) return;
    this.#o.commits?.prepare();
    const entries = this.#o.tables.flatMap((table) => this.#cut(table) ?? []);
    const { commits } = this.#o;
    if (commits === undefined || (entries.length === 0 && !commits.isWanted())) return;
    for (const entry of entries) entry.committed = false;
    this.#committing = { entries, commit: commits.begin(this.#spool.lastSeq), isWriting: false, failures: 0 };
  }

  /** Writes the commit when all its blocks are on disk; then they may be sent. */
  #writeCommit(): void {
    const committing = this.#committing;
    if (committing === undefined || committing.isWriting || committing.entries.some((entry) => !entry.onDisk)) return;
    committing.isWriting = true;
    committing.commit.write().then(() => {
      for (const entry of committing.entries) {
        entry.committed = true;
        if (this.#spool.entries.size > MAX_LOADED) this.#spool.unload(entry);
      }
      this.#committing = undefined;
      for (const resolve of this.#committed.splice(0)) resolve();
      this.check();
      this.#send();
    }, (error: unknown) => {
      committing.isWriting = false;
      if (committing.failures++ % 100 === 0) this.#o.log('error', `the write-ahead log cannot be written (${textOf(error)}): ${committing.entries.length} blocks wait`);
    });
  }

  #cut(table: BlockTable): SpoolEntry | undefined {
    const block = table.take(Math.floor(this.#o.nowMs() / 1000), this.writerId);
    this.#sinceMs.delete(table);
    if (block === undefined) return undefined;
    let entry: SpoolEntry;
    try {
      entry = this.#spool.accept(block);
    } catch (error) {
      this.#o.log('error', `${block.rows} rows of ${block.table} are lost: ${textOf(error)}`);
      this.#o.onDropped(block.table, block.rows, 'the spool cannot write');
      return undefined;
    }
    this.#addPending(block.table, block.rows);
    this.#save(entry);
    return entry;
  }

  #save(entry: SpoolEntry): void {
    const saving = this.#spool.save(entry).then(() => {
      if (this.#spool.entries.size > MAX_LOADED && entry.committed && !this.#inFlight.has(entry)) this.#spool.unload(entry);
    }, (error: unknown) => {
      this.#o.log('error', `cannot write to the spool (${textOf(error)}): ${entry.rows} rows of ${entry.table} are in memory only`);
    }).finally(() => {
      this.#saving.delete(saving);
      this.#writeCommit();
      this.#send();
    });
    this.#saving.add(saving);
  }

  /** Tries again to write blocks that the disk refused. */
  #saveAgain(): void {
    if (this.#saving.size > 0) return;
    for (const entry of this.#spool.entries.values()) {
      if (!entry.onDisk && !this.#inFlight.has(entry)) this.#save(entry);
    }
  }

  #send(): void {
    if (this.#closed || this.#held) return;
    const now = this.#o.nowMs();
    if (this.#away !== undefined && (now < this.#away.notBeforeMs || this.#inFlight.size > 0)) return; // one at a time until it answers
    let earlierSpans = false;
    for (const entry of this.#spool.entries.values()) {
      if (this.#inFlight.size >= MAX_IN_FLIGHT) return;
      // Search reads `traces`: a trace shows only when its spans are there.
      const mustWait = entry.table === 'traces' && earlierSpans;
      if (entry.table === 'spans') earlierSpans = true;
      if (!entry.committed || mustWait || this.#inFlight.has(entry) || now < (this.#attempts.get(entry)?.notBeforeMs ?? 0)) continue;
      this.#inFlight.add(entry);
      void this.#attempt(entry);
      if (this.#away !== undefined) return;
    }
  }

  async #attempt(entry: SpoolEntry): Promise<void> {
    let bytes: Buffer;
    try {
      bytes = await this.#spool.load(entry);
    } catch (error) {
      this.#inFlight.delete(entry);
      await this.#refused(entry, error, 'the spool cannot read');
      return;
    }
    try {
      await this.#o.insert(entry.table, entry.columns, bytes, this.#spool.token(entry));
    } catch (error) {
      this.#inFlight.delete(entry);
      const code = errorCode(error);
      if (/^\d+$/.test(code) && !OVERLOAD_CODES.has(code)) await this.#refused(entry, error, 'ClickHouse refuses');
      else this.#isAway(error);
      return;
    }
    this.#inFlight.delete(entry);
    this.#attempts.delete(entry);
    if (this.#away !== undefined) {
      this.#o.log('info', `ClickHouse is back after ${Math.round(this.awayMs / 1000)} s; ${this.#spool.entries.size} blocks to send`);
      this.#away = undefined;
    }
    this.#addPending(entry.table, -entry.rows);
    this.#o.onStored(entry.table, entry.rows);
    const { seq, table, rows, audit } = entry;
    await this.#remove(this.#spool.acknowledge(entry, audit === undefined ? undefined : this.#o.onAcknowledged?.({ seq, table, rows, ...audit })));
    this.#send();
  }

  /** Something is wrong with this block or its table; the others go on. */
  async #refused(entry: SpoolEntry, error: unknown, who: string): Promise<void> {
    const refusals = (this.#attempts.get(entry)?.refusals ?? 0) + 1;
    const waitMs = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** refusals);
    this.#attempts.set(entry, { refusals, notBeforeMs: this.#o.nowMs() + waitMs });
    if (refusals <= MAX_REFUSALS || refusals % 100 === 0) this.#o.log('error', `${who} a block of ${entry.rows} rows of ${entry.table} (attempt ${refusals}): ${textOf(error)}`);
    const code = errorCode(error);
    const hopeless = !/^\d+$/.test(code) || REFUSAL_CODES.has(code);
    if (refusals < MAX_REFUSALS || !hopeless) return;
    this.#attempts.delete(entry);
    this.#addPending(entry.table, -entry.rows);
    this.#o.onDropped(entry.table, entry.rows, `${who} the block`);
    await this.#remove(this.#spool.setAside(entry));
  }

  #isAway(error: unknown): void {
    const now = this.#o.nowMs();
    const away = this.#away ??= { sinceMs: now, loggedMs: -Infinity, retryMs: MIN_RETRY_MS / 2, notBeforeMs: 0 };
    away.retryMs = Math.min(MAX_RETRY_MS, away.retryMs * 2);
    away.notBeforeMs = now + away.retryMs;
    if (now - away.loggedMs < LOG_EVERY_MS) return;
    away.loggedMs = now;
    this.#o.log('warn', `ClickHouse does not take data (${textOf(error)}): ${this.#spool.entries.size} blocks, ${mebibytes(this.#spool.bytes)} of ${mebibytes(this.#spool.capBytes)} MiB in the spool; trying again`);
  }

  async #remove(removal: Promise<void>): Promise<void> {
    const first: number | undefined = this.#spool.entries.keys().next().value;
    this.#waiters = this.#waiters.filter((waiter) => {
      if (first !== undefined && first <= waiter.seq) return true;
      waiter.resolve();
      return false;
    });
    try {
      await removal;
    } catch (error) {
      this.#o.log('warn', `cannot remove a spool file (${textOf(error)}): it will be sent again after the next start, and ClickHouse will know its token`);
    }
  }

  #addPending(table: string, rows: number): void {
    this.#pendingRows.set(table, (this.#pendingRows.get(table) ?? 0) + rows);
  }
}

function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message || errorCode(error) : String(error);
  return text.split('\n', 1)[0]!.slice(0, 300);
}

function mebibytes(bytes: number): string {
  return (bytes / 1048576).toFixed(1);
}
