// A tail_sampling block in force: its settings, and the policies once per shard, as the Collector has them.
import type { TraceView } from '#collector/model/trace.ts';
import type { PolicySet } from './policy-set.ts';
import { shardOf } from './policy-shard.ts';

export interface PolicySettings {
  /** Traces one shard holds; the oldest is dropped undecided to make room for a new one. */
  readonly numTraces: number;
  /** The same over all shards, where it is written. */
  readonly writtenNumTraces: number | undefined;
  /** From the first span, whole seconds in ms, at least one. */
  readonly decisionWaitMs: number;
  /** From the first span without parent; 0 = no matter. */
  readonly afterRootMs: number;
  /** What is undecided at the end is not sampled; else it is decided as it is. */
  readonly dropPendingAtEnd: boolean;
  /** A full shard makes senders wait instead. */
  readonly blockOnOverflow: boolean;
  /** A trace above it while undecided is not sampled; 0 = no limit. */
  readonly maxTraceBytes: number;
  /** Decisions remembered apart from the traces held; 0 = none, and decided traces stay among those held. */
  readonly sampledCache: number;
  readonly nonSampledCache: number;
  /** Policies see each batch alone, and their first final answer stands. */
  readonly spanIngest: boolean;
  /** Thresholds are written into `ot` of what is kept. */
  readonly useTraceState: boolean;
}

export class CollectorPolicies {
  readonly settings: PolicySettings;
  readonly shards: readonly PolicySet[];

  constructor(settings: PolicySettings, shards: readonly PolicySet[]) {
    this.settings = settings;
    this.shards = shards;
  }

  /** The index of the shard that decides the trace. */
  shardOf(view: TraceView): number {
    return shardOf(view, this.shards.length);
  }
}
