// One rebuilt trace as data: the line that `winnow show --json` prints. Times are ns in decimal strings.
import { spanIdHex } from '#proto/model/ids.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { NODE_SYNTHETIC } from '#collector/reconstruct/dag.ts';
import type { RebuiltTrace } from '#collector/reconstruct/reconstruct.ts';
import { warningName } from '#collector/reconstruct/warnings.ts';

export interface ShownSpan {
  span_id: string;
  /** The rebuilt parent; '' for roots. */
  parent_id: string;
  service: string;
  name: string;
  raw_start: string;
  /** raw_start plus the offset of its host. */
  start: string;
  duration: string;
  /** Its pieces of the critical path, corrected times, ascending. */
  critical: [string, string][];
  /** A parent that never came: stands where its children are. */
  synthetic?: true;
}

export interface ShownTrace {
  trace_id: string;
  spans: ShownSpan[];
  hosts: { host: string; offset: string; error: string }[];
  warnings: { kind: string; span_id: string }[];
}

/** Spans in tree order, parents first; exact copies are left out. */
export function shownTrace(traceId: string, view: TraceView, rebuilt: RebuiltTrace): ShownTrace {
  const { memory } = view;
  const { spans, resources } = memory;
  const { dag, clock, path, skewNs } = rebuilt;
  const origin = (BigInt(dag.originHi) << 32n) + BigInt(dag.originLo);
  const idOf = (node: number): string => spanIdHex(dag.idHi[node]!, dag.idLo[node]!);
  const critical = new Map<number, [string, string][]>();
  for (let piece = path.pieceCount - 1; piece >= 0; piece--) {
    const node = path.pieceNode[piece]!;
    const pieces = critical.get(node) ?? [];
    critical.set(node, pieces);
    pieces.push([String(origin + whole(path.pieceFromNs[piece]!)), String(origin + whole(path.pieceToNs[piece]!))]);
  }
  const shown: ShownSpan[] = [];
  for (let i = 0; i < dag.liveCount; i++) {
    const node = dag.order[i]!;
    const row = dag.rows[node]!;
    const parent = dag.parent[node]!;
    const synthetic = dag.state[node] === NODE_SYNTHETIC;
    const rawStart = synthetic
      ? origin + whole(rebuilt.startNs[node]!)
      : (BigInt(spans.startHi[row]!) << 32n) + BigInt(spans.startLo[row]!);
    shown.push({
      span_id: idOf(node),
      parent_id: parent < 0 ? '' : idOf(parent),
      service: synthetic ? '' : memory.services.text(resources.service[spans.resource[row]!]!),
      name: synthetic ? '' : memory.names.text(spans.name[row]!),
      raw_start: String(rawStart),
      start: String(rawStart + whole(skewNs[node]!)),
      duration: String(whole(rebuilt.endNs[node]! - rebuilt.startNs[node]!)),
      critical: critical.get(node) ?? [],
      ...(synthetic && { synthetic: true as const }),
    });
  }
  const hosts: ShownTrace['hosts'] = [];
  for (let host = 0; host < clock.hosts.size; host++) {
    hosts.push({
      host: memory.hosts.text(clock.hosts.slots[host]!),
      offset: String(whole(clock.offsetNs[host]!)),
      error: String(whole(clock.errorNs[host]!)),
    });
  }
  const warnings: ShownTrace['warnings'] = [];
  for (let i = 0; i < dag.warnings.count; i++)
    warnings.push({ kind: warningName(dag.warnings.kind[i]!), span_id: idOf(dag.warnings.node[i]!) });
  // What came first must not matter: the root's host leads, the rest goes by name.
  const [rootHost, ...others] = hosts;
  if (rootHost !== undefined)
    hosts.splice(0, hosts.length, rootHost, ...others.toSorted((a, b) => (a.host < b.host ? -1 : 1)));
  warnings.sort((a, b) =>
    a.kind === b.kind ? (a.span_id < b.span_id ? -1 : a.span_id > b.span_id ? 1 : 0) : a.kind < b.kind ? -1 : 1,
  );
  return { trace_id: traceId, spans: shown, hosts, warnings };
}

function whole(ns: number): bigint {
  return BigInt(Math.round(ns));
}
