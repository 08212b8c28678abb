// The stages wired in the order in which data meets them. The one file to read first: everything else is a stage.
//
//   request ─▶ index ─▶ shard ─▶ RED, and: rules ─▶ rebuild ─▶ rows ─▶ writer   (traces)
//   request ─▶ index ─────────────────────────────────────▶ rows ─▶ writer      (logs)
//   request ─▶ translate ─────────────────────────────────▶ rows ─▶ writer      (metrics)
import type { Config } from '#proto/config/schema.ts';
import type { RescueRequest, RescueResponse } from '#proto/api/rescue.ts';
import type { KnownTrace } from '#proto/admin/answers.ts';
import type { TraceId } from '#proto/model/ids.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { GlobalFacts } from './derive/global/global-facts.ts';
import { DerivedFlush } from './rows/derived-flush.ts';
import { IdentityKeeper, WrittenIdentities } from './rows/identity-keeper.ts';
import { LogStage } from './logs/log-stage.ts';
import { MetricStage } from './metrics/metric-stage.ts';
import { createResourceMemory } from './model/span-memory.ts';
import { leastHiOf, OverloadControl } from './overload/overload-control.ts';
import { WorkShare } from './overload/work-share.ts';
import { sentAgain } from './receive/sent-again.ts';
import type { Intake, IntakeAnswer, IntakeRequest, RefusalReason } from './receive/intake.ts';
import type { SegmentDisk } from './rescue/segment-disk.ts';
import { BlockAccount } from './self/block-account.ts';
import { accountIn, type LedgerAccount, type WaitingBlock } from './self/ledger-account.ts';
import { Ledger } from './self/ledger.ts';
import { inThreadShard } from './shard/hosts/in-thread.ts';
import { OutputReceiver, type ShardObserver } from './shard/hosts/output-receiver.ts';
import { ShardLink, type MakeShardHost } from './shard/hosts/shard-link.ts';
import type { ShardCounts } from './shard/shard-counts.ts';
import { globalOptions, overloadSettings } from './shard/stage-settings.ts';
import { StoreTables } from './store/tables/store-tables.ts';
import type { TraceRow } from './store/tables/traces-table.ts';
import type { DecidedEntries } from './wal/decided-traces.ts';
import { Durability, type PendingCommit } from './wal/durability.ts';
import { KnownRequests } from './wal/known-requests.ts';
import type { Damage, RecoveredLog } from './wal/read-log.ts';
import type { LogRecord } from './wal/record.ts';
import type { WriteAheadLog } from './wal/write-ahead-log.ts';

/** Logs have resources of their own, with other hashes. */
const LOG_SEED = 0x165667b1;
/** Span work between two looks at the clock: about a millisecond where everything is kept. */
const SLICE_BUDGET = 256;
const DRAIN_BUDGET = 50_000;

export interface PipelineOptions {
  readonly config: Config;
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
  /** Where the shard runs; absent: in this thread. */
  readonly shardHost?: MakeShardHost | undefined;
  /** Lets requests and decisions have their turn. Absent: a promise that is resolved. */
  readonly pause?: (() => Promise<void>) | undefined;
  readonly onFailure: (error: unknown) => void;
  /** A request was accepted that is no copy of a known one. */
  readonly onAccepted?: (signal: Signal, body: Buffer, items: number) => void;
  /** Rows were appended; the writer may cut blocks. */
  readonly onRows: () => void;
  /** A row of the table `traces` was appended. */
  readonly onSummary?: (row: TraceRow) => void;
  /** Rows of a table that are not in ClickHouse, those in its encoder included. */
  readonly waitingRows?: (table: 'spans' | 'logs') => number;
  /** Blocks that are not in ClickHouse. */
  readonly waitingBlocks?: () => readonly WaitingBlock[];
  /** Numbers of blocks that were set aside. */
  readonly asideBlocks?: () => readonly number[];
}

export class Pipeline implements Intake, ShardObserver {
  readonly ledger = new Ledger();
  readonly tables = new StoreTables();
  /** What owns undecided traces; only messages go in and come out. */
  readonly shard: ShardLink;
  /** What joins several traces, over all shards. */
  readonly facts: GlobalFacts;
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
    this.overload = new OverloadControl(overloadSettings(config));
    const { seed, segmentDisk, pause = () => Promise.resolve(), shardHost = inThreadShard } = options;
    const identities = new WrittenIdentities(this.tables, options.nowMs);
    const { spans, links, decisions, traces } = this.tables;
    const { resources, scopes } = identities;
    const facts = globalOptions(config);
    this.facts = new GlobalFacts(facts);
    const rows = { resources, scopes, spans, links, decisions, traces };
    this.shard = new ShardLink(
      (link) => shardHost({ config, seed }, { segmentDisk, pause }, link),
      new OutputReceiver(this.ledger.traces, rows, this.facts.ofShard(), this),
    );
    const waiting = (table: 'spans' | 'logs'): number => options.waitingRows?.(table) ?? this.tables[table].rows;
    this.ledger.traces.countPending = () =>
      this.shard.state.pending + this.#unreadSpans + waiting('spans') + this.blocks.unsummarisedSpans;
    this.ledger.logs.countPending = () => waiting('logs');
    this.ledger.metrics.countPending = () => this.#metrics.awaited;
    const logMemory = createResourceMemory(seed ^ LOG_SEED);
    this.#logs = new LogStage(
      logMemory,
      this.ledger.logs,
      config.sampling.logs,
      this.#stores ? { tables: this.tables, identities: new IdentityKeeper(logMemory, identities) } : undefined,
      (traceIds) => this.shard.noteErrorLogs(traceIds),
    );
    this.#metrics = new MetricStage(this.ledger.metrics, this.#stores ? this.tables : undefined);
    this.blocks = new BlockAccount(this.ledger, this.#metrics);
    this.derived = new DerivedFlush({
      facts: this.facts,
      tables: this.tables,
      expireMs: facts.red.expireMs,
      collect: (nowMs, isWhole) => this.shard.flush(nowMs, isWhole),
    });
  }

  /** A reload: rules and waits change between two decisions, everything else stays until a restart. */
  reconfigure(config: Config): void {
    this.#logs.reconfigure(config.sampling.logs);
    this.overload.reconfigure(overloadSettings(config));
    this.shard.reconfigure(config, this.#options.nowMs());
  }

  accept(request: IntakeRequest): IntakeAnswer | Promise<IntakeAnswer> {
    const { elapsedMs, onRows } = this.#options;
    const { signal } = request;
    const durability = this.#durability;
    const startedMs = elapsedMs();
    const known = this.requests.find(request);
    if (known >= 0) return this.#again(request, known);
    const circumstances = durability?.circumstances(signal);
    const received = this.ledger[signal].receivedTotal;
    const answer = this.#acceptItems(request);
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
          signal === 'traces' ? this.shard.copied : undefined,
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
        nextSpan: () => this.shard.state.nextSpan,
        oldestMs: () => this.shard.counts(nowMs()).buffer.oldestMs ?? Infinity,
        overloadSteps: () => this.overload.steps,
        account: () => this.#accountNow(),
        carrySpans: (lost) => this.shard.carrySpans(lost),
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
    this.shard.counts(this.#options.nowMs());
    const { pending, nextSpan } = this.shard.state;
    return {
      counts: this.ledger.counts(),
      nextSpan: Math.max(this.#account?.nextSpan ?? 0, nextSpan),
      undecided: pending + this.#unreadSpans,
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
    this.shard.rememberDecisions(left.decided.values(), nowMs());
    const before = this.shard.state.received;
    const requests = await this.#replayRecords(left);
    this.shard.endReplay(left.nextSpan);
    return { requests, spans: this.shard.state.received - before };
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

  async #replayRecords({ commit, records }: RecoveredLog): Promise<number> {
    const { nowMs } = this.#options;
    /** Requests of which something was taken: after an orderly stop there are none. */
    let taken = 0;
    let copies: LogRecord | undefined;
    for await (const record of records()) {
      this.requests.restore(record);
      if (record.type === 'spans') this.shard.rememberSpans(record.body, nowMs());
      if (record.type === 'copies') copies = record;
      if (record.type !== 'request') continue;
      const copied = copies !== undefined && copies.digest?.join() === record.digest?.join() ? copies.body : undefined;
      copies = undefined;
      let isTaken = true;
      const { signal, body, number, overloadSteps } = record;
      const { transport, encoding } = this.#account === undefined ? sentAgain(record.encoding) : record;
      if (signal === 'traces') {
        const { restored, received } = this.shard.replay({
          body,
          transport,
          encoding,
          nowMs: nowMs(),
          firstSpan: number,
          leastHi: leastHiOf(overloadSteps),
          countRed: number >= (commit?.redTo ?? 0),
          isCounted: number < (this.#account?.nextSpan ?? 0),
          copied,
        });
        this.#unreadSpans -= restored;
        isTaken = received > 0;
      } else if (number >= (commit?.position ?? 0))
        this.#acceptItems({ signal, body, transport, encoding, deadlineMs: Infinity });
      else continue;
      this.#durability?.replayed(record);
      if (isTaken) taken++;
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
    let { more, behindMs } = this.shard.tick(nowMs(), SLICE_BUDGET, true);
    const untilMs = startedMs + this.work.turnMs(behindMs);
    while (more && elapsedMs() < untilMs) ({ more, behindMs } = this.shard.tick(nowMs(), SLICE_BUDGET, false));
    this.#writeSeries();
    onRows();
    this.work.turn(elapsedMs() - startedMs);
    return more;
  }

  /** Tells how far the event loop is behind, at every tick. Returns whether T_min changed. */
  noteLag(lagMs: number): boolean {
    return this.overload.update(this.shard.state.pressure, lagMs, this.#options.nowMs());
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
    const more = this.shard.drain(this.#options.nowMs(), DRAIN_BUDGET);
    this.#options.onRows();
    return more;
  }

  #acceptItems(request: IntakeRequest): IntakeAnswer {
    const nowMs = this.#options.nowMs();
    const { signal } = request;
    if (signal === 'traces') return this.shard.accept(request, nowMs, this.overload.leastHi);
    return signal === 'logs' ? this.#logs.accept(request, nowMs) : this.#metrics.accept(request, nowMs);
  }

  /** Counts of the shard, after the ledger was brought up to date with them. */
  shardCounts(): ShardCounts {
    return this.shard.counts(this.#options.nowMs());
  }

  /** What the collector's memory knows of a trace. @param startedMs Unix ms, when this process began to decide */
  knownTrace(traceId: TraceId, startedMs: number): KnownTrace {
    const known = this.shard.lookUp(traceId);
    return { ...known, remembers_since_ms: Math.max(startedMs, known.remembers_since_ms) };
  }

  /** Asks for dropped traces, for a person. undefined when there is no ring. */
  rescue(request: RescueRequest): Promise<RescueResponse | undefined> {
    return this.shard.rescue(request, this.#options.nowMs());
  }

  noteSummary(row: TraceRow): void {
    this.blocks.summarised();
    this.#options.onSummary?.(row);
  }

  noteDecided(entries: DecidedEntries): void {
    this.#durability?.decided.addEntries(entries);
  }

  noteFailure(error: string): void {
    this.#options.onFailure(error);
  }
}
