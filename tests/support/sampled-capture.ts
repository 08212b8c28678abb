// A capture through the trace stage under given rules, on a clock that stands still: what is derived from all spans, and what was decided.
import { compileRules, type RulesConfig } from '#collector/decide/rules/compile-rules.ts';
import { RuleDecider } from '#collector/decide/rules/rule-decider.ts';
import type { EdgeRow } from '#collector/derive/global/edge-counters.ts';
import type { RepairRow } from '#collector/derive/repairs/repair-counters.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Ledger } from '#collector/self/ledger.ts';
import { TraceStage } from '#collector/shard/trace-stage.ts';
import { readCapture } from '#deploy/replay/read/read-capture.ts';
import { JoinedFacts } from '#tests/support/joined-facts.ts';
import { DEFAULT_BOUNDS_MS } from './default-bounds.ts';
import { sharedData } from './shared-data.ts';

const NOW_MS = 1_000_000;
const SHARD = {
  quietMs: 1000,
  afterRootMs: 5000,
  maxMs: 30_000,
  maxBytes: 2 ** 30,
  spansPerTrace: 250_000,
  bytesPerTrace: 2 ** 28,
  traceCapacity: 100_000,
  seed: 7,
};
const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUSES = ['UNSET', 'OK', 'ERROR'];

/** Sums over all decisions, kept or not, under the names of expected/dag/facts.csv. */
interface DecidedFacts {
  traces: number;
  spans: number;
  distinct_missing_parents: number;
  traces_without_root: number;
  error_spans: number;
  error_traces: number;
  max_spans: number;
}

export interface SampledCapture {
  /** By service, name, kind and status: calls, sum of durations in ns, cumulative buckets. */
  readonly red: ReadonlyMap<string, readonly number[]>;
  readonly edges: readonly EdgeRow[];
  readonly repairs: readonly RepairRow[];
  readonly facts: DecidedFacts;
  readonly keptTraces: number;
  readonly keptSpans: number;
  readonly lateSpans: number;
  /** Spans whose caller was not found. */
  readonly waiting: number;
}

/**
 * @param capture below the shared data root @param rules as under `sampling`
 * @param msPerRequest time that passes after each request: above the waits, whatever comes in another request is late
 */
export async function sampledCapture(capture: string, rules: RulesConfig, msPerRequest = 0): Promise<SampledCapture> {
  const compiled = compileRules(rules);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const facts: DecidedFacts = {
    traces: 0,
    spans: 0,
    distinct_missing_parents: 0,
    traces_without_root: 0,
    error_spans: 0,
    error_traces: 0,
    max_spans: 0,
  };
  let nowMs = NOW_MS;
  let keptTraces = 0;
  let keptSpans = 0;
  const joined = new JoinedFacts(DEFAULT_BOUNDS_MS, 262_144);
  const stage: TraceStage = new TraceStage({
    onEdgeFacts: (facts) => joined.addEdgeFacts(facts),
    shard: SHARD,
    memory: createSpanMemory(200_000, 3),
    decisionMemoryBytes: 2 ** 25,
    red: { capacity: 10_000, boundsMs: DEFAULT_BOUNDS_MS },
    decider: new RuleDecider(compiled.value),
    clocks: new HostPairClock(),
    sink: {
      keep: (view) => {
        keptTraces++;
        keptSpans += view.count;
      },
      linked: () => undefined,
      decided: (view) => {
        facts.traces++;
        facts.spans += view.count;
        facts.distinct_missing_parents += view.missingParents;
        facts.traces_without_root += view.rootPresent ? 0 : 1;
        facts.error_spans += view.errorCount;
        facts.error_traces += view.errorCount > 0 ? 1 : 0;
        facts.max_spans = Math.max(facts.max_spans, view.count);
      },
    },
    ledger: new Ledger().traces,
    onFailure: (error) => {
      throw error;
    },
  });
  joined.nameBy(stage.namesToSend);
  for await (const request of readCapture(sharedData(capture))) {
    if (request.signal !== 'traces') continue;
    const answer = stage.accept({ body: Buffer.from(request.bytes), transport: 'grpc', encoding: 'protobuf' }, nowMs);
    if (answer.kind !== 'accepted' || answer.rejected > 0) throw new Error(answer.message);
    if (msPerRequest === 0) continue;
    nowMs += msPerRequest;
    while (stage.shard.tick(nowMs, 1_000_000));
  }
  while (stage.shard.drain(1_000_000));
  stage.edgeFacts.flush();
  const { graph } = joined.global;
  const red = new Map<string, number[]>();
  stage.red.flush(NOW_MS, (series) => {
    const { services, names } = stage.memory;
    const key = [
      services.text(series.service),
      names.text(series.name),
      `SPAN_KIND_${KINDS[series.kind]}`,
      `STATUS_CODE_${STATUSES[series.status]}`,
    ].join('\n');
    red.set(key, [series.calls, series.sumNs, ...series.buckets]);
  });
  return {
    red,
    edges: graph.flush(NOW_MS),
    repairs: stage.repairs.flush(),
    facts,
    keptTraces,
    keptSpans,
    lateSpans: stage.shard.ledger.late,
    waiting: graph.waiting.waiting,
  };
}
