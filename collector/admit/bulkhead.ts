// Shares a cap between the three signals so that a flood of one leaves room for the others.
import { SIGNALS, type Signal } from '../receive/intake.ts';

/** Part of a cap that each signal has for itself whatever the others use; what is left over is shared. */
const GUARANTEED_PART = 0.25;

/**
 * Whether `more` of a signal fits under the cap: within the signal's own guaranteed part always, beyond it as long as
 * the total leaves the other signals what they have not used of their guaranteed parts.
 */
export function fitsUnderCap(cap: number, signal: Signal, used: Readonly<Record<Signal, number>>, more: number): boolean {
  const guaranteed = cap * GUARANTEED_PART;
  const own = used[signal] + more;
  if (own <= guaranteed) return true;
  let total = own;
  for (const other of SIGNALS) if (other !== signal) total += Math.max(used[other], guaranteed);
  return total <= cap;
}
