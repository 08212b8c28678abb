// Decides every trace of captures as the Collector's tail_sampling processor would: fed in order of first appearance, everything
// before the first tick, the oldest traces of a shard evicted undecided when it holds too many.
import { NS_PER_MS, nanosOf } from '#proto/model/unix-nano.ts';
import { spanIdHex } from '#proto/model/ids.ts';
import type { CollectorPolicies, PolicySettings } from '#collector/decide/otelcol/collector-policies.ts';
import { thresholdDigits, withThreshold } from '#collector/decide/otelcol/ot-state.ts';
import { listedBytes } from '#collector/decide/otelcol/pdata-size.ts';
import type { PolicyDecision, PolicySet } from '#collector/decide/otelcol/policy-set.ts';
import { TraceStateReader } from '#collector/decide/randomness/trace-state.ts';
import type { TraceView } from '#collector/model/trace.ts';
import type { SimulatedTrace } from './simulate-own.ts';
import type { WholeTraces } from './whole-traces.ts';

const TWO_56 = 2 ** 56;
const NOT_SAMPLED: PolicyDecision = { keep: false, policy: undefined, threshold: 0n };

interface Outcome extends PolicyDecision {
  readonly trigger: string;
  /** Spans [since, then) in order of arrival were looked at; those before and behind pass without a new threshold. */
  readonly spansSince?: number;
  readonly spansThen: number;
}

/** Sorted by trace id. Threshold and weight are unknown without the gate usetracestate: the Collector's policies then yield no probability. */
export function simulateCollector(traces: WholeTraces, policies: CollectorPolicies): SimulatedTrace[] {
  const outcomes = new Map<string, Outcome>();
  const held = policies.shards.map(() => new Set<string>());
  for (const id of traces.idsByAppearance()) {
    const view = traces.viewInFileOrder(id);
    const shard = policies.shardOf(view);
    makeRoom(held[shard]!, policies.settings, outcomes);
    held[shard]!.add(id);
    const outcome = ingest(traces, id, policies.settings, policies.shards[shard]!);
    if (outcome === undefined) continue;
    outcomes.set(id, outcome);
    // A remembered decision frees the trace's place.
    if ((outcome.keep ? policies.settings.sampledCache : policies.settings.nonSampledCache) > 0)
      held[shard]!.delete(id);
  }
  const nowMs = lastEndMs(traces);
  for (const [shard, ids] of held.entries()) {
    const due = [...ids].filter((id) => !outcomes.has(id));
    if (policies.settings.spanIngest) {
      for (const id of due) outcomes.set(id, { ...NOT_SAMPLED, trigger: 'timeout', spansThen: 0 });
      continue;
    }
    const received = due.map((id) => {
      const view = traces.viewInFileOrder(id);
      return { view, traceSpans: view.count, sizeBytes: () => traceBytes(traces, id) };
    });
    for (const [i, decision] of policies.shards[shard]!.decideTick(received, nowMs).entries()) {
      outcomes.set(due[i]!, { ...decision, trigger: 'timeout', spansThen: received[i]!.view.count });
    }
  }
  return [...outcomes.keys()]
    .sort()
    .map((id) => lineOf(id, traces.viewInFileOrder(id), outcomes.get(id)!, policies.settings.useTraceState));
}

/** What the clock stands at when all is decided: the last end there is. */
function lastEndMs(traces: WholeTraces): number {
  return traces.ids().reduce((latest, id) => {
    const { startHi, startLo, durationNs } = traces.view(id);
    return Math.max(latest, Math.ceil((nanosOf(startHi, startLo) + durationNs) / NS_PER_MS));
  }, 0);
}

/** Sets keep the order of insertion: the first is the oldest. */
function makeRoom(
  held: Set<string>,
  { numTraces, blockOnOverflow }: PolicySettings,
  outcomes: Map<string, Outcome>,
): void {
  if (blockOnOverflow || held.size < numTraces) return;
  for (const oldest of held) {
    held.delete(oldest);
    if (!outcomes.has(oldest)) outcomes.set(oldest, { ...NOT_SAMPLED, trigger: 'memory', spansThen: 0 });
    return;
  }
}

/** What is decided while the trace's batches come in. */
function ingest(traces: WholeTraces, id: string, settings: PolicySettings, policies: PolicySet): Outcome | undefined {
  if (settings.maxTraceBytes === 0 && !settings.spanIngest) return undefined;
  let bytes = 0;
  let traceSpans = 0;
  for (const view of traces.batches(id)) {
    traceSpans += view.count;
    const own = settings.maxTraceBytes === 0 ? 0 : traces.batchBytes(view);
    bytes += own;
    if (settings.maxTraceBytes > 0 && bytes > settings.maxTraceBytes)
      return { ...NOT_SAMPLED, trigger: 'trace_bytes', spansThen: traceSpans };
    if (!settings.spanIngest) continue;
    const decision = policies.decideBatch({ view, traceSpans, sizeBytes: () => listedBytes(traces.batchBytes(view)) });
    if (decision !== undefined)
      return { ...decision, trigger: 'span_ingest', spansSince: traceSpans - view.count, spansThen: traceSpans };
  }
  return undefined;
}

function traceBytes(traces: WholeTraces, id: string): number {
  return traces.batches(id).reduce((sum, batch) => sum + listedBytes(traces.batchBytes(batch)), 0);
}

function lineOf(
  id: string,
  view: TraceView,
  { keep, policy, threshold, trigger, spansSince = 0, spansThen }: Outcome,
  useTraceState: boolean,
): SimulatedTrace {
  const known = useTraceState && keep;
  return {
    trace_id: id,
    decision: keep ? 'keep' : 'drop',
    rule: policy ?? null,
    threshold: known ? thresholdDigits(threshold) : null,
    weight: known ? TWO_56 / Number(2n ** 56n - threshold) : null,
    spans: view.count,
    trigger,
    ...(known && { tracestates: traceStates(view, threshold, spansSince, spansThen) }),
  };
}

function traceStates(
  { memory, rows, count }: TraceView,
  threshold: bigint,
  since: number,
  then: number,
): [string, string][] {
  const { spans, slabs } = memory;
  const state = new TraceStateReader();
  return Array.from(rows.subarray(0, count), (row, i) => {
    const bytes = slabs.bytes(spans.slab[row]!);
    const from = spans.offset[row]!;
    const before = state.find(bytes, from, from + spans.length[row]!)
      ? bytes.toString('utf8', state.start, state.end)
      : '';
    const spanId = spanIdHex(spans.spanIdHi[row]!, spans.spanIdLo[row]!);
    return [spanId, i >= since && i < then ? withThreshold(before, threshold) : before];
  });
}
