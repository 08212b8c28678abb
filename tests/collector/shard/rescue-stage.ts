// A trace stage with a rescue ring, on a virtual clock: notes what is kept, byte for byte, and what was told anew.
import { parse } from 'yaml';
import { compileRules, type RulesConfig } from '#collector/decide/rules/compile-rules.ts';
import { RuleDecider } from '#collector/decide/rules/rule-decider.ts';
import type { EdgeRow } from '#collector/derive/global/edge-counters.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import type { RebuiltTrace } from '#collector/reconstruct/reconstruct.ts';
import { WARN_DUPLICATE_SPAN } from '#collector/reconstruct/warnings.ts';
import type { RescuerOptions } from '#collector/rescue/rescuer.ts';
import { zstdCodec } from '#collector/rescue/segment-codec.ts';
import { Ledger } from '#collector/self/ledger.ts';
import { TraceStage } from '#collector/shard/trace-stage.ts';
import { traceIdHex, traceIdOf, traceIdWords } from '#proto/model/ids.ts';
import { JoinedFacts } from '#tests/support/joined-facts.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';
import { MS_PER_STEP, SHARD } from './stage-under-test.ts';

export interface StoredTrace {
  /** Hex of every span. */
  readonly spans: string[];
  errors: number;
  rule: string;
  trigger: string;
  /** In force: as it was written, or told anew later. */
  weight: number;
  thresholdHi: number;
  /** Of its first part: warnings of copies by span id. */
  copiesWarnedOf: Record<string, number>;
}

export interface RingSettings {
  readonly maxBytes?: number;
  readonly leastHorizonMs?: number;
  readonly triggers?: readonly string[];
  readonly ring?: false;
}

export class RescueStage {
  readonly ledger = new Ledger();
  readonly #joined = new JoinedFacts();
  readonly stage: TraceStage;
  readonly stored = new Map<string, StoredTrace>();
  readonly decided: string[] = [];
  readonly failures: unknown[] = [];
  /** Least part of what was dropped that the ring took at a time. */
  leastShare = 1;
  /** Spans handed to the sink. */
  kept = 0;
  nowMs = 1_000_000;

  constructor(
    yaml: string,
    settings: RingSettings = {},
    overload: { readonly leastHi: number } = { leastHi: 0 },
    spanCapacity = 50_000,
    shard: Partial<typeof SHARD> = {},
  ) {
    const rules = compileRules(parse(yaml) as RulesConfig);
    if (!rules.ok) throw new Error(JSON.stringify(rules.error));
    this.stage = new TraceStage({
      shard: { ...SHARD, ...shard },
      memory: createSpanMemory(spanCapacity, 3),
      decisionMemoryBytes: 2 ** 23,
      red: { capacity: 1000, boundsMs: [1, 10] },
      decider: new RuleDecider(rules.value),
      clocks: new HostPairClock(),
      onEdgeFacts: (facts) => this.#joined.addEdgeFacts(facts),
      sink: {
        keep: (view, rebuilt, decision, rule) => {
          const { spans, slabs } = view.memory;
          const id = traceIdHex(view.id0, view.id1, view.id2, view.id3);
          const trace = this.stored.get(id) ?? {
            spans: [],
            errors: 0,
            rule,
            trigger: view.trigger,
            weight: 0,
            thresholdHi: 0,
            copiesWarnedOf: copiesWarnedOf(rebuilt.dag),
          };
          for (let i = 0; i < view.count; i++) {
            if (rebuilt.isDuplicate(i)) continue;
            const row = view.rows[i]!;
            const from = spans.offset[row]!;
            trace.spans.push(slabs.bytes(spans.slab[row]!).toString('hex', from, from + spans.length[row]!));
          }
          this.kept += view.count;
          this.stored.set(
            id,
            Object.assign(trace, {
              errors: trace.errors + view.errorCount,
              weight: decision.weight,
              thresholdHi: decision.thresholdHi,
            }),
          );
        },
        reweighed: ({ id0, id1, id2, id3 }, decision) => {
          Object.assign(this.stored.get(traceIdHex(id0, id1, id2, id3))!, {
            weight: decision.weight,
            thresholdHi: decision.thresholdHi,
          });
        },
        linked: () => undefined,
        decided: (view, decision, rule) =>
          this.decided.push(`${decision.keep ? 'kept' : 'dropped'} ${rule} ${view.trigger} ${view.count}`),
      },
      ledger: this.ledger.traces,
      overload,
      rescue: rescuerOptions(settings),
      onFailure: (error) => this.failures.push(error),
    });
    this.#joined.nameBy(this.stage.namesToSend);
  }

  /** Edges counted since the last call. */
  edges(): EdgeRow[] {
    this.stage.edgeFacts.flush();
    return this.#joined.global.graph.flush(this.nowMs);
  }

  send(traceId: string, spans: readonly PlainSpan[]): void {
    this.sendBody(traceRequest(traceId, spans));
  }

  sendBody(body: Buffer): void {
    const answer = this.stage.accept({ body, transport: 'grpc', encoding: 'protobuf' }, this.nowMs);
    if (answer.kind !== 'accepted' || answer.rejected > 0) throw new Error(answer.message);
    this.#handOnLinks();
  }

  /** An error log of the trace. */
  logError(traceId: string): void {
    const { id0, id1, id2, id3 } = traceIdWords(traceIdOf(traceId));
    this.stage.rescue.errorLogs(Uint32Array.of(id0, id1, id2, id3));
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += MS_PER_STEP) {
      this.nowMs += MS_PER_STEP;
      this.stage.rescue.tick(this.nowMs);
      this.leastShare = Math.min(this.leastShare, 1 - (this.stage.rescue.rescuer.ring?.leastHi ?? 0) / 2 ** 28);
      while (this.stage.shard.tick(this.nowMs, 500)) this.#handOnLinks();
      this.#handOnLinks();
    }
  }

  /** To the shard that owns the traces linked to: this one. */
  #handOnLinks(): void {
    const traceIds = this.stage.rescue.flushLinks();
    if (traceIds !== undefined) this.stage.rescue.noteLinked(traceIds);
  }

  lateErrors(): Record<string, number> {
    return Object.fromEntries([...this.stage.rescue.rescuer.lateErrors].filter(([, spans]) => spans > 0));
  }

  rescued(): Record<string, number> {
    return Object.fromEntries([...this.stage.rescue.rescuer.rescued].filter(([, traces]) => traces > 0));
  }

  /** What the ledger leaves open once nothing is pending: nothing, but for what the sink was handed. */
  get unaccounted(): number {
    this.stage.syncLedger();
    const { traces } = this.ledger;
    return this.failures.length + this.stage.shard.ledger.pending + traces.open - this.kept + traces.droppedTotal;
  }
}

function copiesWarnedOf({ warnings, idLo }: RebuiltTrace['dag']): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < warnings.count; i++) {
    const id = String(idLo[warnings.node[i]!]);
    if (warnings.kind[i] === WARN_DUPLICATE_SPAN) counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

function rescuerOptions({
  maxBytes = 2 ** 22,
  leastHorizonMs = 0,
  triggers = ['late-error', 'error-log', 'link'],
  ring,
}: RingSettings): RescuerOptions {
  return {
    ring:
      ring === false
        ? undefined
        : { maxBytes, diskBytes: 0, leastHorizonMs, codec: zstdCodec, disk: undefined, seed: 9 },
    triggers,
    seed: 9,
  };
}
