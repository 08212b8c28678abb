// Which span each moment of a trace was waiting for: pieces from the end backwards that tile every root exactly; O(n log n), no recursion.
// Jaeger's UI and CRISP (USENIX ATC 2022) walk back from the end in the same way; here pieces that overlap are cut, so that they add up.
import { KIND_CONSUMER, KIND_PRODUCER } from '#proto/otlp/enums.ts';
import { NodeSorter } from './node-sorter.ts';

const FIRST_CAPACITY = 256;

/** The tree of a trace, by node numbers [0, nodeCount). Arrays may be longer than they are filled. */
export interface PathTree {
  readonly nodeCount: number;
  /** Nodes that count: parents before children. Other nodes are in no list. */
  readonly order: Int32Array;
  readonly liveCount: number;
  /** Parent node, -1 for roots. */
  readonly parent: Int32Array;
  readonly roots: Int32Array;
  readonly rootCount: number;
  /** A node of the tree whose pieces are found by themselves; -1 for none. */
  readonly primaryRoot: number;
  /** What decides between nodes of the same times: span id, as halves, then place among spans with the same id. */
  readonly idHi: Uint32Array;
  readonly idLo: Uint32Array;
  readonly rank: Int32Array;
}

export class CriticalPath {
  /** Pieces of all roots, each root's from its end backwards: node, and the time in ns relative to one origin. */
  pieceCount = 0;
  pieceNode = new Int32Array(FIRST_CAPACITY * 2);
  pieceFromNs = new Float64Array(FIRST_CAPACITY * 2);
  pieceToNs = new Float64Array(FIRST_CAPACITY * 2);
  /** Pieces of the tree that holds the primary root: [primaryFrom, primaryTo). */
  primaryFrom = 0;
  primaryTo = 0;
  /** Per node: ns on the path, and ns in which none of its synchronous children ran. */
  pathNs = new Float64Array(FIRST_CAPACITY);
  selfNs = new Float64Array(FIRST_CAPACITY);
  /** Per node, over all roots: by how much it may shrink before something else is waited for (0 off the path). */
  dragNs = new Float64Array(FIRST_CAPACITY);
  /** Per node: by how much it may grow before its root ends later; 0 on the path, -1 for what nothing waits for. */
  slackNs = new Float64Array(FIRST_CAPACITY);

  #start = new Float64Array(FIRST_CAPACITY);
  #end = new Float64Array(FIRST_CAPACITY);
  #byEnd = new Int32Array(FIRST_CAPACITY);
  #childFrom = new Int32Array(FIRST_CAPACITY + 2);
  #children = new Int32Array(FIRST_CAPACITY);
  #stackNode = new Int32Array(FIRST_CAPACITY);
  #stackNext = new Int32Array(FIRST_CAPACITY);
  #stackTime = new Float64Array(FIRST_CAPACITY);
  readonly #sorter = new NodeSorter();

  /**
   * Computes the path over an arranged tree.
   * @param kind OTLP span kind per node, 0 for nodes without a span
   * @param startNs @param endNs corrected times per node, ns relative to one origin
   */
  compute(tree: PathTree, kind: Uint8Array, startNs: Float64Array, endNs: Float64Array): void {
    this.#reserve(tree.nodeCount);
    this.#clip(tree, kind, startNs, endNs);
    this.#sumSelf(tree);
    this.#walk(tree);
    this.#measureMargins(tree);
  }

  /** HOT: children cut to their parents; what lies outside, or is asynchronous, is off the path with all below it. */
  #clip(tree: PathTree, kind: Uint8Array, startNs: Float64Array, endNs: Float64Array): void {
    const start = this.#start;
    const end = this.#end;
    const byEnd = this.#byEnd;
    const childFrom = this.#childFrom;
    let count = 0;
    childFrom.fill(0, 0, tree.nodeCount + 2);
    for (let i = 0; i < tree.liveCount; i++) {
      const node = tree.order[i]!;
      const parent = tree.parent[node]!;
      let from = startNs[node]!;
      let to = endNs[node]!;
      if (parent >= 0) {
        if (start[parent]! > from) from = start[parent]!;
        if (end[parent]! < to) to = end[parent]!;
        const asynchronous = kind[parent] === KIND_PRODUCER && kind[node] === KIND_CONSUMER;
        if (asynchronous || to < from) to = from;
        if (to > from) {
          byEnd[count++] = node;
          childFrom[parent + 2]!++;
        }
      }
      start[node] = from;
      end[node] = to;
      this.pathNs[node] = 0;
      this.dragNs[node] = parent < 0 ? to - from : 0;
      this.slackNs[node] = parent < 0 ? 0 : -1;
    }
    this.#sorter.sort(byEnd, count, end, start, tree.idHi, tree.idLo, tree.rank);
    for (let node = 2; node <= tree.nodeCount + 1; node++) childFrom[node]! += childFrom[node - 1]!;
    for (let i = count - 1; i >= 0; i--) {
      const node = byEnd[i]!;
      this.#children[childFrom[tree.parent[node]! + 1]!++] = node;
    }
  }

  /** HOT: own time of every node: its (cut) duration without the union of its children, which lie by descending end. */
  #sumSelf(tree: PathTree): void {
    for (let i = 0; i < tree.liveCount; i++) {
      const node = tree.order[i]!;
      let covered = 0;
      let cover = this.#end[node]!;
      for (let c = this.#childFrom[node]!; c < this.#childFrom[node + 1]!; c++) {
        const child = this.#children[c]!;
        const to = this.#end[child]! < cover ? this.#end[child]! : cover;
        if (this.#start[child]! >= to) continue;
        covered += to - this.#start[child]!;
        cover = this.#start[child]!;
      }
      this.selfNs[node] = this.#end[node]! - this.#start[node]! - covered;
    }
  }

  /** HOT */
  #walk(tree: PathTree): void {
    const stackNode = this.#stackNode;
    const stackNext = this.#stackNext;
    const stackTime = this.#stackTime;
    let primaryTop = tree.primaryRoot;
    while (primaryTop >= 0 && tree.parent[primaryTop]! >= 0) primaryTop = tree.parent[primaryTop]!;
    this.pieceCount = 0;
    for (let r = 0; r < tree.rootCount; r++) {
      const root = tree.roots[r]!;
      if (root === primaryTop) this.primaryFrom = this.pieceCount;
      let top = 0;
      stackNode[0] = root;
      stackNext[0] = this.#childFrom[root]!;
      stackTime[0] = this.#end[root]!;
      while (top >= 0) {
        const node = stackNode[top]!;
        const time = stackTime[top]!;
        const to = this.#childFrom[node + 1]!;
        let next = stackNext[top]!;
        while (next < to && this.#end[this.#children[next]!]! > time) next++;
        if (next === to) {
          if (time > this.#start[node]!) this.#emit(node, this.#start[node]!, time);
          top--;
          continue;
        }
        const child = this.#children[next]!;
        if (time > this.#end[child]!) this.#emit(node, this.#end[child]!, time);
        stackTime[top] = this.#start[child]!;
        stackNext[top] = next + 1;
        top++;
        stackNode[top] = child;
        stackNext[top] = this.#childFrom[child]!;
        stackTime[top] = this.#end[child]!;
      }
      if (root === primaryTop) this.primaryTo = this.pieceCount;
    }
  }

  /**
   * HOT: from the root down. A node waited for some of its children one after the other: they are its chain. A child of the chain has the slack
   * of the node. Another child may take longer by the time until the child of the chain that it ran beside ends, and by the slack of the node.
   * The drag of a child of the chain, which is what the trace would gain if the child took no time, is at most its length, the drag of the node,
   * and the time from the end of such another child to its own end.
   */
  #measureMargins(tree: PathTree): void {
    for (let i = 0; i < tree.liveCount; i++) {
      const node = tree.order[i]!;
      const slack = this.slackNs[node]!;
      if (slack < 0) continue;
      let time = this.#end[node]!;
      let waitedFor = -1;
      for (let c = this.#childFrom[node]!; c < this.#childFrom[node + 1]!; c++) {
        const child = this.#children[c]!;
        const end = this.#end[child]!;
        if (end <= time) {
          const length = end - this.#start[child]!;
          this.dragNs[child] = length < this.dragNs[node]! ? length : this.dragNs[node]!;
          this.slackNs[child] = slack;
          waitedFor = child;
          time = this.#start[child]!;
          continue;
        }
        const margin = this.#end[waitedFor]! - end;
        this.slackNs[child] = slack + margin;
        if (margin < this.dragNs[waitedFor]!) this.dragNs[waitedFor] = margin;
      }
    }
  }

  #emit(node: number, fromNs: number, toNs: number): void {
    const piece = this.pieceCount++;
    this.pieceNode[piece] = node;
    this.pieceFromNs[piece] = fromNs;
    this.pieceToNs[piece] = toNs;
    this.pathNs[node]! += toNs - fromNs;
  }

  #reserve(nodes: number): void {
    if (nodes <= this.pathNs.length) return;
    const size = nodes + (nodes >> 1);
    // A node gives a piece before each of its children on the path and one at its start: fewer than two per node.
    this.pieceNode = new Int32Array(size * 2);
    this.pieceFromNs = new Float64Array(size * 2);
    this.pieceToNs = new Float64Array(size * 2);
    this.pathNs = new Float64Array(size);
    this.selfNs = new Float64Array(size);
    this.dragNs = new Float64Array(size);
    this.slackNs = new Float64Array(size);
    this.#start = new Float64Array(size);
    this.#end = new Float64Array(size);
    this.#byEnd = new Int32Array(size);
    this.#childFrom = new Int32Array(size + 2);
    this.#children = new Int32Array(size);
    this.#stackNode = new Int32Array(size);
    this.#stackNext = new Int32Array(size);
    this.#stackTime = new Float64Array(size);
  }
}
