// Room shared by three signals so that a flood of one starves no other: a quarter of it is guaranteed to each, the last quarter is
// whoever's comes first.
import { STORE_SIGNALS, type SignalBytes, type StoreSignal } from './signals.ts';

const GUARANTEED_SHARE = 0.25;

/** Whether a signal has no room left: its own part is used up, and what is left of the whole is guaranteed to the others. */
export function isSignalFull(signal: StoreSignal, used: SignalBytes, capBytes: number): boolean {
  const guaranteed = capBytes * GUARANTEED_SHARE;
  if (used[signal] < guaranteed) return false;
  let total = 0;
  for (const one of STORE_SIGNALS) total += used[one];
  return total >= roomFor(signal, used, capBytes);
}

/** What all of them together may hold before a signal is turned away: what the others have left of their parts is kept free. */
export function roomFor(signal: StoreSignal, used: SignalBytes, capBytes: number): number {
  const guaranteed = capBytes * GUARANTEED_SHARE;
  let room = capBytes;
  for (const other of STORE_SIGNALS) if (other !== signal) room -= Math.max(0, guaranteed - used[other]);
  return room;
}
