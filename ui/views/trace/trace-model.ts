// Everything computed once per trace answer: tree, runs of repeats, critical path, hues, lookups.
import type { InboundLink, LinkedTrace, TraceResponse } from '#proto/api/trace.ts';
import { pathPieces } from '#ui/shape/path-pieces.ts';
import type { PathPieces } from '#ui/shape/path-pieces.ts';
import { linkedGroups } from '#ui/shape/linked-traces.ts';
import type { LinkedGroup } from '#ui/shape/linked-traces.ts';
import { withMissingSpans } from '#ui/shape/missing-spans.ts';
import { runsOf } from '#ui/shape/repeats.ts';
import type { Runs } from '#ui/shape/repeats.ts';
import { hueOf, huesOf } from '#ui/shape/service-hue.ts';
import { visibleName } from '#ui/shape/visible-text.ts';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import type { TraceTree } from '#ui/shape/trace-tree.ts';

export interface TraceModel {
  /** The answer, with stand-ins for spans that never came. */
  readonly trace: TraceResponse;
  /** Its names as they can be read. */
  readonly names: readonly string[];
  readonly services: readonly string[];
  readonly tree: TraceTree;
  readonly runs: Runs;
  readonly path: PathPieces;
  readonly hues: readonly number[];
  /** Position of a span id (the first, when an id was used twice) or of a row of linked traces; -1 when there is none. */
  readonly positionOf: (spanId: string) => number;
  readonly spanIdAt: (position: number) => string;
  /** Linked traces as rows below the spans: group i has position `tree.count + i`. */
  readonly linked: readonly LinkedGroup[];
  readonly linkedHues: readonly number[];
  readonly linkedById: ReadonlyMap<string, LinkedTrace>;
  readonly inbound: ReadonlyMap<string, readonly InboundLink[]>;
  /** Kinds of warnings by span id. */
  readonly warned: ReadonlyMap<string, readonly string[]>;
}

export function traceModel(answer: TraceResponse, raw: boolean): TraceModel {
  const trace = withMissingSpans(answer, raw);
  const tree = buildTraceTree(trace, raw);
  const inbound = new Map<string, InboundLink[]>();
  for (const link of trace.inbound_links) {
    const list = inbound.get(link.span_id);
    if (list) list.push(link);
    else inbound.set(link.span_id, [link]);
  }
  const warned = new Map<string, string[]>();
  for (const { kind, span_id: id } of trace.summary.warning_spans) warned.set(id, [...(warned.get(id) ?? []), kind]);
  const linked = linkedGroups(trace);
  const hues = huesOf(trace.services);
  let lookup: Map<string, number> | null = null;
  const positionOf = (id: string): number => {
    const group = /^linked-(\d{1,4})$/.exec(id);
    if (group) return Number(group[1]) < linked.length ? tree.count + Number(group[1]) : -1;
    if (!lookup) {
      lookup = new Map();
      for (let p = tree.count - 1; p >= 0; p--) lookup.set(trace.span_id[tree.row[p] ?? 0] ?? '', p);
    }
    return lookup.get(id) ?? -1;
  };
  return {
    trace,
    names: trace.names.map(visibleName),
    services: trace.services.map(visibleName),
    tree,
    inbound,
    warned,
    linked,
    positionOf,
    runs: runsOf(tree, trace),
    path: pathPieces(trace, tree, raw),
    hues,
    linkedHues: linked.map(({ service }) => hues[trace.services.indexOf(service)] ?? hueOf(service)),
    spanIdAt: (p) => (p >= tree.count ? `linked-${p - tree.count}` : (trace.span_id[tree.row[p] ?? -1] ?? '')),
    linkedById: new Map((trace.linked_traces ?? []).map((one) => [one.trace_id, one])),
  };
}
