// Corrects clocks by what all traces say about each pair of hosts: one offset per host and trace, walked from the root's host.
// A child lies within its parent: each pair of spans on two hosts bounds the offset between their clocks from both sides.
import { nanosOf, NS_PER_MS } from '#proto/model/unix-nano.ts';
import type { InternTable } from '../../model/intern-table.ts';
import type { SpanMemory, TraceView } from '../../model/trace.ts';
import type { TraceDag } from '../dag.ts';
import { NODE_SYNTHETIC } from '../dag.ts';
import { WARN_CLOCK_INFEASIBLE, WARN_CLOCK_KEPT_RAW, WARN_CLOCK_OWN_BOUNDS } from '../warnings.ts';
import type { ClockMethod, TraceClock } from './clock-method.ts';
import {
  FIT_CONSTANT,
  FIT_DRIFT,
  FIT_INFEASIBLE,
  FIT_NONE,
  FIT_ZERO,
  CELLS,
  HostPair,
  type PairBounds,
} from './host-pair.ts';
import { PairCellPool } from './pair-cells.ts';
import { TraceEdges } from './trace-edges.ts';

/** Pairs of hosts remembered; each is below 1 kB with the collector's window. */
const MAX_PAIRS = 16_384;
/** Hosts, and pairs of hosts, of one trace that are walked; a trace over more keeps its raw times. */
const MAX_HOSTS = 1024;
const MAX_TRACE_PAIRS = 4096;
/** Hosts kept raw one by one in a trace before all are: bounds the work on a trace that fits no offset anywhere. */
const MAX_ATTEMPTS = 16;
const SLOT_SPACE = 67_108_864;

export interface ClockWindow {
  /** Length of a bucket in ms and number of buckets: bounds are forgotten after their product. */
  readonly bucketMs: number;
  readonly buckets: number;
}

/** 16 buckets of 5 s: long enough to see fast answers of every pair, short enough for drift of 50 µs/s to stay a line. */
export const COLLECTOR_WINDOW: ClockWindow = { bucketMs: 5000, buckets: 16 };

/** Traces over several hosts between two looks at which hosts have an offset in force. */
const OBSERVED_PER_SWEEP = 4096;
/** Buckets that the time of a whole file is cut into. */
const FILE_BUCKETS = 128;

/** For whole files, where one offset should hold throughout: nothing is forgotten. @param spanMs time from the file's first span to its last */
export function fileWindow(spanMs: number): ClockWindow {
  return { bucketMs: Math.max(1000, Math.ceil(spanMs / FILE_BUCKETS)), buckets: FILE_BUCKETS + 2 };
}

/** What is known of one pair of hosts, for the API and the series `winnow_clock_offset_seconds{host,relative_to}`. */
export interface HostOffset {
  readonly host: string;
  readonly relativeTo: string;
  readonly fit: 'zero' | 'constant' | 'drift' | 'infeasible';
  readonly offsetNs: number;
  readonly errorNs: number;
  readonly edges: number;
}

export class HostPairClock implements ClockMethod {
  readonly #pairs = new Map<number, HostPair>();
  readonly #window: ClockWindow;
  readonly #cells: PairCellPool;
  readonly #edges = new TraceEdges();
  /** Per pair of the trace: relative offset, its half width, what the pair is good for. */
  #relativeNs = new Float64Array(32);
  #widthNs = new Float64Array(32);
  #fit = new Uint8Array(32);
  #soft = new Uint8Array(32);
  #own = new Uint8Array(32);
  /** Per host: in the tree, forced to its raw times, its place in the walk. */
  #reached = new Uint8Array(MAX_HOSTS);
  #raw = new Uint8Array(MAX_HOSTS);
  #place = new Int32Array(MAX_HOSTS);
  /** Per host slot: 1 = some pair of it may have an offset in force; and how many have. Set at once, taken back now and then. */
  #moving = new Uint8Array(256);
  #movingHosts = 0;
  #untilSweep = OBSERVED_PER_SWEEP;
  /** Pairs that found the table full. */
  ignoredPairs = 0;

  constructor(window: ClockWindow = COLLECTOR_WINDOW) {
    this.#window = window;
    this.#cells = new PairCellPool(window.buckets * CELLS);
  }

  observe(view: TraceView, dag: TraceDag, clock: TraceClock): void {
    const edges = this.#edges;
    edges.collect(view, dag, clock);
    if (edges.pairCount === 0) return;
    if (--this.#untilSweep === 0) this.#sweep();
    const timeNs = nanosOf(dag.originHi, dag.originLo);
    for (let i = 0; i < edges.pairCount; i++) {
      if (edges.bounds[i] === 0) continue;
      const from = clock.hosts.slots[edges.from[i]!]!;
      const to = clock.hosts.slots[edges.to[i]!]!;
      const pair = this.#pairOf(view.memory, from, to, timeNs);
      if (pair === undefined) continue;
      if (edges.lowNs[i]! > 0 || edges.highNs[i]! < 0) this.#mark(pair);
      pair.traces++;
      if (pair.a === from)
        pair.bound(edges.lowNs[i]!, edges.highNs[i]!, edges.hardLowNs[i]!, edges.hardHighNs[i]!, timeNs);
      else pair.bound(-edges.highNs[i]!, -edges.lowNs[i]!, -edges.hardHighNs[i]!, -edges.hardLowNs[i]!, timeNs);
      pair.edges += edges.bounds[i]! - 1;
    }
  }

  correct(view: TraceView, dag: TraceDag, clock: TraceClock): void {
    const hosts = clock.hosts.size;
    if (hosts < 2 || hosts > MAX_HOSTS) return;
    this.#edges.collect(view, dag, clock);
    if (this.#edges.pairCount > MAX_TRACE_PAIRS) return;
    this.#look(dag, clock);
    this.#raw.fill(0, 0, hosts);
    this.#holdSoftHosts(dag, clock);
    for (let attempt = 0; ; attempt++) {
      this.#walk(view.memory, clock);
      const broken = this.#brokenHost(dag, clock);
      if (broken < 0) break;
      dag.warnings.add(WARN_CLOCK_KEPT_RAW, clock.firstNode[broken]!);
      if (attempt < MAX_ATTEMPTS) this.#raw[broken] = 1;
      else this.#raw.fill(1, 0, hosts);
    }
    clock.moved = false;
    for (let host = 0; host < hosts; host++) if (clock.offsetNs[host] !== 0) clock.moved = true;
    for (let i = 0; i < this.#edges.pairCount; i++) {
      const later = this.#edges.to[i]!;
      if (this.#fit[i] === FIT_INFEASIBLE) dag.warnings.add(WARN_CLOCK_INFEASIBLE, clock.firstNode[later]!);
      else if (this.#own[i] === 1 && this.#relativeNs[i] !== 0)
        dag.warnings.add(WARN_CLOCK_OWN_BOUNDS, clock.firstNode[later]!);
    }
  }

  reachNs(dag: TraceDag, clock: TraceClock): number {
    const edges = this.#edges;
    if (edges.pairCount > MAX_TRACE_PAIRS) return 0; // then nothing is corrected
    this.#look(dag, clock);
    // A host is as far off as the pairs on the way to it, whichever way that is.
    let sumNs = 0;
    for (let i = 0; i < edges.pairCount; i++) sumNs += Math.abs(this.#relativeNs[i]!);
    return sumNs;
  }

  /** HOT: an offset is between two hosts, so both must be in the trace. */
  mayMove({ rows, count, memory: { spans, resources } }: TraceView): boolean {
    if (this.#movingHosts === 0) return false;
    let first = -1;
    for (let i = 0; i < count; i++) {
      const host = resources.host[spans.resource[rows[i]!]!]!;
      if (this.#moving[host] !== 1 || host === first) continue;
      if (first >= 0) return true;
      first = host;
    }
    return false;
  }

  /** A pair moves times only once an edge of it excluded 0, so whoever never did is never marked. */
  #mark({ a, b }: HostPair): void {
    for (const host of [a, b]) {
      if (host >= this.#moving.length) {
        const wider = new Uint8Array(host * 2);
        wider.set(this.#moving);
        this.#moving = wider;
      }
      if (this.#moving[host] === 0) this.#movingHosts++;
      this.#moving[host] = 1;
    }
  }

  /** Marks anew. Bounds that contradict each other today may leave an offset tomorrow, when some are forgotten. */
  #sweep(): void {
    this.#untilSweep = OBSERVED_PER_SWEEP;
    this.#moving.fill(0);
    this.#movingHosts = 0;
    for (const pair of this.#pairs.values()) {
      pair.estimate((pair.newest + 0.5) * this.#window.bucketMs * NS_PER_MS);
      if (pair.fit !== FIT_NONE && pair.fit !== FIT_ZERO) this.#mark(pair);
    }
  }

  /** Forgets pairs that no trace has shown for so long. Bounds are those of the last seconds anyway: a trace that comes later finds them too old. */
  forgetIdle(nowMs: number, afterMs: number): void {
    for (const [key, pair] of this.#pairs) {
      if (pair.traces !== pair.seenTraces) {
        pair.seenTraces = pair.traces;
        pair.activeMs = nowMs;
      } else if (nowMs - pair.activeMs >= afterMs) {
        this.#pairs.delete(key);
        this.#cells.release(pair.cells);
      }
    }
  }

  /** Of the window. */
  get buckets(): number {
    return this.#window.buckets;
  }

  /** Pairs that a trace has shown since they were last reported. */
  *changedPairs(): Generator<HostPair> {
    for (const pair of this.#pairs.values()) if (pair.isChanged) yield pair;
  }

  /** What another clock knows of a pair of hosts. */
  mergePair(hosts: InternTable, a: number, b: number, bounds: PairBounds): void {
    const pair = this.#pairOf({ hosts }, a, b, bounds.newest * this.#window.bucketMs * NS_PER_MS);
    if (pair === undefined) return;
    pair.merge(bounds);
    pair.estimate((pair.newest + 0.5) * this.#window.bucketMs * NS_PER_MS);
    if (pair.fit !== FIT_NONE && pair.fit !== FIT_ZERO) this.#mark(pair);
  }

  /** Every pair with bounds, at the time of its newest ones. */
  *offsets(memory: Pick<SpanMemory, 'hosts'>): Generator<HostOffset> {
    for (const pair of this.#pairs.values()) {
      pair.estimate((pair.newest + 0.5) * this.#window.bucketMs * NS_PER_MS);
      if (pair.fit === FIT_NONE) continue;
      const fit =
        pair.fit === FIT_ZERO
          ? 'zero'
          : pair.fit === FIT_CONSTANT
            ? 'constant'
            : pair.fit === FIT_DRIFT
              ? 'drift'
              : 'infeasible';
      yield {
        host: memory.hosts.text(pair.b),
        relativeTo: memory.hosts.text(pair.a),
        fit,
        offsetNs: pair.offsetNs,
        errorNs: pair.errorNs,
        edges: pair.edges,
      };
    }
  }

  /** A pair looks the same whichever of its hosts was seen first: `a` is the one whose name is first. */
  #pairOf({ hosts }: Pick<SpanMemory, 'hosts'>, x: number, y: number, timeNs: number): HostPair | undefined {
    const key = x < y ? x * SLOT_SPACE + y : y * SLOT_SPACE + x;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    if (this.#pairs.size >= MAX_PAIRS) this.#forgetOld(timeNs);
    if (this.#pairs.size >= MAX_PAIRS) {
      this.ignoredPairs++;
      return undefined;
    }
    const inOrder = hosts.text(x) < hosts.text(y);
    const pair = new HostPair(
      inOrder ? x : y,
      inOrder ? y : x,
      this.#window.buckets,
      this.#window.bucketMs * NS_PER_MS,
      this.#cells.acquire(),
    );
    this.#pairs.set(key, pair);
    return pair;
  }

  #forgetOld(timeNs: number): void {
    const oldest = timeNs / (this.#window.bucketMs * NS_PER_MS) - this.#window.buckets;
    for (const [key, pair] of this.#pairs) {
      if (pair.newest >= oldest) continue;
      this.#pairs.delete(key);
      this.#cells.release(pair.cells);
    }
  }

  /** What the memory says of each pair of this trace. An offset that drifts is held within the trace's own bounds. */
  #look(dag: TraceDag, clock: TraceClock): void {
    const edges = this.#edges;
    if (this.#fit.length < edges.pairCount) {
      this.#relativeNs = new Float64Array(edges.pairCount * 2);
      this.#widthNs = new Float64Array(edges.pairCount * 2);
      this.#fit = new Uint8Array(edges.pairCount * 2);
      this.#soft = new Uint8Array(edges.pairCount * 2);
      this.#own = new Uint8Array(edges.pairCount * 2);
    }
    const timeNs = nanosOf(dag.originHi, dag.originLo);
    for (let i = 0; i < edges.pairCount; i++) {
      const from = clock.hosts.slots[edges.from[i]!]!;
      const to = clock.hosts.slots[edges.to[i]!]!;
      const pair = this.#pairs.get(from < to ? from * SLOT_SPACE + to : to * SLOT_SPACE + from);
      this.#relativeNs[i] = 0;
      this.#widthNs[i] = Number.MAX_VALUE;
      this.#fit[i] = FIT_NONE;
      this.#own[i] = 0;
      if (pair === undefined) continue;
      pair.estimate(timeNs);
      this.#fit[i] = pair.fit;
      this.#soft[i] = pair.hard ? 0 : 1;
      this.#own[i] = pair.traces === 1 ? 1 : 0;
      if (pair.fit === FIT_NONE || pair.fit === FIT_INFEASIBLE) continue;
      let offset = pair.a === from ? pair.offsetNs : -pair.offsetNs;
      if (pair.fit === FIT_DRIFT && edges.bounds[i]! > 0 && edges.lowNs[i]! <= edges.highNs[i]!)
        offset = Math.min(edges.highNs[i]!, Math.max(edges.lowNs[i]!, offset));
      this.#relativeNs[i] = Math.sign(offset) * Math.round(Math.abs(offset));
      this.#widthNs[i] = pair.errorNs;
    }
  }

  /** A pair that fits no offset is left as it is; a neighbour that only late ends would move stays with it. */
  #holdSoftHosts(dag: TraceDag, clock: TraceClock): void {
    const edges = this.#edges;
    const unfit = this.#place;
    unfit.fill(0, 0, clock.hosts.size);
    let any = false;
    for (let i = 0; i < edges.pairCount; i++) {
      if (this.#fit[i] !== FIT_INFEASIBLE) continue;
      unfit[edges.from[i]!] = 1;
      unfit[edges.to[i]!] = 1;
      any = true;
    }
    for (let i = 0; any && i < edges.pairCount; i++) {
      if (
        this.#relativeNs[i] === 0 ||
        this.#soft[i] === 0 ||
        (unfit[edges.from[i]!] === 0 && unfit[edges.to[i]!] === 0)
      )
        continue;
      this.#relativeNs[i] = 0;
      this.#widthNs[i] = Number.MAX_VALUE;
      dag.warnings.add(WARN_CLOCK_KEPT_RAW, clock.firstNode[edges.to[i]!]!);
    }
  }

  /** Walks the hosts from the root's, narrowest interval first; hosts without bounds stay with the one that called them. */
  #walk(memory: SpanMemory, clock: TraceClock): void {
    const edges = this.#edges;
    const hosts = clock.hosts.size;
    this.#reached.fill(0, 0, hosts);
    this.#reached[0] = 1;
    this.#place[0] = 0;
    clock.offsetNs.fill(0, 0, hosts);
    clock.errorNs.fill(0, 0, hosts);
    for (let place = 1; place < hosts; place++) {
      let best = -1;
      for (let i = 0; i < edges.pairCount; i++) {
        if (this.#reached[edges.from[i]!] === this.#reached[edges.to[i]!]) continue;
        if (
          best < 0 ||
          this.#widthNs[i]! < this.#widthNs[best]! ||
          (this.#widthNs[i] === this.#widthNs[best] && this.#namedBefore(memory, clock, i, best))
        )
          best = i;
      }
      if (best < 0) return;
      const forward = this.#reached[edges.from[best]!] === 1;
      const known = forward ? edges.from[best]! : edges.to[best]!;
      const found = forward ? edges.to[best]! : edges.from[best]!;
      this.#reached[found] = 1;
      this.#place[found] = place;
      if (this.#raw[found] === 1) continue;
      const relative = this.#relativeNs[best]!;
      clock.offsetNs[found] = clock.offsetNs[known]! + (forward ? relative : -relative);
      clock.errorNs[found] =
        clock.errorNs[known]! + (this.#widthNs[best] === Number.MAX_VALUE ? 0 : this.#widthNs[best]!);
    }
  }

  /** Order of two pairs of equal width: by the names of their hosts, for what came first must not matter. */
  #namedBefore(memory: SpanMemory, clock: TraceClock, i: number, j: number): boolean {
    const edges = this.#edges;
    return (
      pairName(memory, clock, edges.from[i]!, edges.to[i]!) < pairName(memory, clock, edges.from[j]!, edges.to[j]!)
    );
  }

  /** The later walked host of an edge that the offsets would break, -1 when they break none. */
  #brokenHost(dag: TraceDag, clock: TraceClock): number {
    const edges = this.#edges;
    for (let i = 0; i < edges.crossCount; i++) {
      const node = edges.cross[i]!;
      const parent = dag.parent[node]!;
      if (dag.state[parent] === NODE_SYNTHETIC) continue;
      const childHost = clock.hostOf[node]!;
      const parentHost = clock.hostOf[parent]!;
      const shift = clock.offsetNs[childHost]! - clock.offsetNs[parentHost]!;
      if (shift === 0) continue;
      const lead = dag.startNs[node]! - dag.startNs[parent]!;
      const rest = dag.endNs[parent]! - dag.endNs[node]!;
      const startBroken = lead >= 0 && lead + shift < 0;
      const endBroken = lead >= 0 && rest >= 0 && rest - shift < 0;
      if (!startBroken && !endBroken) continue;
      const childLater = this.#place[childHost]! > this.#place[parentHost]!;
      const later = childLater ? childHost : parentHost;
      const earlier = childLater ? parentHost : childHost;
      const culprit = this.#raw[later] === 1 || clock.offsetNs[later] === 0 ? earlier : later;
      if (this.#raw[culprit] === 1 || culprit === 0) continue;
      return culprit;
    }
    return -1;
  }
}

function pairName(memory: SpanMemory, clock: TraceClock, x: number, y: number): string {
  const a = memory.hosts.text(clock.hosts.slots[x]!);
  const b = memory.hosts.text(clock.hosts.slots[y]!);
  return a < b ? `${a}\n${b}` : `${b}\n${a}`;
}
