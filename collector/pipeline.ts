// The stages wired in the order in which data meets them. The one file to read first: everything else is a stage.
//
//   request ─▶ index ─▶ shard ─▶ RED, and: rules ─▶ rebuild ─▶ rows ─▶ writer   (traces)
//   request ─▶ index ─────────────────────────────────────▶ rows ─▶ writer      (logs)
//   request ─▶ translate ─────────────────────────────────▶ rows ─▶ writer      (metrics)
import type { Config } from '#proto/config/schema.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import type { Decider } from './decide/decider.ts';
import { redRows } from './derive/red/red-table.ts';
import { DerivedFlush } from './rows/derived-flush.ts';
import { IdentityKeeper } from './rows/identity-keeper.ts';
import { TraceKeeper } from './rows/trace-keeper.ts';
import { LogStage } from './logs/log-stage.ts';
import { MetricStage } from './metrics/metric-stage.ts';
import { createSpanMemory } from './model/span-memory.ts';
import { leastHiOf, OverloadControl } from './overload/overload-control.ts';
import { WorkShare } from './overload/work-share.ts';
import {
  isRemoteWrite,
  type Intake,
  type IntakeAnswer,
  type IntakeRequest,
  type RefusalReason,
} from './receive/intake.ts';
import { HostPairClock } from './reconstruct/clock/host-pair-clock.ts';
import type { SegmentDisk } from './rescue/segment-disk.ts';
import { BlockAccount } from './self/block-account.ts';
import { accountIn, type LedgerAccount, type WaitingBlock } from './self/ledger-account.ts';
import { Ledger } from './self/ledger.ts';
import { overloadSettings, rescueOptions, shardOptions } from './shard/stage-settings.ts';
import { StoreTables } from './store/tables/store-tables.ts';
import { TraceStage } from './shard/trace-stage.ts';
import { CopiedRows } from './wal/copied-spans.ts';
import { Durability, type PendingCommit } from './wal/durability.ts';
import { KnownRequests } from './wal/known-requests.ts';
import type { Damage, RecoveredLog } from './wal/read-log.ts';
import type { LogRecord } from './wal/record.ts';
import type { WriteAheadLog } from './wal/write-ahead-log.ts';

/** Series of service graphs, as a part of those of RED. */
const EDGE_SERIES_SHARE = 0.25;
/** Span work between two looks at the clock: about a millisecond where everything is kept. */
const SLICE_BUDGET = 256;
const DRAIN_BUDGET = 50_000;

export interface PipelineOptions {
  readonly config: Config;
  readonly decider: Decider;
  /** Unix ms; never goes back. */
  readonly nowMs: () => number;
  /** ms of a clock that never jumps and has a fraction: for measuring work. */
  readonly elapsedMs: () => number;
  /** 32 random bits against hash flooding. */
  readonly seed: number;
  /** Of the data directory: requests of its earlier lives are known again. */
  readonly installId?: string | undefined;
  /** Opens the disk of the rescue ring; called when one is configured. */
  readonly segmentDisk?: (() => SegmentDisk) | undefined;
  readonly onFailure: (error: unknown) => void;
  /** A request was accepted that is no copy of a known one. */
  readonly onAccepted?: (signal: Signal, body: Buffer, items: number) => void;
  /** Rows were appended; the writer may cut blocks. */
  readonly onRows: () => void;
  /** Rows of a table that are not in ClickHouse, those in its encoder included. */
  readonly waitingRows?: (table: 'spans' | 'logs') => number;
  /** Blocks that are not in ClickHouse. */
  readonly waitingBlocks?: () => readonly WaitingBlock[];
  /** Numbers of blocks that were set aside. */
  readonly asideBlocks?: () => readonly number[];
}

export class Pipeline implements Intake {
  readonly ledger = new Ledger();
  readonly tables = new StoreTables();
  readonly traces: TraceStage;
  readonly overload: OverloadControl;
  readonly work = new WorkShare();
  /** Requests of the last five minutes: their copies are not received again. */
  readonly requests: KnownRequests;
  /** What could not be read of the log of earlier lives. */
  walDamage: readonly Damage[] = [];
  readonly #logs: LogStage;
  readonly #metrics: MetricStage;
  readonly derived: DerivedFlush;
  /** What becomes of the rows that were cut into blocks. */
  readonly blocks: BlockAccount;
  readonly #options: PipelineOptions;
  readonly #stores: boolean;
  /** undefined: what is accepted is in memory only until its block is in the spool. */
  #durability: Durability | undefined;
  /** Of the ledger of an earlier life; undefined: it begins with this one. */
  #account: LedgerAccount | undefined;
  /** The ledger knows what waits in the spool; before, a commit would keep an account without it. */
  #knowsBlocks = false;
  /** Spans that the ledger counts as undecided and that are still to be read from the log. */
  #unreadSpans = 0;

  constructor(options: PipelineOptions) {
    const { config } = options;
    this.#options = options;
    this.#stores = config.store === 'clickhouse';
    this.requests = new KnownRequests({ installId: options.installId ?? '', elapsedMs: options.elapsedMs });
    const { bounds, max_series: maxSeries } = config.red;
    const expireMs = config.red.expire_after === 0 ? Infinity : config.red.expire_after;
    const memory = createSpanMemory(config.buffer.max_spans, options.seed);
    const clocks = new HostPairClock();
    this.overload = new OverloadControl(overloadSettings(config));
    const identities = new IdentityKeeper(memory, this.tables);
    this.traces = new TraceStage({
      shard: shardOptions(config, config, options.seed, options.decider.waits),
      memory,
      decisionMemoryBytes: config.sampling.memory_bytes,
      red: { capacity: redRows(maxSeries, bounds.length), boundsMs: bounds, expireMs },
      edgeSeriesRows: redRows(maxSeries * EDGE_SERIES_SHARE, bounds.length + 1), // an edge has a series more: failed calls
      decider: options.decider,
      clocks,
      sink: this.#stores
        ? new TraceKeeper(memory, this.tables, identities, options.nowMs, {
            summary: () => this.blocks.summarised(),
            decided: (view, decision, rule) =>
              this.#durability?.decided.add(view, decision, rule, this.traces.shard.taken),
          })
        : undefined,
      ledger: this.ledger.traces,
      overload: this.overload,
      rescue: rescueOptions(config, options.seed, options.segmentDisk),
      onFailure: options.onFailure,
    });
    const waiting = (table: 'spans' | 'logs'): number => options.waitingRows?.(table) ?? this.tables[table].rows;
    this.ledger.traces.countPending = () =>
      this.traces.shard.ledger.pending + this.#unreadSpans + waiting('spans') + this.blocks.unsummarisedSpans;
    this.ledger.logs.countPending = () => waiting('logs');
    this.ledger.metrics.countPending = () => this.#metrics.awaited;
    const { red, edges, propagation, repairs } = this.traces;
    this.#logs = new LogStage(
      memory,
      this.ledger.logs,
      config.sampling.logs,
      this.#stores ? { tables: this.tables, identities } : undefined,
      (body, at, nowMs) => this.traces.rescue.errorLog(body, at, nowMs),
    );
    this.#metrics = new MetricStage(this.ledger.metrics, this.#stores ? this.tables : undefined);
    this.blocks = new BlockAccount(this.ledger, this.#metrics);
    this.derived = new DerivedFlush({
      red,
      edges,
      propagation,
      repairs,
      clocks,
      memory,
      tables: this.tables,
      expireMs,
    });
  }

  /** A reload: rules and waits change between two decisions, everything else stays until a restart. */
  reconfigure(config: Config, decider: Decider): void {
    this.#logs.reconfigure(config.sampling.logs);
    this.overload.reconfigure(overloadSettings(config));
    this.traces.reconfigure(
      shardOptions(config, this.#options.config, this.#options.seed, decider.waits),
      decider,
      this.#options.nowMs(),
    );
  }

  accept(request: IntakeRequest): IntakeAnswer | Promise<IntakeAnswer> {
    const { nowMs, elapsedMs, onRows } = this.#options;
    const { signal } = request;
    const durability = this.#durability;
    const startedMs = elapsedMs();
    const known = this.requests.find(request);
    if (known >= 0) return this.#again(request, known);
    const circumstances = durability?.circumstances(signal);
    const received = this.ledger[signal].receivedTotal;
    const answer = this.#stageOf(signal).accept(request, nowMs());
    let reply: IntakeAnswer | Promise<IntakeAnswer> = answer;
    // A request without items leaves nothing behind: a later one is no copy of it.
    const items = this.ledger[signal].receivedTotal - received;
    if (answer.kind === 'accepted' && items > 0) {
      const number = this.requests.add(answer);
      this.#options.onAccepted?.(signal, request.body, items);
      // In the log before its rows can be in a commit.
      if (durability !== undefined && circumstances !== undefined)
        reply = durability.written(
          request,
          { number, items, answer },
          circumstances,
          signal === 'traces' ? this.traces.copied : undefined,
        );
    }
    onRows();
    this.work.request(elapsedMs() - startedMs);
    return reply;
  }

  /** A copy is answered as the first was, and not before it. */
  #again(request: IntakeRequest, known: number): IntakeAnswer | Promise<IntakeAnswer> {
    this.requests.copies[request.signal]++;
    return this.#durability?.join(known, request) ?? this.requests.answerOf(known);
  }

  /** From now on a request is in the log before it is answered. @param left what an earlier life left there: call {@link replay} with it next */
  makeDurable(log: WriteAheadLog, left: RecoveredLog): void {
    const { nowMs, elapsedMs } = this.#options;
    this.#durability = new Durability(
      log,
      this.requests,
      {
        nextSpan: () => this.traces.shard.taken,
        oldestMs: () => this.traces.shard.oldestMs() ?? Infinity,
        overloadSteps: () => this.overload.steps,
        account: () => this.#accountNow(),
        carrySpans: (lost) => this.traces.decidedSpans.carry(lost),
        nowMs,
        elapsedMs,
        onLate: (signal) => this.ledger[signal].refuse('busy'),
      },
      left.commit,
    );
  }

  /** Goes on with the ledger of an earlier life. Call it before anything is counted. */
  restoreLedger(left: RecoveredLog): void {
    const account = accountIn(left.commit?.account);
    if (account === undefined) return;
    this.#account = account;
    this.#unreadSpans = account.undecided;
    this.ledger.restore(account.counts);
  }

  /** Blocks of an earlier life, see {@link BlockAccount.recover}. */
  recoverBlocks(
    waiting: readonly WaitingBlock[],
    damaged: readonly WaitingBlock[],
    isRefused: (seq: number) => boolean,
  ): void {
    this.blocks.recover(this.#account, waiting, damaged, isRefused);
    this.#knowsBlocks = true;
  }

  #accountNow(): LedgerAccount {
    const { shard } = this.traces;
    this.traces.syncLedger();
    return {
      counts: this.ledger.counts(),
      nextSpan: Math.max(this.#account?.nextSpan ?? 0, shard.taken),
      undecided: shard.ledger.pending + this.#unreadSpans,
      unsummarisedSpans: this.blocks.unsummarisedSpans,
      points: this.#metrics.awaitedOf('samples'),
      histograms: this.#metrics.awaitedOf('histograms'),
      blocks: this.#options.waitingBlocks?.() ?? [],
      aside: this.#options.asideBlocks?.() ?? [],
    };
  }

  /**
   * Remembers what an earlier life decided, and takes again what it had accepted and not yet decided or stored. Returns how much that is.
   * @param lastBlock number of the last block there is in the spool
   */
  async replay(left: RecoveredLog, lastBlock: number): Promise<{ requests: number; spans: number }> {
    const { nowMs } = this.#options;
    this.walDamage = left.damage;
    // A first commit, so that blocks which a crash leaves before the next are known to belong to none; those from before there was a log are whole.
    if (left.commit === undefined) await this.#durability?.beginCommit(lastBlock).write();
    for (const trace of left.decided.values()) this.traces.restore(trace, nowMs());
    const before = this.traces.shard.ledger.received;
    const requests = await this.#replayRecords(left);
    this.traces.shard.taken = Math.max(this.traces.shard.taken, left.nextSpan);
    return { requests, spans: this.traces.shard.ledger.received - before };
  }

  /** What the store's writer is told: rows and the log's account of them belong together. */
  readonly commits = {
    prepare: (): void => this.derived.writeIncrements(this.#options.nowMs()),
    begin: (block: number): PendingCommit => this.#durability!.beginCommit(block),
    isWanted: (): boolean => this.#knowsBlocks && this.#durability!.wantsCommit,
  };

  get durability(): Durability | undefined {
    return this.#durability;
  }

  async #replayRecords({ commit, decided, records }: RecoveredLog): Promise<number> {
    const { nowMs } = this.#options;
    const covers = (traceId: string, span: number): boolean => span < (decided.get(traceId)?.coveredTo ?? 0);
    const { ledger } = this.traces.shard;
    /** Requests of which something was taken: after an orderly stop there are none. */
    let taken = 0;
    let copies: LogRecord | undefined;
    for await (const record of records()) {
      this.requests.restore(record);
      if (record.type === 'spans') this.traces.restoreSpans(record.body, nowMs());
      if (record.type === 'copies') copies = record;
      if (record.type !== 'request') continue;
      const copied =
        copies !== undefined && copies.digest?.join() === record.digest?.join()
          ? new CopiedRows(copies.body)
          : undefined;
      copies = undefined;
      const spansBefore = ledger.received;
      const { signal, body, number, overloadSteps } = record;
      const { transport, encoding } =
        this.#account === undefined
          ? {
              transport: 'wal' as const,
              encoding: isRemoteWrite(record.encoding) ? record.encoding : ('protobuf' as const),
            }
          : record;
      const request: IntakeRequest = { signal, body, transport, encoding, deadlineMs: Infinity };
      const isCounted = number < (this.#account?.nextSpan ?? 0);
      if (signal === 'traces')
        this.#unreadSpans -= this.traces.replay(
          request,
          {
            firstSpan: number,
            leastHi: leastHiOf(overloadSteps),
            countRed: number >= (commit?.redTo ?? 0),
            covers,
            isCounted,
            copied,
          },
          nowMs(),
        );
      else if (number >= (commit?.position ?? 0)) this.#stageOf(signal).accept(request, nowMs());
      else continue;
      this.#durability?.replayed(record);
      if (signal !== 'traces' || ledger.received > spansBefore) taken++;
    }
    this.#durability?.replayEnded(this.ledger.receivedInRequests());
    this.requests.open();
    this.#endReplay();
    return taken;
  }

  /** Spans that were undecided at the last commit and are not in the log: its damage, or a trace that came back without its requests. */
  #endReplay(): void {
    const unread = this.#unreadSpans;
    this.#unreadSpans = 0;
    if (unread > 0) this.ledger.traces.drop(unread, this.walDamage.length > 0 ? 'damaged_log' : 'not_in_log');
    else if (unread < 0) this.ledger.traces.receive(-unread, 'wal', 'native'); // decided once more: their decision was forgotten
  }

  refused(signal: Signal, reason: RefusalReason): void {
    this.ledger[signal].refuse(reason);
  }

  /** Decides what is due. Returns whether more is: call again after other work had its turn. */
  tick(): boolean {
    const { nowMs, elapsedMs, onRows } = this.#options;
    this.#durability?.tick();
    const startedMs = elapsedMs();
    const { shard, rescue } = this.traces;
    rescue.tick(nowMs());
    const untilMs = startedMs + this.work.turnMs(shard.behindMs(nowMs()));
    let more = shard.tick(nowMs(), SLICE_BUDGET);
    while (more && elapsedMs() < untilMs) more = shard.tick(nowMs(), SLICE_BUDGET);
    this.#writeSeries();
    onRows();
    this.work.turn(elapsedMs() - startedMs);
    return more;
  }

  /** Tells how far the event loop is behind, at every tick. Returns whether T_min changed. */
  noteLag(lagMs: number): boolean {
    return this.overload.update(this.traces.shard.pressure, lagMs, this.#options.nowMs());
  }

  /** RED and edges into rows; of the series a slice, the rest with the next ticks. @param whole all of them now */
  flushDerived(whole = false): void {
    if (!this.#stores) return;
    this.derived.begin(this.#options.nowMs());
    this.#durability?.redFlushed();
    while (this.#writeSeries() && whole);
    this.#options.onRows();
  }

  /** A slice of the series that are due. Returns whether there are more. */
  #writeSeries(): boolean {
    const before = this.tables.samples.appended; // blocks may be cut meanwhile
    const more = this.derived.step(this.#options.nowMs());
    this.#metrics.appended('samples', this.tables.samples.appended - before);
    return more;
  }

  /** Decides everything that is buffered (at shutdown). Returns whether there is more. */
  drain(): boolean {
    const more = this.traces.shard.drain(DRAIN_BUDGET);
    this.#options.onRows();
    return more;
  }

  #stageOf(signal: Signal): { accept(request: IntakeRequest, nowMs: number): IntakeAnswer } {
    if (signal === 'traces') return this.traces;
    return signal === 'logs' ? this.#logs : this.#metrics;
  }
}
