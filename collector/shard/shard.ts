// The unit of ownership: the undecided traces of some partitions, their decisions, and what is remembered of them. It takes messages and emits
// messages (messages.ts), one at a time; nothing else reaches into it. A host brings the messages: in this thread, or from elsewhere.
import type { Config } from '#proto/config/schema.ts';
import { bufferNumbers } from '#collector/assemble/buffer-metrics.ts';
import { compileSampling } from '#collector/decide/rules/compile-sampling.ts';
import type { Decider } from '#collector/decide/decider.ts';
import { flushRed } from '#collector/derive/red/red-part.ts';
import { asBuffer } from '#collector/model/as-buffer.ts';
import type { NamesToSend } from '#collector/derive/global/shard-numbers.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { flushClocks, mergeClocks } from '#collector/reconstruct/clock/clock-part.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { rescueNumbers } from '#collector/rescue/rescue-metrics.ts';
import type { SegmentDisk } from '#collector/rescue/segment-disk.ts';
import { DecidedRowsBatch } from '#collector/rows/decided-rows.ts';
import { IdentityKeeper } from '#collector/rows/identity-keeper.ts';
import { TraceKeeper } from '#collector/rows/trace-keeper.ts';
import { CopiedRows } from '#collector/wal/copied-spans.ts';
import { DecidedTraces } from '#collector/wal/decided-traces.ts';
import { knownTrace } from './known-trace.ts';
import type { ReplayInput, RequestInput, ShardInput, ShardOutput } from './messages.ts';
import { GatheredCounts } from './span-counts.ts';
import { redOptions, rescueOptions, shardOptions } from './stage-settings.ts';
import { TraceStage } from './trace-stage.ts';

/** What a host gives a shard beside messages. */
export interface ShardSurroundings {
  /** Called while an input is handled, or later where the input says so. Arrays of a message are used again after it returns. */
  readonly emit: (output: ShardOutput) => void;
  /** Lets other inputs be handled. */
  readonly pause: () => Promise<void>;
  /** Opens the disk of the rescue ring; called when one is configured. */
  readonly segmentDisk?: (() => SegmentDisk) | undefined;
}

/** Plain data, as the messages. */
export interface ShardStart {
  readonly config: Config;
  /** 32 random bits against hash flooding. */
  readonly seed: number;
}

export class Shard {
  readonly #start: ShardStart;
  readonly #around: ShardSurroundings;
  readonly #stage: TraceStage;
  readonly #counts = new GatheredCounts();
  readonly #rows: DecidedRowsBatch;
  readonly #decided = new DecidedTraces();
  readonly #clocks = new HostPairClock();
  readonly #names: NamesToSend;
  /** While requests of an earlier life are replayed: decided traces, and the number of the first span that the decision does not cover. */
  #coveredTo = new Map<string, number>();
  /** T_min in force, high half. */
  readonly #overload = { leastHi: 0 };
  #nowMs = 0;
  /** Windows handed out so far. */
  #windows = 0;
  #isStopped = false;

  constructor(start: ShardStart, around: ShardSurroundings) {
    const { config, seed } = start;
    this.#start = start;
    this.#around = around;
    this.#rows = new DecidedRowsBatch((rows) => around.emit({ kind: 'rows', rows }));
    const memory = createSpanMemory(config.buffer.max_spans, seed);
    const decider = deciderOf(config);
    this.#stage = new TraceStage({
      shard: shardOptions(config, config, seed, decider.waits),
      memory,
      decisionMemoryBytes: config.sampling.memory_bytes,
      red: redOptions(config),
      decider,
      clocks: this.#clocks,
      sink:
        config.store === 'clickhouse'
          ? new TraceKeeper(memory, this.#rows, new IdentityKeeper(memory, this.#rows), () => this.#nowMs, this)
          : undefined,
      ledger: this.#counts,
      onWindow: (part) => around.emit({ kind: 'window', window: ++this.#windows, part }),
      onRates: (part) => around.emit({ kind: 'rates', part }),
      onEdgeFacts: (facts) => {
        this.#emitNames();
        around.emit({ kind: 'edge-facts', facts });
      },
      overload: this.#overload,
      rescue: rescueOptions(config, seed, around.segmentDisk),
      onFailure: (error) => around.emit({ kind: 'failure', error: String(error) }),
    });
    this.#names = this.#stage.namesToSend;
  }

  /** For {@link TraceKeeper}. */
  noteDecided(view: TraceView, decision: Decision, rule: string): void {
    this.#decided.add(view, decision, rule, this.#stage.shard.nextSpan);
  }

  /** Handles one input whole, `rescue` apart: its answer may come later. @throws Error after `stop` */
  handle(input: ShardInput): void {
    if (this.#isStopped) throw new Error(`the shard has stopped and cannot handle ${input.kind}`);
    if ('nowMs' in input) this.#nowMs = input.nowMs;
    this.#dispatch(input);
    this.#emitGathered();
    const { shard } = this.#stage;
    const { ledger, nextSpan, pressure } = shard;
    const { pending, received } = ledger;
    this.#around.emit({ kind: 'state', state: { pending, received, nextSpan, pressure } });
  }

  #dispatch(input: ShardInput): void {
    const stage = this.#stage;
    switch (input.kind) {
      case 'request':
        return this.#request(input);
      case 'replay':
        return this.#replay(input);
      case 'tick': {
        const behindMs = stage.shard.behindMs(input.nowMs);
        if (input.isFirst) stage.rescue.tick(input.nowMs);
        const windows = this.#windows;
        stage.advanceTo(input.nowMs);
        // Its thresholds are on their way: what else is due is decided with the next slice.
        if (this.#windows > windows) return this.#ticked(true, behindMs);
        return this.#ticked(stage.shard.tick(input.nowMs, input.budget), behindMs);
      }
      case 'drain':
        return this.#ticked(stage.shard.drain(input.budget), 0);
      case 'reconfigure':
        return this.#reconfigure(input.config);
      case 'thresholds':
        if (input.window === this.#windows) stage.setThresholds(input.thresholds);
        return;
      case 'rate-thresholds':
        return stage.setRates(input.answer);
      case 'randomness':
        return stage.learnRandomness(input.traces);
      case 'clock-bounds':
        return mergeClocks(input.part, this.#clocks, stage.memory.hosts);
      case 'error-logs':
        return stage.rescue.errorLogs(input.traceIds);
      case 'linked':
        return stage.rescue.noteLinked(input.traceIds);
      case 'rescue':
        return void this.#rescue(input);
      case 'look-up':
        return this.#around.emit({ kind: 'known', known: knownTrace(stage, input.traceId) });
      case 'count':
        return this.#count(input.nowMs);
      case 'flush':
        return this.#flush(input.nowMs, input.isWhole);
      case 'carry-spans':
        return this.#around.emit({ kind: 'carried', piece: stage.decidedSpans.carry(input.lost) });
      case 'remember-decisions':
        for (const trace of input.traces) {
          this.#coveredTo.set(trace.traceId, trace.coveredTo);
          stage.restore(trace, input.nowMs);
        }
        return;
      case 'remember-spans':
        return stage.restoreSpans(asBuffer(input.carried), input.nowMs);
      case 'replay-ended':
        this.#coveredTo = new Map();
        stage.shard.nextSpan = Math.max(stage.shard.nextSpan, input.nextSpan);
        return;
      case 'stop':
        this.#isStopped = true;
        return;
    }
  }

  #request({ body, transport, encoding, nowMs, leastHi }: RequestInput): void {
    const stage = this.#stage;
    this.#overload.leastHi = leastHi;
    const answer = stage.accept({ body: asBuffer(body), transport, encoding }, nowMs);
    this.#emitGathered();
    if (answer.kind === 'accepted')
      this.#around.emit({ kind: 'accepted', rejected: answer.rejected, message: answer.message, copied: stage.copied });
    else this.#around.emit({ kind: 'malformed', message: answer.message });
  }

  #replay({ body, transport, encoding, nowMs, copied, ...request }: ReplayInput): void {
    const { ledger } = this.#stage.shard;
    const before = ledger.received;
    const restored = this.#stage.replay(
      { body: asBuffer(body), transport, encoding },
      {
        ...request,
        covers: (traceId, span) => span < (this.#coveredTo.get(traceId) ?? 0),
        copied: copied === undefined ? undefined : new CopiedRows(asBuffer(copied)),
      },
      nowMs,
    );
    this.#emitGathered();
    this.#around.emit({ kind: 'replayed', restored, received: ledger.received - before });
  }

  #ticked(more: boolean, behindMs: number): void {
    this.#emitGathered();
    this.#around.emit({ kind: 'ticked', more, behindMs });
  }

  #reconfigure(config: Config): void {
    const decider = deciderOf(config);
    this.#stage.reconfigure(
      shardOptions(config, this.#start.config, this.#start.seed, decider.waits),
      decider,
      this.#nowMs,
    );
  }

  async #rescue({ number, request, nowMs }: ShardInput & { readonly kind: 'rescue' }): Promise<void> {
    const response = await this.#stage.rescue.request(request, nowMs, this.#around.pause);
    this.#around.emit({ kind: 'rescued', number, response });
  }

  #count(nowMs: number): void {
    const stage = this.#stage;
    stage.syncLedger();
    this.#emitGathered();
    this.#around.emit({
      kind: 'counts',
      counts: {
        buffer: bufferNumbers(stage.shard, stage.decidedSpans, nowMs),
        decided: [...stage.decided.all()],
        decisionMemory: { rememberedSinceMs: stage.decisions.rememberedSinceMs(), nowMs },
        rescue: rescueNumbers(stage.rescue.rescuer, stage.rescue.ages, nowMs),
        shedTraces: stage.shedding.traces,
        rowsUsed: stage.memory.spans.used,
        rowCapacity: stage.memory.spans.capacity,
        names: stage.memory.names.size,
        isBalanced: stage.shard.ledger.isBalanced(),
      },
    });
  }

  #flush(nowMs: number, isWhole: boolean): void {
    const { red, propagation, repairs, memory } = this.#stage;
    propagation.unanswered.countExpired(nowMs);
    if (isWhole) this.#clocks.forgetIdle(nowMs, redOptions(this.#start.config).expireMs);
    this.#emitNames();
    this.#around.emit({
      kind: 'derived',
      part: {
        red: isWhole ? flushRed(red, memory.names, nowMs) : undefined,
        propagation: propagation.counters.flush(),
        repairs: repairs.flush(),
        clocks: isWhole ? flushClocks(this.#clocks, memory.hosts) : undefined,
      },
    });
  }

  #emitNames(): void {
    const names = this.#names.flush();
    if (names !== undefined) this.#around.emit({ kind: 'names', names });
  }

  /** What was gathered while an input was handled: counts first, then what crosses traces, then rows and which traces these are. */
  #emitGathered(): void {
    const counts = this.#counts.flush();
    if (counts !== undefined) this.#around.emit({ kind: 'span-counts', counts });
    this.#stage.edgeFacts.flush();
    const traceIds = this.#stage.rescue.flushLinks();
    if (traceIds !== undefined) this.#around.emit({ kind: 'links', traceIds });
    const randomness = this.#stage.flushRandomness();
    if (randomness !== undefined) this.#around.emit({ kind: 'randomness', traces: randomness });
    this.#rows.flush();
    if (this.#decided.count > 0) this.#around.emit({ kind: 'decided', entries: this.#decided.take() });
  }
}

/** The configuration was checked before it came here. */
function deciderOf({ sampling }: Config): Decider {
  const decider = compileSampling(sampling, 'sampling.tail_sampling');
  if (!decider.ok) throw new Error(`the rules of a shard are refused: ${JSON.stringify(decider.error)}`);
  return decider.value;
}
