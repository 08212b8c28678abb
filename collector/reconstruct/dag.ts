// The tree of one trace from its loose spans: parents, synthetic nodes for missing ones, repairs with warnings, order and depth.
// Nodes are numbers: [0, count) are the rows of the view in arrival order, [count, nodeCount) are synthetic.
import { WireWalk } from '#proto/wire/walk.ts';
import { SPAN } from '#proto/otlp/fields.ts';
import { nanosOf } from '#proto/model/unix-nano.ts';
import type { TraceView } from '../model/trace.ts';
import { NodeSorter } from '#proto/critical-path/node-sorter.ts';
import { primaryRootOf } from './primary-root.ts';
import { isCopy, settleSharedIds } from './same-id.ts';
import { SpanIdIndex } from './span-id-index.ts';
import { placeTimeless } from './timeless-spans.ts';
import {
  TraceWarnings,
  WARN_BAD_PARENT_ID,
  WARN_CYCLE,
  WARN_DUPLICATE_SPAN,
  WARN_END_BEFORE_START,
  WARN_MISSING_PARENT,
  WARN_SELF_PARENT,
  WARN_SEVERAL_ROOTS,
  WARN_ZERO_TIME,
} from './warnings.ts';

const FIRST_CAPACITY = 256;
/** Traces whose clocks are within a day of 1970 are made by hand: there a zero is a time like any other. */
const REAL_TIME_HI = 20_117;

/** What a node is, in {@link TraceDag.state}. */
export const NODE_SPAN = 0;
export const NODE_SYNTHETIC = 1;
/** Byte for byte a copy of another span: in no list, counted. Copies are left out when they come; this is for traces that came another way. */
export const NODE_DROPPED = 2;

export class TraceDag {
  /** Spans given and nodes made (spans + synthetic ones). */
  count = 0;
  nodeCount = 0;
  /** Nodes that are not dropped: length of {@link order}. */
  liveCount = 0;
  duplicates = 0;
  missingParents = 0;
  selfParents = 0;
  cyclesBroken = 0;
  /** Roots: `order` nodes without parent, synthetic ones too. */
  rootCount = 0;
  /** Spans that name no parent. */
  parentless = 0;
  maxDepth = 0;
  /** Primary root: earliest parentless SERVER or CONSUMER, else earliest parentless, else earliest span; -1 for no spans. */
  primaryRoot = -1;
  /** Unix ns of relative time 0, as halves. */
  originHi = 0;
  originLo = 0;
  /** Per node: row in the span table (-1 synthetic), what it is, rebuilt id (halves), times in ns relative to the origin. */
  rows = new Int32Array(FIRST_CAPACITY);
  state = new Uint8Array(FIRST_CAPACITY);
  idHi = new Uint32Array(FIRST_CAPACITY);
  idLo = new Uint32Array(FIRST_CAPACITY);
  startNs = new Float64Array(FIRST_CAPACITY);
  endNs = new Float64Array(FIRST_CAPACITY);
  /** Place among spans with the same id and time, so that what came first does not matter; 0 for nearly all. */
  rank = new Int32Array(FIRST_CAPACITY);
  /** Parent node, -1 for roots. */
  parent = new Int32Array(FIRST_CAPACITY);
  /** Spans from the top, roots and orphans 1, synthetic nodes 0. */
  depth = new Int32Array(FIRST_CAPACITY);
  /** Live nodes, parents before children, siblings by start: a walk in depth. */
  order = new Int32Array(FIRST_CAPACITY);
  /** Children of node n by start: children[childFrom[n], childFrom[n + 1]). */
  childFrom = new Int32Array(FIRST_CAPACITY + 2);
  children = new Int32Array(FIRST_CAPACITY);
  roots = new Int32Array(FIRST_CAPACITY);
  readonly warnings = new TraceWarnings();

  #nextSame = new Int32Array(FIRST_CAPACITY);
  #twin = new Int32Array(FIRST_CAPACITY);
  #fixedParent = new Int32Array(FIRST_CAPACITY);
  #stamp = new Int32Array(FIRST_CAPACITY);
  #byStart = new Int32Array(FIRST_CAPACITY);
  #stack = new Int32Array(FIRST_CAPACITY);
  /** Some span has neither start nor end. */
  #timeless = false;
  readonly #index = new SpanIdIndex();
  readonly #sorter = new NodeSorter();
  readonly #fields = new WireWalk();

  /** Rebuilds the tree of a trace into the columns of this object; the former trace's are overwritten. */
  build(view: TraceView): void {
    this.link(view);
    this.arrange(view);
  }

  /** The cheap half, for every trace: times, copies, parents and cycles, without order, depth, children and roots. */
  link(view: TraceView): void {
    const count = view.count;
    this.#reserve(count * 2);
    this.count = count;
    this.nodeCount = count;
    this.duplicates = 0;
    this.missingParents = 0;
    this.selfParents = 0;
    this.cyclesBroken = 0;
    this.parentless = 0;
    this.maxDepth = 0;
    this.#timeless = false;
    this.warnings.clear();
    this.rank.fill(0, 0, count * 2);
    this.#load(view);
    const shared = this.#enter(view);
    if (shared) {
      const columns = {
        memory: view.memory,
        rows: this.rows,
        count,
        idHi: this.idHi,
        idLo: this.idLo,
        nextSame: this.#nextSame,
        twin: this.#twin,
        rank: this.rank,
        fixedParent: this.#fixedParent,
      };
      settleSharedIds(columns, this.#index, this.warnings, this.state);
    }
    if (view.copies !== undefined && view.copies > 0) this.#warnOfCopies(view, view.copies);
    this.#findParents(view, shared);
    this.#breakCycles();
    if (this.parentless > 0 && this.parentless + this.selfParents + this.cyclesBroken > 1) this.#warnOfRoots(view);
  }

  /** The other half: order, depth, children, roots. The view MUST be the one that was linked last. */
  arrange(view: TraceView): void {
    this.#arrange();
    if (this.#timeless) placeTimeless(view, this);
    this.primaryRoot = primaryRootOf(view, this);
  }

  /** HOT: ids and times of every span; the origin is the latest start, which no damaged zero can pull away. */
  #load(view: TraceView): void {
    const { spans } = view.memory;
    let originHi = 0;
    let originLo = 0;
    for (let node = 0; node < view.count; node++) {
      const row = view.rows[node]!;
      const hi = spans.startHi[row]!;
      if (hi > originHi || (hi === originHi && spans.startLo[row]! > originLo)) {
        originHi = hi;
        originLo = spans.startLo[row]!;
      }
    }
    this.originHi = originHi;
    this.originLo = originLo;
    const zeroIsMissing = originHi > REAL_TIME_HI;
    for (let node = 0; node < view.count; node++) {
      const row = view.rows[node]!;
      this.rows[node] = row;
      this.state[node] = NODE_SPAN;
      this.idHi[node] = spans.spanIdHi[row]!;
      this.idLo[node] = spans.spanIdLo[row]!;
      this.parent[node] = -1;
      this.#nextSame[node] = -1;
      this.#twin[node] = -1;
      this.#fixedParent[node] = -1;
      const startHi = spans.startHi[row]!;
      const startLo = spans.startLo[row]!;
      const endHi = spans.endHi[row]!;
      const endLo = spans.endLo[row]!;
      let start = nanosOf(startHi - originHi, startLo - originLo);
      let end = start + nanosOf(endHi - startHi, endLo - startLo);
      if (zeroIsMissing && startHi === 0 && startLo === 0) {
        this.warnings.add(WARN_ZERO_TIME, node);
        // Its end is all that is known of it; without that it stands at the origin until its parent is known.
        if (endHi === 0 && endLo === 0) {
          start = 0;
          this.#timeless = true;
        } else start = nanosOf(endHi - originHi, endLo - originLo);
        end = start;
      } else if (zeroIsMissing && endHi === 0 && endLo === 0) {
        this.warnings.add(WARN_ZERO_TIME, node);
        end = start;
      } else if (end < start) {
        this.warnings.add(WARN_END_BEFORE_START, node);
        end = start;
      }
      this.startNs[node] = start;
      this.endNs[node] = end;
    }
  }

  /** HOT: enters all ids; drops exact copies. True when some id is left with several spans. */
  #enter(view: TraceView): boolean {
    const index = this.#index;
    index.reset(this.count * 2, this.idHi, this.idLo);
    let shared = false;
    let seen: Map<number, number[]> | undefined;
    for (let node = 0; node < this.count; node++) {
      const held = index.insert(node);
      if (held < 0) continue;
      seen ??= new Map();
      if (isCopy(view.memory, this.rows, this.idLo, node, held, seen)) {
        this.state[node] = NODE_DROPPED;
        this.duplicates++;
        this.warnings.add(WARN_DUPLICATE_SPAN, node);
        continue;
      }
      shared = true;
      this.#nextSame[node] = this.#nextSame[held]!;
      this.#nextSame[held] = node;
    }
    return shared;
  }

  /** HOT: parent node of every span; one synthetic node per missing id. */
  #findParents(view: TraceView, shared: boolean): void {
    const { spans, resources } = view.memory;
    for (let node = 0; node < this.count; node++) {
      if (this.state[node] === NODE_DROPPED) continue;
      const row = this.rows[node]!;
      const hi = spans.parentHi[row]!;
      const lo = spans.parentLo[row]!;
      if (shared && this.#fixedParent[node]! >= 0) {
        this.parent[node] = this.#fixedParent[node]!;
        continue;
      }
      if (hi === 0 && lo === 0) {
        this.parentless++;
        if (this.#hasDamagedParent(view, row)) this.warnings.add(WARN_BAD_PARENT_ID, node);
        continue;
      }
      if (hi === spans.spanIdHi[row] && lo === spans.spanIdLo[row]) {
        this.selfParents++;
        this.warnings.add(WARN_SELF_PARENT, node);
        continue;
      }
      let parent = this.#index.find(hi, lo);
      if (parent < 0) {
        parent = this.nodeCount++;
        this.rows[parent] = -1;
        this.state[parent] = NODE_SYNTHETIC;
        this.idHi[parent] = hi;
        this.idLo[parent] = lo;
        this.parent[parent] = -1;
        this.startNs[parent] = this.startNs[node]!;
        this.endNs[parent] = this.endNs[node]!;
        this.#twin[parent] = -1;
        this.#index.insert(parent);
        this.missingParents++;
      } else if (shared && this.#twin[parent]! >= 0) {
        // Of a split pair, a span belongs to the half of its own service, and else to the server, which did the work.
        const server = this.#twin[parent]!;
        const service = resources.service[spans.resource[row]!];
        const ofClient = service === resources.service[spans.resource[this.rows[parent]!]!];
        if (!ofClient || service === resources.service[spans.resource[this.rows[server]!]!]) parent = server;
      }
      if (this.state[parent] === NODE_SYNTHETIC) {
        this.warnings.add(WARN_MISSING_PARENT, node);
        if (this.startNs[node]! < this.startNs[parent]!) this.startNs[parent] = this.startNs[node]!;
        if (this.endNs[node]! > this.endNs[parent]!) this.endNs[parent] = this.endNs[node]!;
      }
      this.parent[node] = parent;
    }
  }

  /** Copies that were left out when they came: a warning for each, at the span that it is a copy of. */
  #warnOfCopies({ memory: { spans } }: TraceView, copies: number): void {
    let left = copies;
    let last = -1;
    for (let node = 0; node < this.count && left > 0; node++) {
      const its = Math.min(left, spans.copies(this.rows[node]!));
      for (let i = 0; i < its; i++) this.warnings.add(WARN_DUPLICATE_SPAN, node);
      left -= its;
      if (its > 0) last = node;
    }
    // A row counts only so many.
    for (; left > 0 && last >= 0; left--) this.warnings.add(WARN_DUPLICATE_SPAN, last);
  }

  /** A parent id that is there but not eight bytes long was read as none. */
  #hasDamagedParent(view: TraceView, row: number): boolean {
    const { spans, slabs } = view.memory;
    const fields = this.#fields;
    const from = spans.offset[row]!;
    fields.open(slabs.bytes(spans.slab[row]!), from, from + spans.length[row]!);
    while (fields.next()) {
      if (fields.tag === SPAN.parentSpanId) return fields.length !== 0 && fields.length !== 8;
    }
    return false;
  }

  /** HOT: follows parents with one stamp per walk; a walk that meets its own stamp went round. Broken at the earliest start. */
  #breakCycles(): void {
    const stamp = this.#stamp;
    stamp.fill(0, 0, this.nodeCount);
    for (let first = 0; first < this.count; first++) {
      let node = first;
      while (node >= 0 && stamp[node] === 0) {
        stamp[node] = first + 1;
        node = this.parent[node]!;
      }
      if (node < 0 || stamp[node] !== first + 1) continue;
      let earliest = node;
      for (let other = this.parent[node]!; other !== node; other = this.parent[other]!) {
        const difference = this.startNs[other]! - this.startNs[earliest]!;
        if (difference < 0 || (difference === 0 && this.#idLess(other, earliest))) earliest = other;
      }
      this.parent[earliest] = -1;
      this.cyclesBroken++;
      this.warnings.add(WARN_CYCLE, earliest);
    }
  }

  #idLess(a: number, b: number): boolean {
    return this.idHi[a]! < this.idHi[b]! || (this.idHi[a] === this.idHi[b] && this.idLo[a]! < this.idLo[b]!);
  }

  /** HOT: children by start, then a walk in depth from the roots that gives order and depth. */
  #arrange(): void {
    const { nodeCount, parent, childFrom, children, order, depth } = this;
    const byStart = this.#byStart;
    let live = 0;
    for (let node = 0; node < nodeCount; node++) if (this.state[node] !== NODE_DROPPED) byStart[live++] = node;
    this.liveCount = live;
    this.#sorter.sort(byStart, live, this.startNs, this.endNs, this.idHi, this.idLo, this.rank);
    childFrom.fill(0, 0, nodeCount + 2);
    for (let i = 0; i < live; i++) {
      const p = parent[byStart[i]!]!;
      if (p >= 0) childFrom[p + 2]!++;
    }
    for (let node = 2; node <= nodeCount + 1; node++) childFrom[node]! += childFrom[node - 1]!;
    let roots = 0;
    for (let i = 0; i < live; i++) {
      const node = byStart[i]!;
      const p = parent[node]!;
      if (p >= 0) children[childFrom[p + 1]!++] = node;
      else this.roots[roots++] = node;
    }
    this.rootCount = roots;
    const stack = this.#stack;
    let top = 0;
    for (let i = roots - 1; i >= 0; i--) stack[top++] = this.roots[i]!;
    let done = 0;
    while (top > 0) {
      const node = stack[--top]!;
      order[done++] = node;
      const p = parent[node]!;
      const level = this.state[node] === NODE_SYNTHETIC ? 0 : p < 0 ? 1 : depth[p]! + 1;
      depth[node] = level;
      if (level > this.maxDepth) this.maxDepth = level;
      for (let i = childFrom[node + 1]! - 1; i >= childFrom[node]!; i--) stack[top++] = children[i]!;
    }
  }

  /** Requests of their own beside the primary root. Known for every trace, so the report of repairs counts dropped ones too. */
  #warnOfRoots(view: TraceView): void {
    const { parentHi, parentLo } = view.memory.spans;
    const primary = primaryRootOf(view, this);
    for (let node = 0; node < this.count; node++) {
      if (this.state[node] === NODE_DROPPED || this.parent[node]! >= 0 || node === primary) continue;
      const row = this.rows[node]!;
      if (parentHi[row] === 0 && parentLo[row] === 0) this.warnings.add(WARN_SEVERAL_ROOTS, node);
    }
  }

  #reserve(nodes: number): void {
    if (nodes <= this.rows.length) return;
    const size = nodes + (nodes >> 1);
    this.rows = new Int32Array(size);
    this.state = new Uint8Array(size);
    this.idHi = new Uint32Array(size);
    this.idLo = new Uint32Array(size);
    this.startNs = new Float64Array(size);
    this.endNs = new Float64Array(size);
    this.rank = new Int32Array(size);
    this.parent = new Int32Array(size);
    this.depth = new Int32Array(size);
    this.order = new Int32Array(size);
    this.childFrom = new Int32Array(size + 2);
    this.children = new Int32Array(size);
    this.roots = new Int32Array(size);
    this.#nextSame = new Int32Array(size);
    this.#twin = new Int32Array(size);
    this.#fixedParent = new Int32Array(size);
    this.#stamp = new Int32Array(size);
    this.#byStart = new Int32Array(size);
    this.#stack = new Int32Array(size);
  }
}
