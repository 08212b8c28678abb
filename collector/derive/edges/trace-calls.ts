// The calls of one trace as the finder of edges saw them, for those who look at the same trace after it. Filled anew for each trace.

const FIRST_EXTERNAL = 64;

export class TraceCalls {
  /** All marks of its spans together. */
  marks = 0;
  /** By node: 1 where a child in another service answered. */
  answered = new Uint8Array(256);
  /** Client spans that nobody answered and the peer they name (a number of {@link EdgeFinder.peers}), [0, externalCount), by ascending node. */
  externalCount = 0;
  externalNode = new Int32Array(FIRST_EXTERNAL);
  externalPeer = new Int32Array(FIRST_EXTERNAL);

  /** HOT: a trace of so many nodes follows. */
  begin(nodes: number): void {
    if (this.answered.length < nodes) this.answered = new Uint8Array(nodes * 2);
    this.answered.fill(0, 0, nodes);
    this.marks = 0;
    this.externalCount = 0;
  }

  addExternal(node: number, peer: number): void {
    const at = this.externalCount++;
    if (at === this.externalNode.length) {
      const nodes = new Int32Array(at * 2);
      nodes.set(this.externalNode);
      this.externalNode = nodes;
      const peers = new Int32Array(at * 2);
      peers.set(this.externalPeer);
      this.externalPeer = peers;
    }
    this.externalNode[at] = node;
    this.externalPeer[at] = peer;
  }
}
