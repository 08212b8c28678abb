// Everything computed once per trace answer: tree, folds, critical path, hues, lookups.
import type { InboundLink, TraceResponse } from '#proto/api/trace.ts';
import { criticalPath } from '../shape/critical-path.ts';
import type { CriticalPath } from '../shape/critical-path.ts';
import { foldRepeats } from '../shape/fold-repeats.ts';
import { huesOf } from '../shape/service-hue.ts';
import { buildTraceTree } from '../shape/trace-tree.ts';
import type { TraceTree } from '../shape/trace-tree.ts';

export type TraceModel = {
  readonly trace: TraceResponse;
  readonly tree: TraceTree;
  readonly folds: Int32Array;
  readonly path: CriticalPath;
  readonly hues: readonly number[];
  /** Position of a span id (the first, when an id was used twice). */
  readonly positionOf: (spanId: string) => number;
  readonly spanIdAt: (position: number) => string;
  readonly inbound: ReadonlyMap<string, readonly InboundLink[]>;
};

export function traceModel(trace: TraceResponse, raw: boolean): TraceModel {
  const tree = buildTraceTree(trace, raw);
  const inbound = new Map<string, InboundLink[]>();
  for (const link of trace.inbound_links) {
    const list = inbound.get(link.span_id);
    if (list) list.push(link);
    else inbound.set(link.span_id, [link]);
  }
  let lookup: Map<string, number> | null = null;
  const positionOf = (spanId: string): number => {
    if (!lookup) {
      lookup = new Map();
      for (let p = tree.count - 1; p >= 0; p--) lookup.set(trace.span_id[tree.row[p] ?? 0] ?? '', p);
    }
    return lookup.get(spanId) ?? -1;
  };
  return { trace, tree, folds: foldRepeats(tree), path: criticalPath(tree), hues: huesOf(trace.services), positionOf, spanIdAt: (p) => trace.span_id[tree.row[p] ?? -1] ?? '', inbound };
}
