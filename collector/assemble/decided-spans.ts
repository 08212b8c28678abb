// Remembers the spans of decided traces, so that a copy of one is known when it comes late: those decided in the last minute at least, as long as
// they fit. Two generations; when the younger is full or a minute old, the older is forgotten whole.
import { seedOf } from '#proto/model/hash.ts';
import type { SpanTable } from '#collector/model/span-table.ts';
import type { TraceView } from '#collector/model/trace.ts';
import type { DecisionLookup } from './decision-lookup.ts';
import type { SpanColumns } from './span-columns.ts';
import { readPiece, SpanCarry } from './span-carry.ts';
import { NO_PART } from './part-index.ts';
import { MOST_WORDS, SpanGeneration } from './span-generation.ts';

/** A generation is a minute: what was decided within the last minute is known for sure, unless there was no more room. */
const GENERATION_MS = 60_000;
/** Time between two calls counts as so much at most: a clock that is set forward does not make anything older, and while nothing came nothing has to be forgotten. */
const MOST_GAP_MS = 10_000;
/** Parts of a trace: more than one or two only where it has more spans than go into one. */
const LEAST_PARTS = 8;
const NONE = -1;

export interface DecidedSpansSize {
  /** Of a generation. */
  readonly words: number;
  readonly ms: number;
}

export class DecidedSpans {
  readonly #spans: SpanTable;
  readonly #carry = new SpanCarry();
  readonly #generationMs: number;
  #nowMs = 0;
  #young: SpanGeneration;
  #old: SpanGeneration;
  /** The trace last looked for, its hash, and its parts in both generations; #growing is which of the younger's gets more. */
  #id0 = 0;
  #id1 = 0;
  #id2 = 0;
  #id3 = 0;
  #hash = 0;
  #isOpen = false;
  #youngParts = new Int32Array(LEAST_PARTS);
  #youngCount = 0;
  #growing = NONE;
  #oldParts = new Int32Array(LEAST_PARTS);
  #oldCount = 0;

  /** @param spans of the shard @param seed 32 random bits @param size of a generation, at most 16 MiB */
  constructor(
    spans: SpanTable,
    seed: number,
    { words, ms }: DecidedSpansSize = { words: MOST_WORDS, ms: GENERATION_MS },
  ) {
    this.#generationMs = ms;
    this.#spans = spans;
    // One seed for both: a hash is good for either.
    this.#young = new SpanGeneration(seedOf(seed, 0x3c6ef372), words);
    this.#old = new SpanGeneration(seedOf(seed, 0x3c6ef372), words);
  }

  /** The collector's clock, ms, stands at this. Call it at every input of the shard. */
  advanceTo(nowMs: number): void {
    const excessMs = nowMs - this.#nowMs - MOST_GAP_MS;
    this.#nowMs = nowMs;
    if (excessMs <= 0) return;
    this.#young.sinceMs += excessMs;
    this.#old.sinceMs += excessMs;
  }

  /** How far back the spans of decided traces are known, ms; 0 before the first. */
  windowMs(nowMs: number): number {
    const sinceMs = Math.min(this.#old.sinceMs, this.#young.sinceMs);
    return sinceMs === Infinity ? 0 : Math.max(0, nowMs - sinceMs);
  }

  /** Whether spans may be known here of a trace whose decision is forgotten. */
  reachesBeyond(decisions: DecisionLookup): boolean {
    return this.#young.isRestored || this.#old.isRestored || (decisions.rememberedSinceMs?.() ?? Infinity) > -Infinity;
  }

  /** HOT: per trace that is new to the buffer. Whether spans of it were decided. Ids as signed words. */
  knowsTrace(id0: number, id1: number, id2: number, id3: number): boolean {
    this.#open(id0, id1, id2, id3);
    return this.#youngCount + this.#oldCount > 0;
  }

  /** HOT: per trace that is turned away at its first span. What is received next is of a trace of which nothing is known. Ids as signed words. */
  openNew(id0: number, id1: number, id2: number, id3: number): void {
    this.#isOpen = true;
    this.#id0 = id0;
    this.#id1 = id1;
    this.#id2 = id2;
    this.#id3 = id3;
    this.#hash = this.#young.index.hashOf(id0, id1, id2, id3);
    this.#youngCount = 0;
    this.#oldCount = 0;
    this.#growing = NONE;
  }

  /** HOT: per late span. Whether it was decided. */
  has(columns: SpanColumns, i: number): boolean {
    this.#open(columns.id0[i]!, columns.id1[i]!, columns.id2[i]!, columns.id3[i]!);
    return this.#has(columns.spanIdLo[i]!, columns.print[i]!);
  }

  /** HOT: per late span whose decision is made. Whether it was decided before; else it is remembered. */
  receive(columns: SpanColumns, i: number): boolean {
    this.#open(columns.id0[i]!, columns.id1[i]!, columns.id2[i]!, columns.id3[i]!);
    return this.#receive(columns.spanIdLo[i]!, columns.print[i]!);
  }

  /** HOT: per decision. Remembers the spans of a trace. */
  remember({ id0, id1, id2, id3, rows, count, trigger }: TraceView): void {
    if (trigger === 'late' || trigger === 'rescue') {
      this.#open(id0 | 0, id1 | 0, id2 | 0, id3 | 0);
      for (let i = 0; i < count; i++) this.#receive(this.#spans.spanIdLo[rows[i]!]! | 0, this.#spans.print[rows[i]!]!);
      return;
    }
    this.#isOpen = false;
    const hash = this.#young.index.hashOf(id0 | 0, id1 | 0, id2 | 0, id3 | 0);
    const { mostInPart } = this.#young;
    for (let from = 0; from < count; from += mostInPart) {
      const to = Math.min(count, from + mostInPart);
      this.#makeRoom(to - from);
      const part = this.#young.begin(hash, id0 | 0, id1 | 0, id2 | 0, id3 | 0, to - from, false);
      this.#young.fill(part, this.#spans, rows, from, to);
    }
  }

  /**
   * What a log has to hold so that the next process knows these spans, too: those remembered since the last call, in pieces of about 1 MiB for
   * {@link restore}. Call it until it returns undefined.
   * @param lost so many of the oldest pieces are about to be deleted with their part of the log: what they hold is returned once more
   */
  carry(lost = 0): Buffer | undefined {
    return this.#carry.next(this.#young, lost);
  }

  /**
   * Remembers what an earlier process carried. Returns how many spans that is. What another version wrote in another form is left out.
   * @param onTrace called for each trace, ids as signed words
   */
  restore(carried: Buffer, onTrace?: (id0: number, id1: number, id2: number, id3: number) => void): number {
    return readPiece(carried, {
      part: (id0, id1, id2, id3) => {
        this.#open(id0, id1, id2, id3);
        onTrace?.(id0, id1, id2, id3);
      },
      span: (spanIdLo, print) => {
        this.#receive(spanIdLo, print);
        this.#young.isRestored = true;
      },
    });
  }

  #has(spanIdLo: number, print: number): boolean {
    for (let i = 0; i < this.#youngCount; i++) if (this.#young.has(this.#youngParts[i]!, spanIdLo, print)) return true;
    for (let i = 0; i < this.#oldCount; i++) if (this.#old.has(this.#oldParts[i]!, spanIdLo, print)) return true;
    return false;
  }

  /** HOT: per late span. */
  #receive(spanIdLo: number, print: number): boolean {
    if (this.#has(spanIdLo, print)) return true;
    if (this.#growing !== NONE) {
      const part = this.#youngParts[this.#growing]!;
      const isCarried = this.#carry.has(part);
      if (this.#young.tryPut(part, spanIdLo, print, !isCarried)) {
        if (isCarried) this.#carry.touched(part);
        return false;
      }
    }
    const part = this.#roomierPart(); // in the younger generation, which may be another one now
    this.#young.put(part, spanIdLo, print);
    return false;
  }

  /** A part of the open trace with room for a span, after there was none. */
  #roomierPart(): number {
    if (this.#growing !== NONE && this.#young.mayGrow(this.#youngParts[this.#growing]!)) {
      const larger = this.#young.grow(this.#youngParts[this.#growing]!, this.#hash);
      if (larger !== NO_PART) {
        this.#youngParts[this.#growing] = larger;
        return larger;
      }
    }
    this.#makeRoom(1);
    const first = this.#young.begin(this.#hash, this.#id0, this.#id1, this.#id2, this.#id3, 1, true);
    this.#growing = this.#youngCount;
    this.#youngParts = withPart(this.#youngParts, this.#youngCount++, first);
    return first;
  }

  /** A part for so many spans fits into the younger generation. */
  #makeRoom(count: number): void {
    if (this.#nowMs - this.#young.sinceMs >= this.#generationMs || !this.#young.fits(count)) {
      this.#carry.rotated(this.#young);
      [this.#young, this.#old] = [this.#old, this.#young];
      this.#young.clear();
      [this.#youngParts, this.#oldParts] = [this.#oldParts, this.#youngParts];
      this.#oldCount = this.#youngCount;
      this.#youngCount = 0;
      this.#growing = NONE;
    }
    if (this.#young.sinceMs === Infinity) this.#young.sinceMs = this.#nowMs;
  }

  /** HOT: per late span; looks for the parts of its trace, once for a run of spans of one. */
  #open(id0: number, id1: number, id2: number, id3: number): void {
    if (this.#isOpen && this.#id3 === id3 && this.#id2 === id2 && this.#id1 === id1 && this.#id0 === id0) return;
    this.openNew(id0, id1, id2, id3);
    const hash = this.#hash;
    const young = this.#young.index;
    for (
      let part = young.first(hash, id0, id1, id2, id3);
      part !== NO_PART;
      part = young.next(hash, id0, id1, id2, id3)
    ) {
      if (this.#young.mayGrow(part)) this.#growing = this.#youngCount;
      this.#youngParts = withPart(this.#youngParts, this.#youngCount++, part);
    }
    const old = this.#old.index;
    for (let part = old.first(hash, id0, id1, id2, id3); part !== NO_PART; part = old.next(hash, id0, id1, id2, id3)) {
      this.#oldParts = withPart(this.#oldParts, this.#oldCount++, part);
    }
  }
}

/** HOT: the list with one part more, which is a longer list where there is no room. */
function withPart(parts: Int32Array<ArrayBuffer>, count: number, part: number): Int32Array<ArrayBuffer> {
  let list = parts;
  if (count === parts.length) {
    list = new Int32Array(count * 2);
    list.set(parts);
  }
  list[count] = part;
  return list;
}
