// When the series of a counter that does not grow is written again: soon after it has stopped growing, then ever more rarely. PromQL finds it
// at every moment while it lives, and an increase is extrapolated over no more than a part of the time that it has been known.

/** Longest time between two samples of a living series: a look back of five minutes finds it, and a rate over some minutes has several. */
export const REEMIT_MS = 60_000;

/** @param changedMs when it last grew @param writtenMs when it was last written */
export function isReemitDue(nowMs: number, changedMs: number, writtenMs: number): boolean {
  return nowMs - writtenMs >= Math.min(REEMIT_MS, writtenMs - changedMs);
}
