// The critical path over many traces, added up by service: where the time of the mean trace goes.
import type { CriticalPathResponse } from '#proto/api/critical-path.ts';

export interface PathShare {
  readonly service: string;
  readonly share: number;
}

/** Services by share of the path, most first; what is left of the whole (services beyond `most`, operations the answer cut off) comes last, without a name. */
export function pathShares(operations: CriticalPathResponse['operations'], most: number): PathShare[] {
  const shares = new Map<string, number>();
  for (const { service, share } of operations) shares.set(service, (shares.get(service) ?? 0) + share);
  const sorted = [...shares]
    .map(([service, share]) => ({ service, share }))
    .sort((a, b) => b.share - a.share || (a.service < b.service ? -1 : 1));
  const shown = sorted.filter(({ share }) => share > 0).slice(0, most);
  const rest = 1 - shown.reduce((sum, { share }) => sum + share, 0);
  return shown.length === 0 || rest < LEAST_REST ? shown : [...shown, { service: '', share: rest }];
}

/** Less than this is rounding. */
const LEAST_REST = 0.001;

type Operation = CriticalPathResponse['operations'][number];
export type PathColumn = 'path_ns' | 'self_ns' | 'drag_ns' | 'slack_ns' | 'spans' | 'traces';

/** Most first. Slack sorts the other way round: little slack is what matters next; operations without one come last. */
export function byPathColumn(operations: readonly Operation[], column: PathColumn): Operation[] {
  if (column === 'slack_ns')
    return operations.toSorted(
      (a, b) =>
        (a.slack_ns ?? Number.POSITIVE_INFINITY) - (b.slack_ns ?? Number.POSITIVE_INFINITY) || b.path_ns - a.path_ns,
    );
  return operations.toSorted((a, b) => b[column] - a[column] || b.path_ns - a.path_ns);
}
