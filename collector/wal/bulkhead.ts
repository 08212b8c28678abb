// Shares of a bound that three signals fill: a flood of one leaves room for the others.
import type { Signal } from '../receive/intake.ts';

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];
/** Each signal has this part of the bound for itself; what is left is for all. */
const GUARANTEED = 1 / 4;

/**
 * Whether a signal may add no more: its own part is used up, and the rest is used up to what the others have not yet used of theirs.
 * @param total what is in use, also by what belongs to no signal
 */
export function isShareFull(signal: Signal, used: Readonly<Record<Signal, number>>, total: number, cap: number): boolean {
  const guaranteed = cap * GUARANTEED;
  if (used[signal] < guaranteed) return false;
  let reserved = 0;
  for (const other of SIGNALS) if (other !== signal) reserved += Math.max(0, guaranteed - used[other]);
  return total >= cap - reserved;
}
