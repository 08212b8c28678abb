// What is stored of a trace besides its spans (proto/tables/traces.ts), as numbers and interned slots.
import { TWO_32 } from '#proto/model/halves.ts';
import { STATUS_ERROR } from '#proto/otlp/enums.ts';
import { MARK_LATE, NO_ROW } from '../model/span-table.ts';
import type { TraceView } from '../model/trace.ts';
import type { CriticalPath } from '#proto/critical-path/critical-path.ts';
import { NODE_DROPPED, NODE_SYNTHETIC } from './dag.ts';
import type { TraceDag } from './dag.ts';
import { SlotSet } from './slot-set.ts';

/** Reused from trace to trace. */
export class TraceSummary {
  /** Earliest corrected start and latest corrected end, halves of Unix ns. */
  startHi = 0;
  startLo = 0;
  endHi = 0;
  endLo = 0;
  /** Corrected: latest end minus earliest start. */
  durationNs = 0;
  /** Row of the primary root, {@link NO_ROW} for an empty trace; its service, name (slots) and kind. */
  rootRow = NO_ROW;
  rootService = 0;
  rootName = 0;
  rootKind = 0;
  /** A span without parent is in the trace. */
  rootPresent = false;
  /** Exact copies are not counted. */
  spanCount = 0;
  errorCount = 0;
  lateCount = 0;
  duplicates = 0;
  missingParents = 0;
  depth = 0;
  /** Service slots (memory.services) by number; per number its spans and its ns on the critical path of the primary root's tree. */
  readonly services = new SlotSet();
  serviceSpans = new Uint32Array(16);
  serviceCriticalNs = new Float64Array(16);

  /** @param startNs @param endNs corrected times per node, ns relative to the DAG's origin */
  fill(view: TraceView, dag: TraceDag, path: CriticalPath, startNs: Float64Array, endNs: Float64Array): void {
    const { spans, resources } = view.memory;
    this.services.clear();
    this.serviceSpans.fill(0);
    this.serviceCriticalNs.fill(0);
    this.spanCount = 0;
    this.errorCount = 0;
    this.lateCount = 0;
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (let node = 0; node < dag.count; node++) {
      if (dag.state[node] === NODE_DROPPED) continue;
      const row = dag.rows[node]!;
      const service = this.services.number(resources.service[spans.resource[row]!]!);
      if (service >= this.serviceSpans.length) this.#widen();
      this.serviceSpans[service]!++;
      this.spanCount++;
      if (spans.status[row] === STATUS_ERROR) this.errorCount++;
      if ((spans.marks[row]! & MARK_LATE) !== 0) this.lateCount++;
      if (startNs[node]! < first) first = startNs[node]!;
      if (endNs[node]! > last) last = endNs[node]!;
    }
    for (let piece = path.primaryFrom; piece < path.primaryTo; piece++) {
      const node = path.pieceNode[piece]!;
      if (dag.state[node] === NODE_SYNTHETIC) continue;
      const service = this.services.number(resources.service[spans.resource[dag.rows[node]!]!]!);
      this.serviceCriticalNs[service]! += path.pieceToNs[piece]! - path.pieceFromNs[piece]!;
    }
    this.duplicates = dag.duplicates;
    this.missingParents = dag.missingParents;
    this.rootPresent = dag.parentless > 0;
    this.depth = dag.maxDepth;
    this.rootRow = dag.primaryRoot < 0 ? NO_ROW : dag.rows[dag.primaryRoot]!;
    if (this.rootRow === NO_ROW) return;
    this.rootService = resources.service[spans.resource[this.rootRow]!]!;
    this.rootName = spans.name[this.rootRow]!;
    this.rootKind = spans.kind[this.rootRow]!;
    this.durationNs = last - first;
    const startLo = dag.originLo + Math.round(first);
    const endLo = dag.originLo + Math.round(last);
    this.startHi = Math.max(0, dag.originHi + Math.floor(startLo / TWO_32));
    this.startLo = startLo - Math.floor(startLo / TWO_32) * TWO_32;
    this.endHi = Math.max(0, dag.originHi + Math.floor(endLo / TWO_32));
    this.endLo = endLo - Math.floor(endLo / TWO_32) * TWO_32;
  }

  #widen(): void {
    const spans = new Uint32Array(this.serviceSpans.length * 2);
    spans.set(this.serviceSpans);
    this.serviceSpans = spans;
    const critical = new Float64Array(spans.length);
    critical.set(this.serviceCriticalNs);
    this.serviceCriticalNs = critical;
  }
}
