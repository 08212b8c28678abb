// What a shard counts and holds, as numbers: for the metrics of the process and for the account that a commit keeps.
import type { BufferNumbers } from '#collector/assemble/buffer-metrics.ts';
import type { DecisionMemoryNumbers } from '#collector/decide/memory/decision-memory.ts';
import type { RescueNumbers } from '#collector/rescue/rescue-metrics.ts';
import type { DecidedCount } from '#collector/self/decided-counts.ts';

export interface ShardCounts {
  readonly buffer: BufferNumbers;
  /** Traces decided, by decision, rule and trigger. */
  readonly decided: readonly DecidedCount[];
  readonly decisionMemory: DecisionMemoryNumbers;
  readonly rescue: RescueNumbers;
  /** Traces turned away at their first span. */
  readonly shedTraces: number;
  /** Rows of the span table in use, and how many there are. */
  readonly rowsUsed: number;
  readonly rowCapacity: number;
  /** Span names held. */
  readonly names: number;
  /** Every span received is in exactly one class. */
  readonly isBalanced: boolean;
}
