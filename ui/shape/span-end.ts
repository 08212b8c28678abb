// How long a span took, in words; some have no end, and some end before they start.
import { duration } from './format.ts';
import type { TraceTree } from './trace-tree.ts';

/** No clock is off by so much: the end is missing, and what was stored is the start with its sign turned round. */
const NO_END_NS = -1e17;

/** Whether a duration as it was stored says that the span has no end. @param startNs of the span, Unix ns */
export function hasNoEnd(storedNs: number, startNs: number): boolean {
  return storedNs < 0 && (storedNs <= NO_END_NS || storedNs <= -0.999 * startNs);
}

export function spanDuration(tree: Pick<TraceTree, 'duration' | 'noEnd'>, p: number): string {
  return tree.noEnd[p] === 1 ? 'no end' : duration(tree.duration[p]!);
}
