// A Collector's policies in force: traces are held until the tick of the second and decided there as one batch, as the Collector
// does. Where it would forget a trace (too many at a time) this decides it early; docs/collector-policies.md has all differences.
import type { WalkHeld } from '#collector/assemble/held-traces.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import type { Decider, DeciderWaits } from '../decider.ts';
import { IncomingSampling } from '../randomness/incoming-sampling.ts';
import { HALF, HALF_BITS, weightOf } from '#proto/model/threshold.ts';
import type { CollectorPolicies, PolicySettings } from './collector-policies.ts';
import { batchBytes, batchEnd, listedBytes, viewBytes } from './pdata-size.ts';
import type { ReceivedTrace } from './policy-cursor.ts';
import type { PolicyDecision } from './policy-set.ts';

const TICK_MS = 1000;
const TWO_56 = 2 ** 56;
const NOT_SAMPLED: PolicyDecision = { keep: false, policy: undefined, threshold: 0n };

/** The trace in the shard's view, or a batch of it. */
class TraceInView implements ReceivedTrace {
  view!: TraceView;
  traceSpans = 0;

  sizeBytes(): number {
    return viewBytes(this.view);
  }
}

export class PolicyDecider implements Decider {
  /** What was not sampled stays so, as in the Collector. */
  readonly allowsRescue = false;
  readonly names: readonly string[];
  readonly waits: DeciderWaits;
  readonly #policies: CollectorPolicies;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #finals: ReadonlySet<string>;
  readonly #trace = new TraceInView();
  readonly #incoming = new IncomingSampling();
  /** Some budget must see all traces of a tick before the first is decided. */
  readonly #plans: boolean;
  #nowMs = 0;
  /** Traces held for the next tick, and the second in which the first of them was. */
  #held = 0;
  #heldSecond = 0;
  /** Of the closed tick: its time, and with budgets what is known of its traces already, the next to be asked for at #taken. */
  #tickMs = 0;
  #known: (PolicyDecision | undefined)[] = [];
  #taken = 0;

  constructor(policies: CollectorPolicies) {
    this.#policies = policies;
    this.waits = waitsOf(policies.settings);
    const listed = policies.shards[0]?.policies ?? [];
    this.names = [
      ...new Set(listed.flatMap(({ name, subs = [] }) => [name, ...subs.map((sub) => nameOf(name, sub))])),
      '',
    ];
    this.#numbers = new Map(this.names.map((name, number) => [name, number]));
    this.#finals = new Set(listed.flatMap(({ name, type }) => (type === 'drop' ? [name] : [])));
    this.#plans = policies.shards.some((shard) => shard.plans);
  }

  rebuildWith(): void {
    // No policy asks about the tree.
  }

  adopt(): void {
    // Buckets start full, as after a restart of the Collector.
  }

  /** What a drop policy drops. */
  isFinal(rule: number): boolean {
    return this.#finals.has(this.names[rule] ?? '');
  }

  decide(view: TraceView, decision: Decision): boolean {
    const { settings } = this.#policies;
    if (settings.dropPendingAtEnd && view.trigger === 'shutdown') return this.#fill(view, NOT_SAMPLED, decision);
    if (settings.spanIngest) return this.#fill(view, this.#ingest(view), decision);
    // It reached the size in this moment: what came of it so far need not stay in memory until the tick.
    if (view.trigger === 'span_limit' && this.#isTooLarge(view)) return this.#fill(view, NOT_SAMPLED, decision);
    if (this.#held++ === 0) this.#heldSecond = Math.floor(this.#nowMs / TICK_MS);
    return false;
  }

  advanceTo(nowMs: number): boolean {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    return this.#held > 0 && Math.floor(this.#nowMs / TICK_MS) > this.#heldSecond;
  }

  close(walk: WalkHeld): void {
    this.#held = 0;
    this.#tickMs = this.#nowMs;
    this.#known = [];
    this.#taken = 0;
    if (!this.#plans) return;
    const { shards } = this.#policies;
    for (const shard of shards) shard.begin();
    walk((view) => {
      const shard = shards[this.#policies.shardOf(view)]!;
      this.#known.push(this.#isTooLarge(view) ? NOT_SAMPLED : shard.add(this.#enter(view), this.#tickMs));
    });
    for (const shard of shards) shard.end(this.#tickMs);
  }

  release(view: TraceView, decision: Decision): void {
    const shard = this.#policies.shards[this.#policies.shardOf(view)]!;
    let known = this.#plans ? this.#known[this.#taken++] : undefined;
    if (!this.#plans) known = this.#isTooLarge(view) ? NOT_SAMPLED : shard.add(this.#enter(view), this.#tickMs);
    this.#fill(view, known ?? shard.sampled(this.#enter(view), this.#tickMs), decision);
  }

  #enter(view: TraceView): ReceivedTrace {
    this.#trace.view = view;
    this.#trace.traceSpans = view.count;
    return this.#trace;
  }

  #isTooLarge(view: TraceView): boolean {
    const { maxTraceBytes } = this.#policies.settings;
    if (maxTraceBytes === 0) return false;
    let bytes = 0;
    for (let from = 0; from < view.count && bytes <= maxTraceBytes; from = batchEnd(view, from))
      bytes += batchBytes(view, from, batchEnd(view, from));
    return bytes > maxTraceBytes;
  }

  /** The strategy span-ingest, batch by batch as they came: the first final answer stands; what has none is not sampled. */
  #ingest(view: TraceView): PolicyDecision {
    const { maxTraceBytes } = this.#policies.settings;
    const shard = this.#policies.shards[this.#policies.shardOf(view)]!;
    let bytes = 0;
    for (let from = 0; from < view.count;) {
      const to = batchEnd(view, from);
      const start = from;
      from = to;
      if (maxTraceBytes > 0) bytes += batchBytes(view, start, to);
      if (maxTraceBytes > 0 && bytes > maxTraceBytes) return NOT_SAMPLED;
      const batch = { ...view, rows: view.rows.subarray(start, to), count: to - start };
      const decision = shard.decideBatch(
        { view: batch, traceSpans: to, sizeBytes: () => listedBytes(batchBytes(view, start, to)) },
        this.#nowMs,
      );
      if (decision !== undefined) return decision;
    }
    return NOT_SAMPLED;
  }

  /** Threshold and weight only as far as they are true: with the gate usetracestate as the Collector writes them, else where the chance is known. */
  #fill(view: TraceView, outcome: PolicyDecision, decision: Decision): true {
    const { keep, policy, sub, threshold, chance } = outcome;
    decision.keep = keep;
    decision.rule =
      this.#numbers.get(policy === undefined ? '' : sub === undefined ? policy : nameOf(policy, sub)) ??
      this.names.length - 1;
    decision.thresholdHi = HALF;
    decision.thresholdLo = 0;
    decision.weight = 0;
    decision.writesTh = true;
    if (!keep) return true;
    const incoming = this.#incoming;
    incoming.read(view);
    if (this.#policies.settings.useTraceState || chance === 1) {
      const own = this.#policies.settings.useTraceState ? threshold : 0n;
      const hi = Number(own >> BigInt(HALF_BITS));
      const lo = Number(own & BigInt(HALF - 1));
      const isStricter = incoming.thresholdHi > hi || (incoming.thresholdHi === hi && incoming.thresholdLo > lo);
      decision.thresholdHi = isStricter ? incoming.thresholdHi : hi;
      decision.thresholdLo = isStricter ? incoming.thresholdLo : lo;
      decision.weight = weightOf(decision.thresholdHi, decision.thresholdLo);
      decision.randomHi = incoming.randomHi;
      decision.randomLo = incoming.randomLo;
      return true;
    }
    // The Collector's hash decided, not R. How both go together where R was asked before is not known.
    decision.writesTh = false;
    if (chance === undefined || incoming.thresholdHi > 0 || incoming.thresholdLo > 0) return true;
    const equal = Math.round((1 - chance) * TWO_56);
    decision.thresholdHi = Math.floor(equal / HALF);
    decision.thresholdLo = equal % HALF;
    decision.weight = 1 / chance;
    return true;
  }
}

/** The name of a composite policy carries the policy whose share it was. */
function nameOf(policy: string, sub: string): string {
  return sub === '' ? policy : `${policy}/${sub}`;
}

function waitsOf(settings: PolicySettings): DeciderWaits {
  return {
    maxMs: settings.decisionWaitMs,
    afterRootMs: settings.afterRootMs === 0 ? Infinity : settings.afterRootMs,
    maxTraces: settings.blockOnOverflow ? Infinity : (settings.writtenNumTraces ?? Infinity),
    bytesPerTrace: settings.maxTraceBytes === 0 ? Infinity : settings.maxTraceBytes,
  };
}
