// What a simulation comes to, per rule and per service, as tables for people.
import type { SimulatedTrace } from '#collector/simulate/simulate-own.ts';
import { addTo, RowSums } from '#collector/simulate/sums.ts';
import type { WholeTraces } from '#collector/simulate/whole-traces.ts';
import { alignedTable } from './aligned-table.ts';

/** What traces without a matching rule are shown under. */
const NO_RULE = '(no rule)';

interface Row {
  traces: number;
  kept: number;
  spans: number;
  keptSpans: number;
  estimate: number;
}

/** Columns: rule, traces, kept, spans, spans kept, and the spans that the kept ones stand for by their weights. */
export function summaryText(decided: readonly SimulatedTrace[]): string {
  const rows = new Map<string, Row>();
  const total = emptyRow();
  for (const trace of decided) {
    const name = trace.rule ?? NO_RULE;
    const row = rows.get(name) ?? emptyRow();
    rows.set(name, row);
    for (const one of [row, total]) count(one, trace);
  }
  const byTraces = [...rows].sort(([, a], [, b]) => b.traces - a.traces);
  const lines = [['rule', 'traces', 'kept', 'spans', 'spans kept', 'weights sum to']];
  for (const [name, row] of [...byTraces, ['total', total] as const]) {
    lines.push([
      name,
      String(row.traces),
      share(row.kept, row.traces),
      String(row.spans),
      share(row.keptSpans, row.spans),
      Number.isNaN(row.estimate) ? 'unknown' : Math.round(row.estimate).toString(),
    ]);
  }
  return alignedTable(lines);
}

function emptyRow(): Row {
  return { traces: 0, kept: 0, spans: 0, keptSpans: 0, estimate: 0 };
}

function count(row: Row, trace: SimulatedTrace): void {
  row.traces++;
  row.spans += trace.spans;
  if (trace.decision === 'drop') return;
  row.kept++;
  row.keptSpans += trace.spans;
  row.estimate += trace.spans * (trace.weight ?? Number.NaN);
}

function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (part / whole) * 100;
  return `${part} (${percent.toFixed(percent < 10 ? 2 : 1)}%)`;
}

/** Columns: service, its spans and those kept, their bytes, and traces in which it has a span. */
export function servicesText(traces: WholeTraces, decided: readonly SimulatedTrace[]): string {
  const sums = new RowSums();
  for (const { trace_id: id, decision } of decided) {
    for (const [service, part] of traces.facts(id).byService) {
      const { before: side } = sums.of(service);
      addTo(side.received, { traces: 1, ...part });
      if (decision === 'keep') addTo(side.kept, { traces: 1, ...part });
    }
  }
  const lines = sums
    .rows(false)
    .map(({ name, before: { received, kept } }) => [
      name,
      ...(['traces', 'spans', 'bytes'] as const).flatMap((unit) => [
        String(received[unit]),
        share(kept[unit], received[unit]),
      ]),
    ]);
  return alignedTable([['service', 'traces', 'kept', 'spans', 'spans kept', 'bytes', 'bytes kept'], ...lines]);
}
