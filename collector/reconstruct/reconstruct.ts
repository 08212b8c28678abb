// Puts one trace together: tree, clocks, critical path, links, summary. The one entry for the pipeline and the tools.
import { CriticalPath } from '#proto/critical-path/critical-path.ts';
import type { TraceView } from '../model/trace.ts';
import { TraceClock } from './clock/clock-method.ts';
import type { ClockMethod } from './clock/clock-method.ts';
import { NODE_DROPPED, NODE_SYNTHETIC, TraceDag } from './dag.ts';
import { TraceLinks } from './links.ts';
import { TraceRepeats } from './repeats.ts';
import { TraceOperations } from './trace-operations.ts';
import { TraceSummary } from './summary.ts';

/**
 * A trace put together. The object is used again for the next trace: callers MUST NOT keep it. Nodes [0, view.count) are the view's rows in its order,
 * nodes up to dag.nodeCount are synthetic.
 */
export interface RebuiltTrace {
  readonly dag: TraceDag;
  readonly clock: TraceClock;
  readonly path: CriticalPath;
  readonly links: TraceLinks;
  readonly summary: TraceSummary;
  readonly operations: TraceOperations;
  readonly repeats: TraceRepeats;
  /** Per node: ns to add to the raw times (the offset of its host), and its half width; 0 for synthetic nodes. */
  readonly skewNs: Float64Array;
  readonly skewErrorNs: Float64Array;
  /** Per node: corrected times, ns relative to the DAG's origin. */
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  /** Whether a span of the view is an exact copy of another, which is not stored. */
  isDuplicate(node: number): boolean;
}

/** Clocks left as they are. */
export const rawClocks: ClockMethod = {
  observe: () => undefined,
  correct: () => undefined,
  mayMove: () => false,
  reachNs: () => 0,
};

/** How far the trace is: parents known, corrected times known, all known. */
const LINKED = 0;
const TIMED = 1;
const FINISHED = 2;

export class Reconstructor implements RebuiltTrace {
  readonly dag = new TraceDag();
  readonly clock = new TraceClock();
  readonly path = new CriticalPath();
  readonly links = new TraceLinks();
  readonly summary = new TraceSummary();
  readonly operations = new TraceOperations();
  readonly repeats = new TraceRepeats();
  skewNs = new Float64Array(256);
  skewErrorNs = new Float64Array(256);
  startNs = new Float64Array(256);
  endNs = new Float64Array(256);
  /** Per node: kind of its span, 0 for synthetic nodes. */
  #kind = new Uint8Array(256);
  /** The view last linked was observed: what the clocks know of its hosts is at hand. */
  #observed = false;
  readonly #method: ClockMethod;
  #done: typeof LINKED | typeof TIMED | typeof FINISHED = LINKED;

  constructor(method: ClockMethod) {
    this.#method = method;
  }

  /** HOT: the cheap half, for every trace at its decision: parents (see {@link TraceDag.link}) and what it tells about clocks. */
  observe(view: TraceView): TraceDag {
    this.link(view);
    this.clock.open(view, this.dag);
    this.#method.observe(view, this.dag, this.clock);
    this.#observed = true;
    return this.dag;
  }

  /** Parents alone, of a trace that was observed before. */
  link(view: TraceView): TraceDag {
    this.dag.link(view);
    this.#done = LINKED;
    this.#observed = false;
    return this.dag;
  }

  /** What {@link observe} or {@link link} of the same view left, also when the trace has been put together since. */
  linked(view: TraceView): TraceDag {
    return this.#done === LINKED ? this.dag : this.link(view);
  }

  /** HOT: whether clock offsets in force could change a time of the trace. */
  mayMove(view: TraceView): boolean {
    return this.#method.mayMove(view);
  }

  /** HOT: the most by which correcting could change the duration of the view, ns; Infinity when it was not observed just now. */
  reachNs(view: TraceView): number {
    if (!this.#method.mayMove(view)) return 0;
    return this.#observed ? 2 * this.#method.reachNs(this.dag, this.clock) : Number.POSITIVE_INFINITY;
  }

  /** Duration by corrected clocks, ns, after {@link observe} or {@link link} of the same view; undefined where no offset in force changes a time of it. */
  correctedNs(view: TraceView): number | undefined {
    if (!this.#method.mayMove(view)) return undefined;
    this.#time(view);
    if (!this.clock.moved) return undefined;
    const { dag, startNs, endNs } = this;
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (let node = 0; node < dag.count; node++) {
      if (dag.state[node] === NODE_DROPPED) continue;
      if (startNs[node]! < first) first = startNs[node]!;
      if (endNs[node]! > last) last = endNs[node]!;
    }
    return last - first;
  }

  /** All of it, for a trace that is kept or that a rule wants corrected. Does not learn from the trace: see {@link observe}. */
  run(view: TraceView): RebuiltTrace {
    this.link(view);
    return this.finish(view);
  }

  /** The rest of {@link run} after {@link observe} or {@link link} of the same view, once. */
  finish(view: TraceView): RebuiltTrace {
    const { dag } = this;
    this.#time(view);
    this.#done = FINISHED;
    this.#readKinds(view);
    this.path.compute(dag, this.#kind, this.startNs, this.endNs);
    this.links.collect(view, dag);
    this.summary.fill(view, dag, this.path, this.startNs, this.endNs);
    this.operations.fill(view, dag, this.path);
    this.repeats.fill(view, dag, this.startNs, this.endNs);
    return this;
  }

  isDuplicate(node: number): boolean {
    return this.dag.state[node] === NODE_DROPPED;
  }

  #time(view: TraceView): void {
    if (this.#done !== LINKED) return;
    this.#done = TIMED;
    const { dag, clock } = this;
    dag.arrange(view);
    clock.open(view, dag);
    this.#method.correct(view, dag, clock);
    this.#shift();
  }

  /** HOT */
  #readKinds(view: TraceView): void {
    const { dag } = this;
    const { kind } = view.memory.spans;
    if (this.#kind.length < dag.nodeCount) this.#kind = new Uint8Array(dag.nodeCount + (dag.nodeCount >> 1));
    for (let node = 0; node < dag.nodeCount; node++)
      this.#kind[node] = dag.state[node] === NODE_SYNTHETIC ? 0 : kind[dag.rows[node]!]!;
  }

  /** HOT: corrected times; synthetic nodes become the hull of their corrected children. */
  #shift(): void {
    const { dag, clock } = this;
    if (this.skewNs.length < dag.nodeCount) {
      const size = dag.nodeCount + (dag.nodeCount >> 1);
      this.skewNs = new Float64Array(size);
      this.skewErrorNs = new Float64Array(size);
      this.startNs = new Float64Array(size);
      this.endNs = new Float64Array(size);
    }
    for (let node = 0; node < dag.nodeCount; node++) {
      const host = clock.hostOf[node]!;
      const skew = host < 0 ? 0 : clock.offsetNs[host]!;
      this.skewNs[node] = skew;
      this.skewErrorNs[node] = host < 0 ? 0 : clock.errorNs[host]!;
      const hull = clock.moved && dag.state[node] === NODE_SYNTHETIC;
      this.startNs[node] = hull ? Number.POSITIVE_INFINITY : dag.startNs[node]! + skew;
      this.endNs[node] = hull ? Number.NEGATIVE_INFINITY : dag.endNs[node]! + skew;
    }
    if (!clock.moved || dag.missingParents === 0) return;
    for (let node = 0; node < dag.count; node++) {
      const parent = dag.parent[node]!;
      if (parent < 0 || dag.state[parent] !== NODE_SYNTHETIC) continue;
      if (this.startNs[node]! < this.startNs[parent]!) this.startNs[parent] = this.startNs[node]!;
      if (this.endNs[node]! > this.endNs[parent]!) this.endNs[parent] = this.endNs[node]!;
    }
  }
}
