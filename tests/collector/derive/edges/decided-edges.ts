// Service edges of traces whose parts are decided one after another, and of late spans of dropped traces.
import type { RequestRows } from '#collector/derive/edges/edge-spans.ts';
import { ServiceEdges } from '#tests/support/joined-facts.ts';
import type { SpanTable } from '#collector/model/span-table.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { TraceDag } from '#collector/reconstruct/dag.ts';
import { traceViewOf } from '#collector/simulate/trace-view-of.ts';
import { TraceFile } from '#deploy/cli/show/trace-file.ts';
import { traceRequest, type PlainSpan } from '../../../support/trace-builder.ts';

interface Part {
  readonly trace: string;
  readonly spans: PlainSpan[];
  readonly late?: boolean;
  /** Late spans of a dropped trace: each is counted and discarded when it comes. */
  readonly dropped?: boolean;
}

/** Rows as the index of a request has them, all of one trace. */
function requestRows(rows: SpanTable, traceId: string): RequestRows {
  const word = (at: number): Uint32Array =>
    new Uint32Array(rows.capacity).fill(Number.parseInt(traceId.slice(at, at + 8), 16));
  const {
    resource,
    spanIdHi,
    spanIdLo,
    parentHi,
    parentLo,
    startHi,
    startLo,
    endHi,
    endLo,
    kind,
    status,
    marks,
    offset,
    length,
  } = rows;
  return {
    id0: word(0),
    id1: word(8),
    id2: word(16),
    id3: word(24),
    resource,
    spanIdHi,
    spanIdLo,
    parentHi,
    parentLo,
    startHi,
    startLo,
    endHi,
    endLo,
    kind,
    status,
    marks,
    offset,
    length,
  };
}

/** Edges of parts of traces, decided in order, as `caller > callee kind calls errors client-server lag duration`. */
export function decided(parts: readonly Part[], producers = 64): { rows: string[]; edges: ServiceEdges } {
  const file = new TraceFile(1000);
  const edges = new ServiceEdges({ memory: file.memory, boundsMs: [1, 10], producers });
  const dag = new TraceDag();
  for (const { trace, spans, late, dropped } of parts) {
    if (spans.length === 0) continue;
    const from = file.memory.spans.used;
    file.add(traceRequest(trace, spans));
    if (dropped === true) {
      const { spans: rows, slabs } = file.memory;
      const columns = requestRows(rows, trace.padStart(32, '0'));
      for (let row = from; row < rows.used; row++) edges.lateDropped(columns, row, slabs.bytes(rows.slab[row]!));
      continue;
    }
    const view: TraceView = traceViewOf(
      file.memory,
      trace.padStart(32, '0'),
      Int32Array.from(spans, (_, i) => from + i),
    );
    view.trigger = late === true ? 'late' : 'complete';
    dag.link(view);
    edges.observe(view, dag);
  }
  const rows = edges
    .flush(0)
    .map(
      (row) =>
        `${row.caller} > ${row.callee} ${row.kind} ${row.calls} ${row.errors} ${row.clientServerCalls} ${row.lagCount === 0 ? '-' : row.lagSumNs} ${row.durationSumNs}`,
    );
  return { rows: rows.toSorted(), edges };
}
