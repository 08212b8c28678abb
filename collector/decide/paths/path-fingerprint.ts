// The path of a trace through services and operations, as one number: a hash of the set of its edges (service and name of a span, service and name of its parent).
// How often an edge occurs, times, ids and the order of spans do not matter; it is the same after a restart.
import { fnv1a } from '#proto/model/hash.ts';
import { OVERFLOW_SLOT, type InternTable } from '#collector/model/intern-table.ts';
import type { SpanMemory } from '#collector/model/trace.ts';
import { NODE_DROPPED, NODE_SYNTHETIC, type TraceDag } from '#collector/reconstruct/dag.ts';

/** In place of the parent of a root, and of a parent that is missing. */
const NO_PARENT = 0x243f6a88;
const MISSING_PARENT = 0x13198a2e;
/** The second half is the same hash from another seed. */
const SEED_HI = 0x85a308d3;
const SEED_LO = 0x03707344;

export class PathFingerprint {
  /** 64 bits as two unsigned words. */
  hi = 0;
  lo = 0;
  readonly #names = new TextHashes();
  readonly #services = new TextHashes();
  /** Per node: hash of its service and name. */
  #operation = new Int32Array(256);
  /** Edges of this trace that were added: open addressing, halves of the hash; a slot counts when its stamp is this trace's. */
  #edgeHi = new Int32Array(512);
  #edgeLo = new Int32Array(512);
  #stamps = new Int32Array(512);
  #stamp = 0;

  /** HOT: per trace and span. The DAG is linked. */
  compute({ spans, resources, names, services }: SpanMemory, dag: TraceDag): void {
    this.#reserve(dag.nodeCount);
    const operation = this.#operation;
    for (let node = 0; node < dag.nodeCount; node++) {
      const row = dag.rows[node]!;
      operation[node] =
        dag.state[node] === NODE_SYNTHETIC
          ? MISSING_PARENT
          : mix(
              this.#services.of(services, resources.service[spans.resource[row]!]!) ^
                Math.imul(this.#names.of(names, spans.name[row]!), 0x2c1b3c6d),
            );
    }
    this.hi = 0;
    this.lo = 0;
    for (let node = 0; node < dag.nodeCount; node++) {
      if (dag.state[node] === NODE_DROPPED || dag.state[node] === NODE_SYNTHETIC) continue;
      const parent = dag.parent[node]!;
      const from = parent < 0 ? NO_PARENT : operation[parent]!;
      const edgeHi = mix(operation[node]! ^ mix(from ^ SEED_HI));
      const edgeLo = mix(operation[node]! ^ mix(from ^ SEED_LO));
      if (!this.#isNew(edgeHi, edgeLo)) continue;
      this.hi = (this.hi + edgeHi) >>> 0;
      this.lo = (this.lo + edgeLo) >>> 0;
    }
  }

  #isNew(hi: number, lo: number): boolean {
    const mask = this.#stamps.length - 1;
    let at = lo & mask;
    while (this.#stamps[at] === this.#stamp) {
      if (this.#edgeLo[at] === lo && this.#edgeHi[at] === hi) return false;
      at = (at + 1) & mask;
    }
    this.#stamps[at] = this.#stamp;
    this.#edgeHi[at] = hi;
    this.#edgeLo[at] = lo;
    return true;
  }

  #reserve(nodes: number): void {
    this.#stamp = (this.#stamp + 1) | 0;
    if (this.#stamp === 0) {
      this.#stamps.fill(0);
      this.#stamp = 1;
    }
    if (nodes <= this.#operation.length) return;
    let size = this.#operation.length;
    while (size < nodes) size *= 2;
    this.#operation = new Int32Array(size);
    this.#edgeHi = new Int32Array(size * 2);
    this.#edgeLo = new Int32Array(size * 2);
    this.#stamps = new Int32Array(size * 2);
    this.#stamp = 1;
  }
}

/** Hashes of interned texts, made once per slot, until the table gives slots to other texts. */
class TextHashes {
  #table: InternTable | undefined;
  #epoch = 0;
  #hashes = new Int32Array(1024);
  #known = new Uint8Array(1024);

  /** HOT. */
  of(table: InternTable, slot: number): number {
    if (table !== this.#table || table.epoch !== this.#epoch) {
      this.#table = table;
      this.#epoch = table.epoch;
      this.#known.fill(0);
    }
    if (slot >= this.#known.length) this.#grow(slot);
    if (this.#known[slot] === 1) return this.#hashes[slot]!;
    const bytes = slot === OVERFLOW_SLOT ? Buffer.alloc(0) : table.bytesOf(slot);
    this.#hashes[slot] = mix(fnv1a(bytes, 0, bytes.length));
    this.#known[slot] = 1;
    return this.#hashes[slot];
  }

  #grow(slot: number): void {
    const size = Math.max(slot + 1, this.#known.length * 2);
    const hashes = new Int32Array(size);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const known = new Uint8Array(size);
    known.set(this.#known);
    this.#known = known;
  }
}

/** HOT: every bit of 32 depends on every other (the finisher of splitmix32). */
function mix(value: number): number {
  let z = (value + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}
