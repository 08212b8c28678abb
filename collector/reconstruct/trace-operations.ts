// What each operation (service and span name) of a kept trace did to its duration: time on the critical path, own time, drag, slack.
import type { TraceView } from '../model/trace.ts';
import type { CriticalPath } from '#proto/critical-path/critical-path.ts';
import type { TraceDag } from './dag.ts';

/** Operations stored of one trace, those with most time on the path first: a trace of generated names would fill its row. */
export const MAX_OPERATIONS = 64;
/** Distinct operations looked at; the spans of further ones are left out. */
const MAX_SEEN = 4096;
/** Keys are service * NAMES + name, below 2^53. */
const NAMES = 2 ** 24;

/** Reused from trace to trace; arrays have one entry per operation, [0, size). */
export class TraceOperations {
  size = 0;
  /** Operations that are to be stored, most time on the path first. */
  order: number[] = [];
  readonly service = new Uint32Array(MAX_SEEN);
  readonly name = new Uint32Array(MAX_SEEN);
  readonly spans = new Float64Array(MAX_SEEN);
  /** Sums of its spans in ns: on the critical path of the primary root's tree, without children, and by how much they may shrink. */
  readonly pathNs = new Float64Array(MAX_SEEN);
  readonly selfNs = new Float64Array(MAX_SEEN);
  readonly dragNs = new Float64Array(MAX_SEEN);
  /** Least slack of its spans, ns; -1 when nothing waits for any of them. */
  readonly slackNs = new Float64Array(MAX_SEEN);
  readonly #numbers = new Map<number, number>();

  fill(view: TraceView, dag: TraceDag, path: CriticalPath): void {
    const { spans, resources } = view.memory;
    this.size = 0;
    this.#numbers.clear();
    let top = dag.primaryRoot;
    while (top >= 0 && dag.parent[top]! >= 0) top = dag.parent[top]!;
    let inPrimary = false;
    // A walk in depth: the nodes from one root to the next are its tree.
    for (let i = 0; i < dag.liveCount; i++) {
      const node = dag.order[i]!;
      if (dag.parent[node]! < 0) inPrimary = node === top;
      const row = dag.rows[node]!;
      if (row < 0) continue;
      const at = this.#number(resources.service[spans.resource[row]!]!, spans.name[row]!);
      if (at < 0) continue;
      this.spans[at]!++;
      this.selfNs[at]! += path.selfNs[node]!;
      if (!inPrimary) continue; // what hangs elsewhere does not make the trace slow
      this.pathNs[at]! += path.pathNs[node]!;
      this.dragNs[at]! += path.dragNs[node]!;
      const slack = path.slackNs[node]!;
      if (slack >= 0 && (this.slackNs[at]! < 0 || slack < this.slackNs[at]!)) this.slackNs[at] = slack;
    }
    this.order = Array.from({ length: this.size }, (_, at) => at);
    this.order.sort((a, b) => this.pathNs[b]! - this.pathNs[a]! || this.selfNs[b]! - this.selfNs[a]!);
    if (this.order.length > MAX_OPERATIONS) this.order.length = MAX_OPERATIONS;
  }

  #number(service: number, name: number): number {
    const key = service * NAMES + name;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.size === MAX_SEEN) return -1;
    const at = this.size++;
    this.#numbers.set(key, at);
    this.service[at] = service;
    this.name[at] = name;
    this.spans[at] = 0;
    this.pathNs[at] = 0;
    this.selfNs[at] = 0;
    this.dragNs[at] = 0;
    this.slackNs[at] = -1;
    return at;
  }
}
