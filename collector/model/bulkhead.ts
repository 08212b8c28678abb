// Room that three signals share so that a flood of one starves no other: a quarter of it is guaranteed to each, the last quarter is for whoever comes first.
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';

const GUARANTEED_PART = 0.25;

export type BySignal = Readonly<Record<Signal, number>>;

/** What all of them together may hold before a signal is turned away: what the others have left of their parts is kept free. */
export function roomFor(signal: Signal, used: BySignal, cap: number): number {
  const guaranteed = cap * GUARANTEED_PART;
  let room = cap;
  for (const other of SIGNALS) if (other !== signal) room -= Math.max(0, guaranteed - used[other]);
  return room;
}

/**
 * Whether a signal may add no more: its own part is used up, and what is left of the whole is guaranteed to the others.
 * @param total what is in use, also by what belongs to no signal
 */
export function isSignalFull(
  signal: Signal,
  used: BySignal,
  cap: number,
  total = used.traces + used.logs + used.metrics,
): boolean {
  return used[signal] >= cap * GUARANTEED_PART && total >= roomFor(signal, used, cap);
}

/** Whether `more` of a signal fits: into its own part always, beyond that as long as the others keep theirs. */
export function fitsUnderCap(signal: Signal, used: BySignal, cap: number, more: number): boolean {
  if (used[signal] + more <= cap * GUARANTEED_PART) return true;
  return used.traces + used.logs + used.metrics + more <= roomFor(signal, used, cap);
}
