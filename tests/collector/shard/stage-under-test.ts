// A trace stage on a virtual clock that notes what it keeps, by trace.
import { parse } from 'yaml';
import { compileRules, type RulesConfig } from '#collector/decide/rules/compile-rules.ts';
import { RuleDecider } from '#collector/decide/rules/rule-decider.ts';
import type { EdgeRow } from '#collector/derive/global/edge-counters.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Ledger } from '#collector/self/ledger.ts';
import { TraceStage } from '#collector/shard/trace-stage.ts';
import { JoinedFacts } from '#tests/support/joined-facts.ts';
import { traceRequest, type PlainSpan } from '#tests/support/trace-builder.ts';

const WAIT = { quietMs: 100, afterRootMs: 200, maxMs: 400 };
export const SHARD = {
  ...WAIT,
  maxBytes: 2 ** 28,
  spansPerTrace: 50_000,
  bytesPerTrace: 2 ** 26,
  traceCapacity: 20_000,
  seed: 7,
};
export const MS_PER_STEP = 100;

export interface KeptPart {
  spans: number;
  errors: number;
  service: string;
  weight: number;
  threshold: string;
}

export class StageUnderTest {
  readonly ledger = new Ledger();
  readonly #joined = new JoinedFacts();
  readonly kept = new Map<string, KeptPart[]>();
  readonly stage: TraceStage;
  readonly shard: typeof SHARD;
  readonly decider: RuleDecider;
  nowMs = 1_000_000;

  /** @param overload T_min in force, changed at will */
  constructor(
    yaml: string,
    shard: Partial<typeof SHARD> = {},
    overload: { readonly leastHi: number } = { leastHi: 0 },
    spanCapacity = 100_000,
  ) {
    const rules = compileRules(parse(yaml) as RulesConfig);
    if (!rules.ok) throw new Error(JSON.stringify(rules.error));
    this.shard = { ...SHARD, ...shard };
    this.decider = new RuleDecider(rules.value);
    const failures: unknown[] = [];
    this.stage = new TraceStage({
      shard: this.shard,
      memory: createSpanMemory(spanCapacity, 3),
      decisionMemoryBytes: 2 ** 25,
      red: { capacity: 1000, boundsMs: [1, 10] },
      decider: this.decider,
      clocks: new HostPairClock(),
      onEdgeFacts: (facts) => this.#joined.addEdgeFacts(facts),
      sink: {
        keep: (view, _rebuilt, decision) => {
          const { spans, resources, services } = view.memory;
          const id = [view.id0, view.id1, view.id2, view.id3]
            .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
            .join('');
          const parts = this.kept.get(id) ?? [];
          parts.push({
            spans: view.count,
            errors: view.errorCount,
            weight: decision.weight,
            threshold: `${decision.thresholdHi} ${decision.thresholdLo}`,
            service: services.text(resources.service[spans.resource[view.rows[0]!]!]!),
          });
          this.kept.set(id, parts);
        },
        linked: () => undefined,
        decided: () => {},
      },
      ledger: this.ledger.traces,
      overload,
      onFailure: (error) => failures.push(error),
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
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += MS_PER_STEP) {
      this.nowMs += MS_PER_STEP;
      while (this.stage.shard.tick(this.nowMs, 500));
    }
  }

  /** Every span is accounted for. */
  get isAccounted(): boolean {
    return this.stage.shard.ledger.isBalanced();
  }

  get pending(): number {
    return this.stage.shard.ledger.pending;
  }

  get keptSpans(): number {
    return [...this.kept.values()].flat().reduce((sum, part) => sum + part.spans, 0);
  }

  /** Whether the ledger accounts for every span, and for those kept as they were handed on. */
  get isBalanced(): boolean {
    const { ledger } = this.stage.shard;
    return ledger.isBalanced() && ledger.kept === this.keptSpans;
  }
}
