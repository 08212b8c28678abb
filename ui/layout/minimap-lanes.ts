// The whole trace in 46 pixels: each span a line of its service, rows squeezed; many spans share a pixel, the longest wins; a run of repeats keeps one lane.
import type { Runs } from '../shape/repeats.ts';
import type { TraceTree } from '../shape/trace-tree.ts';

/** One line of the minimap: position drawn and its lane. */
export interface MinimapLine {
  readonly position: number;
  readonly lane: number;
}

/** More lines than this only paint over each other. */
const MOST_LINES = 3_000;

/** Lines to draw for `lanes` lanes; big traces show the longest spans of each lane. */
export function minimapLines(tree: TraceTree, runs: Runs, lanes: number): MinimapLine[] {
  let rows = 0;
  for (let p = 0; p < tree.count; p = runs.get(p)?.end ?? p + 1) rows++;
  const lines: MinimapLine[] = [];
  const perLane = Math.max(1, rows / lanes);
  const everything = tree.count <= MOST_LINES;
  const least = everything ? 0 : longestCut(tree, MOST_LINES);
  const stride = everything ? 1 : Math.max(1, Math.floor(reaching(tree, least) / MOST_LINES));
  let candidates = 0;
  let row = -1;
  let foldEnd = 0;
  for (let p = 0; p < tree.count; p++) {
    if (p >= foldEnd) {
      row++;
      foldEnd = runs.get(p)?.end ?? p + 1;
    }
    if (!everything) {
      if (tree.duration[p]! < least) continue;
      candidates++;
      // Where many are equally long, the time is covered evenly rather than from the front only.
      if (candidates % stride !== 1 && stride > 1) continue;
    }
    lines.push({ position: p, lane: rows <= lanes ? row : Math.min(lanes - 1, Math.floor(row / perLane)) });
  }
  return lines;
}

/** How many spans are at least so long. */
function reaching(tree: TraceTree, least: number): number {
  let found = 0;
  for (let p = 0; p < tree.count; p++) if (tree.duration[p]! >= least) found++;
  return found;
}

/** Duration that about `keep` spans reach. */
function longestCut(tree: TraceTree, keep: number): number {
  const sorted = tree.duration.slice().sort();
  return sorted[Math.max(0, sorted.length - keep)] ?? 0;
}
