// Finds a span among those of its trace that are in the buffer. A filter of 512 bits per trace passes what may be there, so that a span that is new
// touches one line of memory and no row. What passes is compared with the rows; traces of more spans have an index of them, so that large ones stay linear.
import { seedOf } from '#proto/model/hash.ts';
import { NO_ROW, type SpanTable } from '#collector/model/span-table.ts';
import type { SpanMemory } from '#collector/model/trace.ts';
import type { SpanColumns } from './span-columns.ts';
import { isSameSpan } from './span-print.ts';
import type { TraceTable } from './trace-table.ts';

/** Words of a filter: 512 bits, two of them per span. */
const FILTER_WORDS = 16;
/** Spans that are compared one after the other: the filter then passes a span that is new once in six times. */
const MOST_LISTED = 128;
/** An index of rows begins with so many places, four per span, and doubles when half of them are used. */
const LEAST_PLACES = 512;
/** An entry: row + 1 in the lower bits (there are at most 50 million rows), part of the hash in the upper ones. */
const ROW_MASK = 2 ** 26 - 1;
/** Places looked at for one span. More are taken in a row only where somebody makes spans whose hashes are equal: those are not known as copies. */
const MOST_PROBES = 256;
/** Indices of the least size kept for the next large traces: 2 KiB each. */
const MOST_SPARE = 128;
const NO_PLACES = new Int32Array(0);

export class BufferedSpans {
  /** Bytes of the indices. */
  heldBytes = 0;
  readonly #memory: SpanMemory;
  readonly #spans: SpanTable;
  readonly #table: TraceTable;
  readonly #seed: number;
  readonly #filters: Int32Array;
  /** Per trace with more than {@link MOST_LISTED} spans the number of its index. */
  readonly #indexOf: Int32Array;
  /** Open addressing; 0 = a free place. */
  readonly #indices: Int32Array[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #spare: Int32Array[] = [];

  /** @param seed 32 random bits, so that no sender can choose spans that all meet in one place */
  constructor(memory: SpanMemory, table: TraceTable, seed: number) {
    this.#memory = memory;
    this.#spans = memory.spans;
    this.#table = table;
    this.#seed = seedOf(seed, 0x1f83d9ab);
    this.#filters = new Int32Array(table.capacity * FILTER_WORDS);
    this.#indexOf = new Int32Array(table.capacity);
  }

  /** HOT: per trace. Call it for each new one. */
  open(trace: number): void {
    const filters = this.#filters;
    const from = trace * FILTER_WORDS;
    for (let at = from; at < from + FILTER_WORDS; at++) filters[at] = 0;
  }

  /** HOT: per span that comes. Whether it may be there already; from now on it is. */
  mayHave(trace: number, spanIdLo: number, print: number): boolean {
    const filters = this.#filters;
    const hash = Math.imul(spanIdLo ^ print, 0x9e3779b1);
    const at = trace * FILTER_WORDS + (hash >>> 28);
    const bits = (1 << ((hash >>> 23) & 31)) | (1 << ((hash >>> 18) & 31));
    const word = filters[at]!;
    filters[at] = word | bits;
    return (word & bits) === bits;
  }

  /** HOT: per span that may be there. The row of the trace that is the same span; {@link NO_ROW} = there is none. */
  find(trace: number, columns: SpanColumns, i: number): number {
    const count = this.#table.count[trace]!;
    if (count > MOST_LISTED) return this.#findIndexed(trace, columns, i);
    const { next } = this.#spans;
    let row = this.#table.firstRow[trace]!;
    for (let left = count; left > 0; left--) {
      if (isSameSpan(this.#memory, row, columns, i)) return row;
      row = next[row]!;
    }
    return NO_ROW;
  }

  /** Call it for each row that makes its trace longer than {@link isLarge} allows. */
  enter(trace: number, row: number): void {
    const count = this.#table.count[trace]!;
    const number = count === MOST_LISTED + 1 ? this.#begin(trace) : this.#indexOf[trace]!;
    let index = this.#indices[number]!;
    if (count * 2 > index.length) index = this.#grow(number);
    this.#put(index, row);
  }

  /** HOT: per span. Whether a trace of so many spans has an index. */
  isLarge(count: number): boolean {
    return count > MOST_LISTED;
  }

  /** HOT: per trace. Call it for each that leaves the buffer, while its spans are counted. */
  close(trace: number): void {
    if (this.#table.count[trace]! <= MOST_LISTED) return;
    const number = this.#indexOf[trace]!;
    const index = this.#indices[number]!;
    this.heldBytes -= index.byteLength;
    this.#indices[number] = NO_PLACES;
    this.#freeNumbers.push(number);
    if (index.length === LEAST_PLACES && this.#spare.length < MOST_SPARE) this.#spare.push(index.fill(0));
  }

  #findIndexed(trace: number, columns: SpanColumns, i: number): number {
    const index = this.#indices[this.#indexOf[trace]!]!;
    const mask = index.length - 1;
    const hash = this.#hash(columns.spanIdLo[i]!, columns.print[i]!);
    let at = hash & mask;
    for (let probes = 0; probes < MOST_PROBES; probes++) {
      const entry = index[at]!;
      if (entry === 0) return NO_ROW;
      const row = (entry & ROW_MASK) - 1;
      if (((entry ^ hash) & ~ROW_MASK) === 0 && isSameSpan(this.#memory, row, columns, i)) return row;
      at = (at + 1) & mask;
    }
    return NO_ROW;
  }

  /** An index of the rows that the trace had before its last one. Returns its number. */
  #begin(trace: number): number {
    const number = this.#freeNumbers.pop() ?? this.#indices.length;
    const index = this.#spare.pop() ?? new Int32Array(LEAST_PLACES);
    this.#indices[number] = index;
    this.heldBytes += index.byteLength;
    this.#indexOf[trace] = number;
    let row = this.#table.firstRow[trace]!;
    for (let left = MOST_LISTED; left > 0; left--) {
      this.#put(index, row);
      row = this.#spans.next[row]!;
    }
    return number;
  }

  #grow(number: number): Int32Array {
    const index = this.#indices[number]!;
    const larger = new Int32Array(index.length * 2);
    for (const entry of index) if (entry !== 0) this.#put(larger, (entry & ROW_MASK) - 1);
    this.#indices[number] = larger;
    this.heldBytes += larger.byteLength - index.byteLength;
    return larger;
  }

  #put(index: Int32Array, row: number): void {
    const hash = this.#hash(this.#spans.spanIdLo[row]!, this.#spans.print[row]!);
    const mask = index.length - 1;
    let at = hash & mask;
    for (let probes = 0; probes < MOST_PROBES; probes++) {
      if (index[at] === 0) {
        index[at] = (hash & ~ROW_MASK) | (row + 1);
        return;
      }
      at = (at + 1) & mask;
    }
  }

  #hash(spanIdLo: number, print: number): number {
    let hash = Math.imul(spanIdLo ^ this.#seed, 0x9e3779b1);
    hash = Math.imul((hash ^ (hash >>> 15)) + print, 0x85ebca77);
    return hash ^ (hash >>> 16);
  }
}
