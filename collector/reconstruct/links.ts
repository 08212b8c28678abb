// The links of one trace turned round: a row per target, saying which span of this trace points at it.
import type { TraceView } from '../model/trace.ts';
import { MARK_LINKS } from '../model/span-table.ts';
import { NODE_DROPPED } from './dag.ts';
import type { TraceDag } from './dag.ts';
import { LinkReader } from './link-reader.ts';
import { WARN_BAD_LINK_ID } from './warnings.ts';

/** Link rows per trace; a trace with more is broken instrumentation, and the links themselves stay in its spans. */
const MAX_LINKS = 65_536;
/** Words per link: target trace id 4, target span id 2. */
export const TARGET_WORDS = 6;

export class TraceLinks {
  /** Rows [0, count): target ids at TARGET_WORDS * i as big-endian words, and the node that points there. */
  count = 0;
  targets = new Uint32Array(TARGET_WORDS * 64);
  sourceNode = new Int32Array(64);
  readonly #reader = new LinkReader();

  /** Collects the links of all spans; ids of wrong length are left out with a warning on the DAG. */
  collect(view: TraceView, dag: TraceDag): void {
    this.count = 0;
    const { marks } = view.memory.spans;
    for (let node = 0; node < view.count; node++) {
      const row = view.rows[node]!;
      if ((marks[row]! & MARK_LINKS) === 0 || dag.state[node] === NODE_DROPPED) continue;
      const reader = this.#reader;
      reader.open(view.memory, row);
      while (reader.next()) {
        if (!reader.valid) dag.warnings.add(WARN_BAD_LINK_ID, node);
        else if (this.count < MAX_LINKS) this.#add(node);
      }
    }
  }

  #add(node: number): void {
    if (this.count === this.sourceNode.length) {
      const targets = new Uint32Array(this.targets.length * 2);
      targets.set(this.targets);
      this.targets = targets;
      const sourceNode = new Int32Array(this.count * 2);
      sourceNode.set(this.sourceNode);
      this.sourceNode = sourceNode;
    }
    const at = this.count * TARGET_WORDS;
    const { id0, id1, id2, id3, spanHi, spanLo } = this.#reader;
    this.targets[at] = id0;
    this.targets[at + 1] = id1;
    this.targets[at + 2] = id2;
    this.targets[at + 3] = id3;
    this.targets[at + 4] = spanHi;
    this.targets[at + 5] = spanLo;
    this.sourceNode[this.count++] = node;
  }
}
