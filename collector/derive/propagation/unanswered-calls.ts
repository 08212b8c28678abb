// Calls whose far side was not in their trace, held back until a span that comes late can no longer answer them. A ring, bounded.
import type { SpanIds } from '#proto/model/ids.ts';
import type { TraceView } from '../../model/trace.ts';
import { SpanRing } from '../span-ring/span-ring.ts';
import type { PropagationIncrements } from './propagation-increments.ts';

/** Calls held back: beyond it the oldest is counted early. 64 + 24 bytes each. */
const CAPACITY = 32_768;
const ID_WORDS = 4;
const ANSWERED = 255;

export class UnansweredCalls {
  readonly #calls = new SpanRing(CAPACITY);
  readonly #cause = new Uint8Array(CAPACITY);
  readonly #kept = new Uint8Array(CAPACITY);
  readonly #ids = new Uint32Array(CAPACITY * ID_WORDS);
  /** Calls ever held and ever counted; entry = number modulo the capacity. */
  #added = 0;
  #counted = 0;
  /** Calls held of the trace that is being decided begin here. */
  #ofTrace = 0;
  /** How many had been added at earlier times: [number, ms] each, oldest first. */
  readonly #marks: [number, number][] = [];
  readonly #waitMs: number;
  /** Used again and again. */
  readonly #of = { id0: 0, id1: 0, id2: 0, id3: 0, spanHi: 0, spanLo: 0 };
  readonly #counters: PropagationIncrements;

  /** @param waitMs how long a span may come late */
  constructor(counters: PropagationIncrements, waitMs: number) {
    this.#counters = counters;
    this.#waitMs = waitMs;
  }

  /** Calls that are held. */
  get waiting(): number {
    return this.#added - this.#counted;
  }

  begin(): void {
    this.#ofTrace = this.#added;
  }

  /** Holds a call back. @param row of the client span */
  add(view: TraceView, row: number, cause: number, caller: number, callee: number): void {
    const { spans } = view.memory;
    const ids = this.#idsOf(view, spans.spanIdHi[row]!, spans.spanIdLo[row]!);
    if (this.#calls.find(ids) >= 0) return;
    if (this.waiting === CAPACITY) this.#countOldest();
    this.#calls.add(ids, caller, callee, 0, 0);
    const entry = this.#added++ % CAPACITY;
    this.#cause[entry] = cause;
    this.#kept[entry] = 0;
    this.#ids[entry * ID_WORDS] = view.id0;
    this.#ids[entry * ID_WORDS + 1] = view.id1;
    this.#ids[entry * ID_WORDS + 2] = view.id2;
    this.#ids[entry * ID_WORDS + 3] = view.id3;
  }

  /** The trace since {@link begin} was kept: its calls make better examples. */
  markKept(): void {
    for (let i = Math.max(this.#ofTrace, this.#counted); i < this.#added; i++) this.#kept[i % CAPACITY] = 1;
  }

  /** HOT for orphans: a child of this span has come. */
  answer(view: TraceView, spanHi: number, spanLo: number): void {
    if (this.#added === this.#counted) return;
    const entry = this.#calls.find(this.#idsOf(view, spanHi, spanLo));
    if (entry >= 0) this.#cause[entry] = ANSWERED;
  }

  /** Counts the calls that were added before the wait. @param nowMs collector clock */
  countExpired(nowMs: number): void {
    this.#marks.push([this.#added, nowMs]);
    let first = this.#marks[0];
    while (first !== undefined && nowMs - first[1] >= this.#waitMs) {
      while (this.#counted < first[0]) this.#countOldest();
      this.#marks.shift();
      first = this.#marks[0];
    }
  }

  #idsOf(view: TraceView, spanHi: number, spanLo: number): SpanIds {
    const ids = this.#of;
    ids.id0 = view.id0;
    ids.id1 = view.id1;
    ids.id2 = view.id2;
    ids.id3 = view.id3;
    ids.spanHi = spanHi;
    ids.spanLo = spanLo;
    return ids;
  }

  #countOldest(): void {
    const entry = this.#counted++ % CAPACITY;
    const cause = this.#cause[entry]!;
    if (cause === ANSWERED) return;
    const at = entry * ID_WORDS;
    const row = this.#counters.problem(cause, this.#calls.serviceOf(entry), this.#calls.destinationOf(entry));
    this.#counters.exampleOf(
      row,
      this.#ids[at]!,
      this.#ids[at + 1]!,
      this.#ids[at + 2]!,
      this.#ids[at + 3]!,
      this.#kept[entry] === 1,
    );
  }
}
