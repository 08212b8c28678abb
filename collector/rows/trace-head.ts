// What the row of a trace says beside the sums over its spans: root, duration, missing parents, critical path, warnings. It is the same whether
// the spans came together or are looked at together once more, after late ones.
import { spanIdHex, type TraceIdWords } from '#proto/model/ids.ts';
import type { SpanMemory } from '#collector/model/trace.ts';
import type { RebuiltTrace } from '#collector/reconstruct/reconstruct.ts';
import { warningName, type WarningKind } from '#collector/reconstruct/warnings.ts';
import type { TraceStart } from './trace-sink.ts';
import type { RebuiltHead, TraceOperation, TraceRepeat, TraceRow } from '#collector/store/tables/traces-table.ts';

export interface TraceHead extends Omit<RebuiltHead, 'spans' | 'startHi' | 'startLo'> {
  readonly services: readonly string[];
  readonly serviceSpans: ReadonlyMap<string, number>;
}

/** What spans that were stored do not tell again: copies, ids that were damaged when they came, what the clocks of that time made of them. */
export const LASTING_WARNINGS: ReadonlySet<string> = new Set<WarningKind>([
  'duplicate_span',
  'bad_parent_id',
  'bad_link_id',
  'clock_infeasible',
  'clock_kept_raw',
  'clock_own_bounds',
]);

/** Of a row that adds nothing to the sums over the spans of its trace. */
export const EMPTY_FACTS = {
  durationNs: 0,
  rootService: '',
  rootName: '',
  rootKind: 0,
  spanCount: 0,
  errorCount: 0,
  lateCount: 0,
  missingParents: 0,
  rootPresent: false,
  depth: 0,
  services: [],
  serviceSpans: new Map<string, number>(),
  criticalPathNs: new Map<string, number>(),
  trigger: '',
  hosts: [],
  warnings: [],
  operations: [],
  repeats: [],
} as const;

/** The row that brings a head made from all stored spans. @param start of the trace's other rows */
export function rebuiltRow(id: TraceIdWords, start: TraceStart, rebuilt: RebuiltHead): TraceRow {
  const { startHi, startLo } = start;
  const decided = { rule: '', thresholdHi: 0, thresholdLo: 0, weight: 0 };
  return { ...id, ...EMPTY_FACTS, ...decided, startHi, startLo, endHi: startHi, endLo: startLo, rebuilt };
}

/** @param memory of the view that was put together */
export function traceHead(rebuilt: RebuiltTrace, memory: SpanMemory): TraceHead {
  const { summary, dag } = rebuilt;
  const { services, names } = memory;
  const serviceSpans = new Map<string, number>();
  const criticalPathNs = new Map<string, number>();
  for (let i = 0; i < summary.services.size; i++) {
    const name = services.text(summary.services.slots[i]!);
    serviceSpans.set(name, (serviceSpans.get(name) ?? 0) + summary.serviceSpans[i]!);
    if (summary.serviceCriticalNs[i]! > 0) criticalPathNs.set(name, Math.round(summary.serviceCriticalNs[i]!));
  }
  const warnings = [];
  for (let i = 0; i < dag.warnings.count; i++) {
    const node = dag.warnings.node[i]!;
    warnings.push({ kind: warningName(dag.warnings.kind[i]!), spanId: spanIdHex(dag.idHi[node]!, dag.idLo[node]!) });
  }
  return {
    services: [...serviceSpans.keys()],
    serviceSpans,
    durationNs: summary.durationNs,
    rootService: services.text(summary.rootService),
    rootName: names.text(summary.rootName),
    rootKind: summary.rootKind,
    missingParents: summary.missingParents,
    rootPresent: summary.rootPresent,
    depth: summary.depth,
    criticalPathNs,
    operations: operationsOf(rebuilt, memory),
    repeats: repeatsOf(rebuilt, memory),
    warnings,
  };
}

function repeatsOf({ repeats, dag }: RebuiltTrace, { services, names, spans, resources }: SpanMemory): TraceRepeat[] {
  return repeats.runs.map(({ first, count, totalNs, spanNs }) => {
    const row = dag.rows[first]!;
    return {
      firstSpanId: spanIdHex(dag.idHi[first]!, dag.idLo[first]!),
      service: services.text(resources.service[spans.resource[row]!]!),
      name: names.text(spans.name[row]!),
      spans: count,
      totalNs: Math.round(totalNs),
      spanNs: Math.round(spanNs),
    };
  });
}

function operationsOf({ operations }: RebuiltTrace, { services, names }: SpanMemory): TraceOperation[] {
  return operations.order.map((at) => ({
    service: services.text(operations.service[at]!),
    name: names.text(operations.name[at]!),
    spans: operations.spans[at]!,
    pathNs: Math.round(operations.pathNs[at]!),
    selfNs: Math.round(operations.selfNs[at]!),
    dragNs: Math.round(operations.dragNs[at]!),
    slackNs: Math.round(operations.slackNs[at]!),
  }));
}
