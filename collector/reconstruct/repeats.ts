// Runs of similar siblings in a kept trace: the same service, name and statement shape one after the other, as N+1 queries are.
import { WireWalk } from '#proto/wire/walk.ts';
import { ANY_VALUE, KEY_VALUE, SPAN } from '#proto/otlp/fields.ts';
import { FNV_START } from '#proto/model/hash.ts';
import { MARK_DB } from '../model/span-table.ts';
import type { SpanMemory, TraceView } from '../model/trace.ts';
import type { TraceDag } from './dag.ts';

/** Shorter runs are how programs are written. */
export const MIN_RUN = 5;
/** Runs stored of one trace, the longest in time first. */
export const MAX_REPEATS = 32;
/** Runs looked at; a trace of nothing but runs would fill memory. */
const MAX_SEEN = 4096;
const STATEMENT_KEYS = [Buffer.from('db.query.text'), Buffer.from('db.statement'), Buffer.from('db.query.summary')];
/** Bytes of a statement that make its shape. */
const MAX_STATEMENT = 2048;
const PLACEHOLDER = 0x3f;
const QUOTE = 0x27;
const NO_STATEMENT = 0;

/** One run. Nodes as in the DAG. */
export interface Repeat {
  /** First span of the run, by start. */
  readonly first: number;
  readonly count: number;
  /** Sum of the durations, and from the first start to the last end, ns. */
  readonly totalNs: number;
  readonly spanNs: number;
}

/** Reused from trace to trace. */
export class TraceRepeats {
  /** The longest in time, longest first; of equals the first in the tree, however the spans came. */
  runs: Repeat[] = [];
  /** All that were looked at, for rules. */
  seen: Repeat[] = [];
  readonly #fields = new WireWalk();
  readonly #pair = new WireWalk();
  readonly #value = new WireWalk();

  /** @param startNs @param endNs corrected times per node, ns relative to the DAG's origin */
  fill(view: TraceView, dag: TraceDag, startNs: Float64Array, endNs: Float64Array): void {
    this.seen = [];
    for (let i = 0; i < dag.liveCount; i++) {
      const parent = dag.order[i]!;
      const from = dag.childFrom[parent]!;
      const to = dag.childFrom[parent + 1]!;
      if (to - from >= MIN_RUN) this.#siblings(view, dag, from, to, startNs, endNs);
    }
    this.runs = this.seen.toSorted((a, b) => b.spanNs - a.spanNs).slice(0, MAX_REPEATS);
  }

  /** Children lie by start; what begins in between and is unlike ends a run. */
  #siblings(
    view: TraceView,
    dag: TraceDag,
    from: number,
    to: number,
    startNs: Float64Array,
    endNs: Float64Array,
  ): void {
    const { memory } = view;
    const { spans, resources } = memory;
    let at = from;
    while (at < to && this.seen.length < MAX_SEEN) {
      const first = dag.children[at]!;
      const firstRow = dag.rows[first]!;
      const begin = at++;
      if (firstRow < 0) continue;
      let shape: number | undefined;
      let total = endNs[first]! - startNs[first]!;
      let last = endNs[first]!;
      for (; at < to; at++) {
        const node = dag.children[at]!;
        const row = dag.rows[node]!;
        if (
          row < 0 ||
          spans.name[row] !== spans.name[firstRow] ||
          resources.service[spans.resource[row]!] !== resources.service[spans.resource[firstRow]!]
        )
          break;
        shape ??= this.#shape(memory, firstRow);
        if (this.#shape(memory, row) !== shape) break;
        total += endNs[node]! - startNs[node]!;
        if (endNs[node]! > last) last = endNs[node]!;
      }
      if (at - begin >= MIN_RUN)
        this.seen.push({ first, count: at - begin, totalNs: total, spanNs: last - startNs[first]! });
    }
  }

  /** Hash of the statement with its literals taken out; 0 without one. */
  #shape(memory: SpanMemory, row: number): number {
    if ((memory.spans.marks[row]! & MARK_DB) === 0) return NO_STATEMENT;
    const bytes = memory.slabs.bytes(memory.spans.slab[row]!);
    const from = memory.spans.offset[row]!;
    const fields = this.#fields;
    fields.open(bytes, from, from + memory.spans.length[row]!);
    while (fields.next()) {
      if (fields.tag !== SPAN.attributes) continue;
      let isStatement = false;
      this.#pair.open(bytes, fields.from, fields.to);
      while (this.#pair.next()) {
        if (this.#pair.tag === KEY_VALUE.key)
          isStatement = STATEMENT_KEYS.some((key) => key.equals(bytes.subarray(this.#pair.from, this.#pair.to)));
        if (this.#pair.tag !== KEY_VALUE.value || !isStatement) continue;
        this.#value.open(bytes, this.#pair.from, this.#pair.to);
        while (this.#value.next())
          if (this.#value.tag === ANY_VALUE.stringValue) return shapeOf(bytes, this.#value.from, this.#value.to);
      }
    }
    return NO_STATEMENT;
  }
}

/** HOT: hash of a text in which numbers and quoted texts are placeholders; never 0. Digits inside names (`t1`, `$2`) stay. */
function shapeOf(bytes: Uint8Array, from: number, to: number): number {
  const end = Math.min(to, from + MAX_STATEMENT);
  let hash = FNV_START;
  let inWord = false;
  for (let i = from; i < end; i++) {
    let byte = bytes[i]!;
    if (byte === QUOTE) {
      i++;
      while (i < end && bytes[i] !== QUOTE) i++;
      byte = PLACEHOLDER;
      inWord = false;
    } else if (!inWord && byte >= 0x30 && byte <= 0x39) {
      while (i + 1 < end && ((bytes[i + 1]! >= 0x30 && bytes[i + 1]! <= 0x39) || bytes[i + 1] === 0x2e)) i++;
      byte = PLACEHOLDER;
    } else
      inWord =
        (byte >= 0x61 && byte <= 0x7a) ||
        (byte >= 0x41 && byte <= 0x5a) ||
        byte === 0x5f ||
        byte === 0x24 ||
        byte >= 0x80 ||
        (inWord && byte >= 0x30 && byte <= 0x39);
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash === NO_STATEMENT ? 1 : hash;
}
