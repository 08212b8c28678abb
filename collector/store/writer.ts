// Cuts the encoders' rows into blocks of bounded size, keeps each in the spool until ClickHouse has it, and says how much room there is.
// ClickHouse may be away: the spool grows, `isFull` says so to the receivers.
import { createHash } from 'node:crypto';
import type { Signal } from '#proto/otlp/signal.ts';
import { nodeTimers, type Timers } from '../time/timers.ts';
import { MAX_BLOCK_BYTES, MAX_BLOCK_ROWS } from './block-limits.ts';
import type { Block } from './block.ts';
import { CommitTurn } from './commit-turn.ts';
import { textOf } from './insert-errors.ts';
import { RowCounts, type DroppedRows } from './row-counts.ts';
import { SaveQueue } from './save-queue.ts';
import { Sender } from './sender.ts';
import { changeSetAside, type ChangedBlocks, type SpoolChange } from './spool-changes.ts';
import type { Spool, SpoolEntry } from './spool.ts';
import { SpoolTidying } from './spool-tidying.ts';
import { storeTroubles, type StoreTrouble } from './store-troubles.ts';
import type { AnyBlockTable } from './tables/block-table.ts';
import type { StoreWriterOptions } from './writer-options.ts';

/** A row waits no longer than this for company: a trace shall be searchable within seconds. */
const MAX_BLOCK_AGE_MS = 1_000;
/** Where so many rows have come by then, they wait twice as long: an insert and its merges cost the most by far where blocks are small. */
const MANY_ROWS = 5_000;
/** While ClickHouse is away, has too much to do, or far too many blocks waiting: fewer and larger ones are stored sooner. */
const BEHIND_BLOCK_AGE_MS = 5_000;
const BEHIND_BLOCKS = 100;
const TICK_MS = 200;
/** Blocks whose bytes stay in memory while they wait; the rest is read back from disk. */
const MAX_LOADED = 6;
const MAX_LOADED_BYTES = 32 * 1024 * 1024;
const LOG_EVERY_MS = 30_000;
/** Closing waits no longer for a server that has not answered for this long: the blocks are on disk. */
const CLOSE_AWAY_MS = 2_000;

export class StoreWriter {
  readonly spool: Spool;
  readonly sender: Sender;
  readonly #o: StoreWriterOptions;
  readonly #timers: Timers;
  readonly #maxAgeMs: number;
  /** Number of this collector among those that share a store, made of its install id; never 0, which rows of versions without one have. */
  readonly writerId: number;
  readonly #sinceMs = new Map<AnyBlockTable, number>();
  readonly #rows = new RowCounts();
  readonly #commits: CommitTurn | undefined;
  readonly #saves: SaveQueue;
  #waiters: { readonly entries: Set<SpoolEntry>; readonly resolve: () => void }[] = [];
  #stopTimer: (() => void) | undefined;
  readonly #tidying: SpoolTidying;
  #removalLoggedMs = -Infinity;
  #held = false;
  #closed = false;

  constructor(options: StoreWriterOptions) {
    this.#o = options;
    this.spool = options.spool;
    this.writerId = createHash('sha256').update(options.spool.installId).digest().readUInt32LE(0) || 1;
    this.#timers = options.timers ?? nodeTimers;
    this.#maxAgeMs = options.maxBlockAgeMs ?? MAX_BLOCK_AGE_MS;
    for (const entry of this.spool.entries.values()) {
      this.#rows.addPending(entry.table, entry.rows);
    }
    for (const file of this.spool.damaged) {
      const kept = `the file is kept as ${file.name}.damaged and looked at again at each start`;
      options.log(
        'error',
        `spool file ${file.name} is damaged (${file.reason}): its ${file.rows} rows of ${file.table} count as dropped; ${kept}`,
      );
      this.#drop(file.table, file.rows, 'damaged spool file');
    }
    for (const sentence of this.spool.repairs) options.log('warn', sentence);
    this.#saves = new SaveQueue(this.spool, options.nowMs, options.log, (entry) => {
      this.#unload(entry);
      this.#commits?.write();
      this.#send();
    });
    this.sender = new Sender({
      spool: this.spool,
      insert: options.insert,
      probe: options.probe,
      nowMs: options.nowMs,
      log: options.log,
      onStored: (entry) => {
        options.onStored(entry.table, entry.rows);
        const { seq, table, rows, audit } = entry;
        const noted = audit === undefined ? undefined : options.onAcknowledged?.({ seq, table, rows, ...audit });
        this.#left(entry, this.spool.acknowledge(entry, noted));
      },
      onDropped: (entry, reason) => {
        this.#drop(entry.table, entry.rows, reason);
        this.#left(entry);
      },
      onAttempted: () => this.#send(),
    });
    this.#tidying = new SpoolTidying(this.spool, this.sender, options.log);
    this.#commits =
      options.commits === undefined
        ? undefined
        : new CommitTurn(options.commits, options.log, (entries) => {
            for (const entry of entries) this.#unload(entry);
            this.#beginCommit();
            this.#send();
          });
    const { maxBlockRows = MAX_BLOCK_ROWS, maxBlockBytes = MAX_BLOCK_BYTES } = options;
    for (const table of options.tables) table.cutAt(maxBlockRows, maxBlockBytes, () => this.#cut(table));
  }

  /** Starts the clock but sends nothing yet: blocks are cut by age and wait in the spool until `start`. For the time before the tables are there. */
  hold(): void {
    this.#held = true;
    this.#stopTimer ??= this.#timers.every(TICK_MS, () => {
      this.tick();
    });
  }

  /** Starts the clock: blocks are cut by age, and what waits is sent. */
  start(): void {
    this.#held = false;
    this.#stopTimer ??= this.#timers.every(TICK_MS, () => {
      this.tick();
    });
    if (this.spool.entries.size > 0)
      this.#o.log('info', `${this.spool.entries.size} blocks of an earlier run wait in the spool`);
    this.#send();
  }

  /**
   * Cuts tables that hold a block's worth (they do so themselves while rows are appended). Cheap, and never begins a commit: call it in the
   * middle of anything.
   */
  check(): void {
    for (const table of this.#o.tables) if (table.rows > 0 && table.isAtLimit) this.#cut(table);
  }

  /** Cuts tables whose rows have waited long enough and sends what is due. Called by the timer. */
  tick(): void {
    const now = this.#o.nowMs();
    const maxAgeMs = this.#ageMs();
    let isDue = this.#commits?.isDue === true;
    for (const table of this.#o.tables) {
      if (table.rows === 0) continue;
      const since = this.#sinceMs.get(table);
      if (since === undefined) this.#sinceMs.set(table, now);
      else if (now - since >= maxAgeMs - TICK_MS) {
        if (this.#commits === undefined) this.#cut(table);
        else isDue = true;
      }
    }
    if (isDue) this.#cutAll();
    this.#saves.again();
    this.#commits?.write();
    this.sender.measure();
    this.#tidying.tick(now);
    this.#send();
  }

  /** Rows of a table that are not yet in ClickHouse, those still in its encoder included. */
  pendingRows(table: string): number {
    let rows = this.#rows.pending(table);
    for (const encoder of this.#o.tables) if (encoder.table === table) rows += encoder.rows;
    return rows;
  }

  /** Rows given up in this life, by table and reason. */
  dropped(): DroppedRows[] {
    return this.#rows.dropped();
  }

  /** Bytes of blocks that are not yet in ClickHouse. */
  get pendingBytes(): number {
    return this.spool.bytes;
  }

  /** Number of the last block that was cut, in this or an earlier life. */
  get lastBlock(): number {
    return this.spool.lastSeq;
  }

  /** No room for some signal. */
  get full(): boolean {
    return this.spool.full;
  }

  /** No room for a signal: its receivers hold their replies, then refuse. */
  isFull(signal: Signal): boolean {
    return this.spool.isFull(signal);
  }

  /** Nothing can be stored for now: what can wait as a counter is not to become rows. */
  get isStuck(): boolean {
    return this.spool.isUnsaved || (this.full && (this.awayMs > 0 || this.sender.pauses.size > 0));
  }

  /** Milliseconds since ClickHouse stopped answering; 0 while it does. */
  get awayMs(): number {
    const { awaySinceMs } = this.sender.circuit;
    return awaySinceMs === undefined ? 0 : this.#o.nowMs() - awaySinceMs;
  }

  /** How fast ClickHouse has accepted blocks lately, while there were some; 0 until that is known. */
  get drainBytesPerSecond(): number {
    return this.sender.drain.bytesPerSecond;
  }

  /** What the time until there is room for a signal can be worked out from: `retryAfterMs` of admit. */
  drainFacts(signal: Signal): {
    readonly pendingBytes: number;
    readonly capBytes: number;
    readonly drainBytesPerSecond: number;
  } {
    return {
      pendingBytes: this.spool.bytes,
      capBytes: this.spool.roomFor(signal),
      drainBytesPerSecond: this.drainBytesPerSecond,
    };
  }

  /** What is wrong, for /readyz and /healthz. */
  troubles(): StoreTrouble[] {
    return storeTroubles(this, this.#o.nowMs());
  }

  /** Blocks that were set aside are sent again, or removed for good. @param names of their files; undefined = all */
  async change(what: SpoolChange, names: readonly string[] | undefined): Promise<ChangedBlocks> {
    const changed = await changeSetAside(this.spool, what, names);
    if (what === 'drop') return changed;
    for (const { table, rows } of changed.done) {
      this.#rows.addPending(table, rows);
      this.#o.onBack?.(table, rows);
      this.#o.log('info', `${rows} rows of ${table} that were set aside are sent again`);
    }
    this.#send();
    return changed;
  }

  /** Cuts everything and resolves when ClickHouse has all that was appended before the call. */
  async flush(): Promise<void> {
    // What fails meanwhile is sent again by the clock, also before it was started.
    const stop =
      this.#stopTimer === undefined
        ? this.#timers.every(TICK_MS, () => {
            this.tick();
          })
        : undefined;
    try {
      await this.#flush();
    } finally {
      stop?.();
    }
  }

  async #flush(): Promise<void> {
    do {
      await this.#commits?.idle();
      this.#cutAll();
      if (this.#commits?.isBlocked === true) await new Promise<void>((resolve) => this.#timers.soon(resolve));
    } while (!this.#closed && (this.#commits?.isDue === true || this.#o.tables.some((table) => table.rows > 0)));
    this.#saves.again();
    this.#send();
    const entries = new Set(this.spool.entries.values());
    if (entries.size > 0) await new Promise<void>((resolve) => this.#waiters.push({ entries, resolve }));
  }

  /**
   * Puts everything into the spool, gives ClickHouse `drainMs` to store it (less when it is away), and stops. The rest goes out after the
   * next start.
   */
  async close(drainMs = 5_000): Promise<void> {
    const stops: (() => void)[] = [];
    const gaveUp = new Promise<void>((resolve) => {
      stops.push(
        this.#timers.after(drainMs, resolve),
        this.#timers.every(TICK_MS, () => {
          if (this.awayMs >= CLOSE_AWAY_MS) resolve();
        }),
      );
    });
    await Promise.race([this.flush(), gaveUp]);
    for (const stop of stops) stop();
    this.#closed = true;
    this.#stopTimer?.();
    await this.#saves.idle();
    if (this.spool.entries.size === 0) return;
    this.#o.log(
      'warn',
      `${this.spool.entries.size} blocks (${this.spool.bytes} bytes) stay in the spool until the next start`,
    );
  }

  /** Puts everything into the spool and the commit into the log, and stops without asking ClickHouse: what waits is sent after the next start. */
  async seal(): Promise<void> {
    this.#held = true;
    do {
      await this.#commits?.idle();
      this.#cutAll();
      if (this.#commits?.isBlocked === true) await new Promise<void>((resolve) => this.#timers.soon(resolve));
    } while (this.#commits?.isDue === true || this.#o.tables.some((table) => table.rows > 0));
    await this.#commits?.idle();
    this.#closed = true;
    this.#stopTimer?.();
    await this.#saves.idle();
  }

  /** One commit is under way at a time; blocks that are cut meanwhile wait for the next. */
  #cutAll(): void {
    if (this.#commits === undefined) {
      for (const table of this.#o.tables) this.#cut(table);
    } else {
      this.#beginCommit(true);
    }
  }

  /** @param isDue also when no table was cut early */
  #beginCommit(isDue = false): void {
    if (this.#commits === undefined || this.#closed || (!isDue && !this.#commits.isDue)) return;
    this.#commits.begin(() => {
      for (const table of this.#o.tables) this.#cut(table);
      return this.spool.lastSeq;
    });
  }

  #cut(table: AnyBlockTable): void {
    const { rows } = table;
    this.#sinceMs.delete(table);
    let block: Block | undefined;
    try {
      block = table.cutBlock(Math.floor(this.#o.nowMs() / 1000), this.writerId);
    } catch (error) {
      this.#o.log('error', `${rows} rows of ${table.table} cannot be encoded and are lost: ${textOf(error)}`);
      this.#drop(table.table, rows, 'not encodable');
    }
    if (block === undefined) return;
    const entry = this.spool.accept(block, this.#commits === undefined);
    this.#rows.addPending(block.table, block.rows);
    this.#commits?.add(entry);
    this.#saves.add(entry);
  }

  /** How long rows wait now. */
  #ageMs(): number {
    let rows = 0;
    for (const table of this.#o.tables) rows += table.rows;
    const ageMs = rows < MANY_ROWS ? this.#maxAgeMs : this.#maxAgeMs * 2;
    return this.#isBehind ? Math.max(BEHIND_BLOCK_AGE_MS, ageMs) : ageMs;
  }

  get #isBehind(): boolean {
    const { circuit } = this.sender;
    return (
      circuit.state !== 'closed' || circuit.overloadedSinceMs !== undefined || this.spool.entries.size > BEHIND_BLOCKS
    );
  }

  #unload(entry: SpoolEntry): void {
    if (this.sender.isInFlight(entry)) return;
    const fewWait = this.spool.entries.size <= MAX_LOADED && this.spool.bytes <= MAX_LOADED_BYTES;
    if (!fewWait) this.spool.unload(entry);
  }

  #send(): void {
    if (!this.#closed && !this.#held) this.sender.send();
  }

  /** A block is not waited for any more. */
  #left(entry: SpoolEntry, removal?: Promise<void>): void {
    this.#rows.addPending(entry.table, -entry.rows);
    removal?.catch((error: unknown) => {
      const now = this.#o.nowMs();
      if (now - this.#removalLoggedMs < LOG_EVERY_MS) return;
      this.#removalLoggedMs = now;
      const why = textOf(error);
      this.#o.log(
        'warn',
        `cannot remove a file of the spool (${why}): it is tried again; sent after a restart, ClickHouse would know its token`,
      );
    });
    this.#waiters = this.#waiters.filter(({ entries, resolve }) => {
      entries.delete(entry);
      if (entries.size > 0) return true;
      resolve();
      return false;
    });
  }

  #drop(table: string, rows: number, reason: string): void {
    this.#rows.drop(table, rows, reason);
    this.#o.onDropped(table, rows, reason);
  }
}
