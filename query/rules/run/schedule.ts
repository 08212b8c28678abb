// When a group is evaluated: at instants one interval apart, shifted by a hash of its file and name, so that groups do not all come at once. The instants are
// those of a Prometheus that has the same file under the same path.
import { labelHash } from '#query/promql/label-hash.ts';
import { LabelSet } from '#query/promql/labels.ts';

const NS_PER_MS = 1_000_000n;

/** The same at every start, 0 to interval, in whole ms. */
export function offsetOf(file: string, name: string, intervalMs: number): number {
  const hash = labelHash(LabelSet.from(Object.entries({ file, name })));
  return Number((hash % (BigInt(intervalMs) * NS_PER_MS)) / NS_PER_MS);
}

/** The last instant of the group that is not after now. */
export function slotAt(nowMs: number, offsetMs: number, intervalMs: number): number {
  return Math.floor((nowMs - offsetMs) / intervalMs) * intervalMs + offsetMs;
}

export interface NextSlot {
  readonly atMs: number;
  /** Instants that were left out because the evaluation before took too long, or the machine slept. */
  readonly missed: number;
}

/** The instant to evaluate next, as it is due now. When the clock was set back, the group goes on from there. */
export function nextSlot(lastMs: number, nowMs: number, intervalMs: number): NextSlot {
  const passed = Math.floor((nowMs - lastMs) / intervalMs);
  if (passed < -1) return { atMs: lastMs + passed * intervalMs, missed: 0 };
  const missed = Math.max(0, passed - 1);
  return { atMs: lastMs + (missed + 1) * intervalMs, missed };
}
