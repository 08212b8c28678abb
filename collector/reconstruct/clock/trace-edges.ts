// The edges of one trace that cross hosts, folded by pair of hosts: what this trace alone says about their clocks.
import { KIND_CLIENT, KIND_SERVER } from '#proto/otlp/enums.ts';
import type { TraceView } from '../../model/trace.ts';
import { NODE_DROPPED, NODE_SYNTHETIC } from '../dag.ts';
import type { TraceDag } from '../dag.ts';
import type { TraceClock } from './clock-method.ts';

const FIRST_CAPACITY = 32;

export class TraceEdges {
  /** Pairs of hosts that some edge crosses: numbers in the trace, bounds on what is added to times of `to` to read them on the clock of `from`. */
  pairCount = 0;
  from = new Int32Array(FIRST_CAPACITY);
  to = new Int32Array(FIRST_CAPACITY);
  lowNs = new Float64Array(FIRST_CAPACITY);
  highNs = new Float64Array(FIRST_CAPACITY);
  hardLowNs = new Float64Array(FIRST_CAPACITY);
  hardHighNs = new Float64Array(FIRST_CAPACITY);
  /** Synchronous edges of the pair: 0 = it gives no bounds. */
  bounds = new Int32Array(FIRST_CAPACITY);
  /** Nodes whose parent is on another host. */
  crossCount = 0;
  cross = new Int32Array(FIRST_CAPACITY);
  readonly #pairs = new Map<number, number>();

  /** HOT: reads the linked trace. The clock has been opened on it. */
  collect(view: TraceView, dag: TraceDag, clock: TraceClock): void {
    const { spans } = view.memory;
    const hosts = clock.hosts.size;
    this.pairCount = 0;
    this.crossCount = 0;
    if (hosts < 2) return;
    this.#pairs.clear();
    for (let node = 0; node < dag.count; node++) {
      const parent = dag.parent[node]!;
      if (parent < 0 || dag.state[node] === NODE_DROPPED || dag.state[parent] === NODE_SYNTHETIC) continue;
      const childHost = clock.hostOf[node]!;
      const parentHost = clock.hostOf[parent]!;
      if (childHost === parentHost) continue;
      if (this.crossCount === this.cross.length) this.cross = widenInt(this.cross);
      this.cross[this.crossCount++] = node;
      const forward = parentHost < childHost;
      const pair = this.#pair(forward ? parentHost : childHost, forward ? childHost : parentHost, hosts);
      const row = dag.rows[node]!;
      const parentRow = dag.rows[parent]!;
      if (spans.kind[row] !== KIND_SERVER || spans.kind[parentRow] !== KIND_CLIENT) continue;
      const duration = spans.durationNs(row);
      // Work that outlives its caller is asynchronous whatever its kind; spans without times tell nothing.
      if (
        duration < 0 ||
        duration > spans.durationNs(parentRow) ||
        spans.startHi[row] === 0 ||
        spans.startHi[parentRow] === 0
      )
        continue;
      const early = dag.startNs[parent]! - dag.startNs[node]!;
      const late = dag.endNs[parent]! - dag.endNs[node]!;
      this.bounds[pair]!++;
      if (forward) {
        this.lowNs[pair] = Math.max(this.lowNs[pair]!, early);
        this.hardLowNs[pair] = Math.max(this.hardLowNs[pair]!, early);
        this.highNs[pair] = Math.min(this.highNs[pair]!, late);
      } else {
        this.highNs[pair] = Math.min(this.highNs[pair]!, -early);
        this.hardHighNs[pair] = Math.min(this.hardHighNs[pair]!, -early);
        this.lowNs[pair] = Math.max(this.lowNs[pair]!, -late);
      }
    }
  }

  #pair(from: number, to: number, hosts: number): number {
    const key = from * hosts + to;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const pair = this.pairCount++;
    if (pair === this.from.length) {
      this.from = widenInt(this.from);
      this.to = widenInt(this.to);
      this.bounds = widenInt(this.bounds);
      this.lowNs = widenFloat(this.lowNs);
      this.highNs = widenFloat(this.highNs);
      this.hardLowNs = widenFloat(this.hardLowNs);
      this.hardHighNs = widenFloat(this.hardHighNs);
    }
    this.#pairs.set(key, pair);
    this.from[pair] = from;
    this.to[pair] = to;
    this.bounds[pair] = 0;
    this.lowNs[pair] = Number.NEGATIVE_INFINITY;
    this.highNs[pair] = Number.POSITIVE_INFINITY;
    this.hardLowNs[pair] = Number.NEGATIVE_INFINITY;
    this.hardHighNs[pair] = Number.POSITIVE_INFINITY;
    return pair;
  }
}

function widenInt(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(array.length * 2);
  wider.set(array);
  return wider;
}

function widenFloat(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(array.length * 2);
  wider.set(array);
  return wider;
}
