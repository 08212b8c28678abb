// The collector without its sockets: gate, pipeline, write-ahead log, spool, writer, ticks and flushes, from start to stop. What it needs of
// the world is handed in: the process brings clock, disk and ClickHouse, the simulation (tests/simulation) its own of each.
import type { Config } from '#proto/config/schema.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { DEFAULT_GATE_LIMITS, Gate } from '../admit/gate.ts';
import { retryAfterMs } from '../admit/retry-after.ts';
import { openStore, type OpenedStore, type StoreAccess } from './open-store.ts';
import { openWal, type DirectoryOwner } from './open-wal.ts';
import { fencedCommits } from './own-data.ts';
import { Pipeline } from '../pipeline.ts';
import type { TraceRebuilding } from '../rebuild/rebuild-thread.ts';
import { Rebuilder } from '../rebuild/rebuilder.ts';
import type { SegmentDisk } from '../rescue/segment-disk.ts';
import { runTicks } from './run-ticks.ts';
import type { Log } from '#proto/log/log.ts';
import { asideBlocks, damagedBlocks, isRefused, waitingBlocks } from '../store/waiting-blocks.ts';
import type { StoreWriter } from '../store/writer.ts';
import { logThreshold } from './threshold-notice.ts';

/** The spool gets this long to empty at shutdown; what is left is sent after the next start. */
const DRAIN_STORE_MS = 20_000;
/** Retry delay in answers while the log or the disk refuses requests, ms: how long that lasts cannot be measured. */
const DISK_RETRY_MS = 2000;
/** How often traces with late spans are looked for. */
const REBUILD_EVERY_MS = 250;

export interface CoreSurroundings {
  /** Unix ms; never goes back. */
  readonly nowMs: () => number;
  /** ms of a clock that never jumps and has a fraction. */
  readonly elapsedMs: () => number;
  /** 32 random bits against hash flooding. */
  readonly seed: number;
  readonly log: Log;
  /** Who owns the data directory. */
  readonly owner: DirectoryOwner;
  /** Called before a commit is written: ends the process when the directory has another owner. */
  readonly checkOwnership: () => void;
  /** The disk is nearly full: nothing is received. */
  readonly isDiskLow: () => boolean;
  /** The way to the store, once one is needed. */
  readonly store: () => StoreAccess;
  readonly segmentDisk?: (() => SegmentDisk) | undefined;
  /** Puts stored traces together again; absent: their heads stay those of their first parts. */
  readonly rebuilding?: (() => TraceRebuilding) | undefined;
  /** For a spool that has none yet. */
  readonly newInstallId?: string | undefined;
  /** A segment of the write-ahead log is closed above this size. */
  readonly segmentBytes?: number | undefined;
}

export class CollectorCore {
  readonly pipeline: Pipeline;
  /** Receivers hand requests to it. */
  readonly gate: Gate;
  readonly #config: Config;
  readonly #around: CoreSurroundings;
  /** undefined where nothing is stored. */
  readonly rebuilder: Rebuilder | undefined;
  readonly #rebuilding: TraceRebuilding | undefined;
  #store: OpenedStore | undefined;
  #stopTimers = (): void => {};

  constructor(config: Config, around: CoreSurroundings) {
    const { nowMs, elapsedMs, seed, segmentDisk, log } = around;
    this.#config = config;
    this.#around = around;
    this.pipeline = new Pipeline({
      config,
      nowMs,
      elapsedMs,
      seed,
      segmentDisk,
      pause: () => new Promise(setImmediate),
      installId: around.owner.installId,
      onFailure: (error) =>
        log.error(
          { error: String(error) },
          'a trace could not be processed: its spans count as dropped (internal_error)',
        ),
      onAccepted: (signal, body, items) => this.#store?.audit?.intake.accepted(signal, body, items),
      onRows: () => this.#store?.writer.check(),
      onSummary: (row) => this.rebuilder?.appended(row),
      waitingRows: (table) => this.#store?.writer.pendingRows(table) ?? this.pipeline.tables[table].rows,
      waitingBlocks: () => (this.#store === undefined ? [] : waitingBlocks(this.#store.writer.spool)),
      asideBlocks: () => (this.#store === undefined ? [] : asideBlocks(this.#store.writer.spool)),
    });
    const rebuilding = config.store === 'clickhouse' ? around.rebuilding?.() : undefined;
    this.#rebuilding = rebuilding;
    this.rebuilder =
      rebuilding === undefined
        ? undefined
        : new Rebuilder({
            ask: (question) => rebuilding.ask(question),
            append: (row) => {
              this.pipeline.tables.traces.append(row);
              this.pipeline.noteSummary(row);
              this.writer?.check();
            },
            appendedRows: () => this.pipeline.tables.traces.appended,
            waitingRows: () => this.writer?.pendingRows('traces') ?? 0,
            nowMs,
            onFailure: (message) =>
              log.warn({ error: message }, 'traces with late spans could not be put together: tried again'),
          });
    const isFull = (signal: Signal): boolean =>
      around.isDiskLow() ||
      this.#store?.writer.isFull(signal) === true ||
      this.pipeline.durability?.isFull(signal) === true;
    const clock = {
      nowMs,
      after(delayMs: number, run: () => void): () => void {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    };
    const delayMs = (signal: Signal): number =>
      this.writer?.isFull(signal) === true ? retryAfterMs(this.writer.drainFacts(signal)) : DISK_RETRY_MS;
    this.gate = new Gate(
      this.pipeline,
      isFull,
      clock,
      { ...DEFAULT_GATE_LIMITS, maxHoldMs: config.receive.max_hold },
      delayMs,
    );
  }

  /** undefined with `store: none`, and before it is opened. */
  get store(): OpenedStore | undefined {
    return this.#store;
  }

  get writer(): StoreWriter | undefined {
    return this.#store?.writer;
  }

  /** Opens log and spool, and replays what the process before left there. Requests are accepted once it resolves. @throws Error when the disk fails */
  async open(): Promise<void> {
    const { pipeline } = this;
    const { log, nowMs, newInstallId, store, segmentBytes, owner, checkOwnership } = this.#around;
    if (this.#config.store !== 'clickhouse') return;
    const wal = await openWal(this.#config, log, owner, { segmentBytes });
    pipeline.restoreLedger(wal.left);
    if (wal.log !== undefined) pipeline.makeDurable(wal.log, wal.left);
    const opened = await openStore(
      this.#config,
      pipeline.tables,
      {
        nowMs,
        access: store(),
        newInstallId,
        onStored: (table, rows) => {
          pipeline.blocks.stored(table, rows);
          this.gate.release();
        },
        onDropped: (table, rows, reason) => pipeline.blocks.lost(table, rows, reason),
        onBack: (table, rows) => pipeline.blocks.back(table, rows),
      },
      {
        committedTo: wal.left.commit?.block,
        commits: wal.log === undefined ? undefined : fencedCommits(pipeline.commits, checkOwnership),
        epoch: owner.epoch,
      },
      log,
    );
    this.#store = opened;
    const { spool } = opened.writer;
    pipeline.recoverBlocks(waitingBlocks(spool), damagedBlocks(spool), (seq) => isRefused(spool, seq));
    const again = await pipeline.replay(wal.left, opened.writer.lastBlock);
    if (again.requests > 0) log.info(again, 'requests of the earlier run were taken again from the write-ahead log');
    const { segments, commit } = wal.left;
    const { durability } = pipeline;
    await opened.audit?.intake.logRead(
      durability === undefined ? undefined : () => durability.acknowledgedItems(),
      segments.length === 0 && commit === undefined,
    );
    if (wal.log === undefined) await wal.forget();
  }

  /** Decides what is due, and flushes what is counted, from now on. */
  run(): void {
    const { pipeline, gate } = this;
    const { elapsedMs, log } = this.#around;
    const stopTicks = runTicks(
      {
        tick: () => pipeline.tick(),
        onLag(lagMs) {
          if (pipeline.noteLag(lagMs)) logThreshold(pipeline.overload, log);
          gate.release();
        },
      },
      elapsedMs,
    );
    // Where nothing can be stored for long, counters wait in their tables, which are bounded, and not as rows, which would not be.
    const isStuck = (): boolean => this.writer?.isStuck === true || pipeline.durability?.isFailing === true;
    const flusher = setInterval(() => {
      if (!isStuck()) pipeline.flushDerived();
    }, this.#config.red.flush_every);
    const rebuild = setInterval(() => {
      if (this.#store?.isReady() === true && !isStuck()) void this.rebuilder?.turn();
    }, REBUILD_EVERY_MS);
    this.#stopTimers = () => {
      stopTicks();
      clearInterval(rebuild);
      clearInterval(flusher);
    };
  }

  /**
   * In the order of the pipeline: no more requests, decide what is buffered, flush what was counted, empty the spool.
   * @param isOrphan the supervisor died: what is in memory goes to disk, nothing is decided early where there is a log, and ClickHouse is not waited for
   * @param closeReceivers resolves when no request is under way any more
   */
  async stop(isOrphan: boolean, closeReceivers: () => Promise<unknown>): Promise<void> {
    const { pipeline } = this;
    const closed = closeReceivers();
    this.gate.close();
    await closed;
    this.#stopTimers();
    await this.#rebuilding?.close();
    // Kept in the log, undecided traces go on waiting after the next start: none is decided in pieces because of a restart.
    const decides =
      pipeline.durability === undefined
        ? this.#store !== undefined || !isOrphan
        : this.#config.wal.on_stop === 'decide' && !isOrphan;
    if (decides) while (pipeline.drain()) await new Promise(setImmediate);
    pipeline.flushDerived(true);
    if (isOrphan) await this.#store?.writer.seal();
    else await this.#store?.close(DRAIN_STORE_MS);
    await pipeline.durability?.close();
    pipeline.shard.stop();
  }
}
