// How clocks are corrected: what a method is given, and where it puts one offset per host of a trace.
import type { TraceView } from '../../model/trace.ts';
import { NODE_DROPPED, NODE_SYNTHETIC } from '../dag.ts';
import type { TraceDag } from '../dag.ts';
import { SlotSet } from '../slot-set.ts';

/** Hosts of one trace and the offset of each, relative to the root's host. Reused from trace to trace. */
export class TraceClock {
  /** Host slots (interned in memory.hosts) by number; the root's host has number 0. */
  readonly hosts = new SlotSet();
  /** Per host number: ns to add to its times, half width of what the offset may be off by, and whether a correction is in force. */
  offsetNs = new Float64Array(16);
  errorNs = new Float64Array(16);
  /** Per host number: a node of it (for warnings). */
  firstNode = new Int32Array(16);
  /** Per node: host number, -1 for synthetic and dropped nodes. */
  hostOf = new Int32Array(256);
  /** Some offset is not 0. */
  moved = false;

  /** HOT: numbers the hosts of a linked and arranged trace; all offsets become 0. */
  open(view: TraceView, dag: TraceDag): void {
    const { spans, resources } = view.memory;
    if (this.hostOf.length < dag.nodeCount) this.hostOf = new Int32Array(dag.nodeCount * 2);
    this.hosts.clear();
    this.moved = false;
    if (dag.primaryRoot >= 0) this.hosts.number(resources.host[spans.resource[dag.rows[dag.primaryRoot]!]!]!);
    for (let node = 0; node < dag.nodeCount; node++) {
      const state = dag.state[node];
      this.hostOf[node] =
        state === NODE_DROPPED || state === NODE_SYNTHETIC
          ? -1
          : this.hosts.number(resources.host[spans.resource[dag.rows[node]!]!]!);
    }
    const size = this.hosts.size;
    if (this.offsetNs.length < size) {
      this.offsetNs = new Float64Array(size * 2);
      this.errorNs = new Float64Array(size * 2);
      this.firstNode = new Int32Array(size * 2);
    }
    this.offsetNs.fill(0, 0, size);
    this.errorNs.fill(0, 0, size);
    for (let node = dag.nodeCount - 1; node >= 0; node--)
      if (this.hostOf[node]! >= 0) this.firstNode[this.hostOf[node]!] = node;
  }
}

/** A way to correct clocks. Traces are observed at their decision, all of them, and corrected when they are kept or a rule needs it. */
export interface ClockMethod {
  /** Takes what one trace tells about its hosts' clocks. The clock has been opened on it. */
  observe(view: TraceView, dag: TraceDag, clock: TraceClock): void;
  /** Fills the clock's offsets and errors; adds warnings to the DAG's. */
  correct(view: TraceView, dag: TraceDag, clock: TraceClock): void;
  /** HOT: whether correcting could move any time of the trace, by its hosts alone; it need not be linked. true may be wrong, false is certain. */
  mayMove(view: TraceView): boolean;
  /** HOT: the most that correcting could move any time of the trace last observed, ns. */
  reachNs(dag: TraceDag, clock: TraceClock): number;
}
