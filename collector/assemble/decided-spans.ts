// Remembers the spans of decided traces, so that a copy of one is known when it comes late: those decided in the last minute at least, as long as
// they fit. Two generations; when the younger is full or a minute old, the older is forgotten whole.
import type { SpanTable } from '#collector/model/span-table.ts';
import type { TraceView } from '#collector/model/trace.ts';
import type { DecisionLookup } from './late.ts';
import type { SpanColumns } from './span-columns.ts';
import { readPiece, SpanCarry } from './span-carry.ts';
import { BUCKETS, MOST_WORDS, NO_PART, SpanGeneration } from './span-generation.ts';

/** A generation is a minute: what was decided within the last minute is known for sure, unless there was no more room. */
const GENERATION_MS = 60_000;
/** Parts of a trace: more than one or two only where it has more spans than go into one. */
const LEAST_PARTS = 8;

export interface DecidedSpansSize {
  /** Of a generation. */
  readonly words: number;
  readonly ms: number;
}

export class DecidedSpans {
  /** Collector clock, ms; set before each call from outside. */
  nowMs = 0;
  readonly #spans: SpanTable;
  readonly #carry = new SpanCarry();
  readonly #seed: number;
  readonly #generationMs: number;
  #young: SpanGeneration;
  #old: SpanGeneration;
  /** The trace last looked for, its hash, and its parts in both generations; the one that gets more spans is the younger's number #newest. */
  #id0 = 0;
  #id1 = 0;
  #id2 = 0;
  #id3 = 0;
  #hash = 0;
  #isOpen = false;
  #youngParts = new Int32Array(LEAST_PARTS);
  #youngCount = 0;
  #newest = 0;
  #oldParts = new Int32Array(LEAST_PARTS);
  #oldCount = 0;

  /** @param spans of the shard @param seed 32 random bits @param size of a generation, at most 16 MiB */
  constructor(spans: SpanTable, seed: number, { words, ms }: DecidedSpansSize = { words: MOST_WORDS, ms: GENERATION_MS }) {
    this.#generationMs = ms;
    this.#spans = spans;
    this.#seed = seed | 0;
    const buckets = new Int32Array(BUCKETS * 2);
    this.#young = new SpanGeneration(Math.imul(seed ^ 0x3c6ef372, 0x85ebca6b), words, buckets, 0);
    this.#old = new SpanGeneration(Math.imul(seed ^ 0x510e527f, 0xc2b2ae35), words, buckets, 1);
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
    this.#hash = this.#hashOf(id0, id1, id2, id3);
    this.#youngCount = 0;
    this.#oldCount = 0;
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
    const hash = this.#hashOf(id0 | 0, id1 | 0, id2 | 0, id3 | 0);
    const { mostInPart } = this.#young;
    for (let from = 0; from < count; from += mostInPart) {
      const to = Math.min(count, from + mostInPart);
      this.#makeRoom(to - from);
      const part = this.#young.begin(hash, id0 | 0, id1 | 0, id2 | 0, id3 | 0, to - from);
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

  /** No piece could be written to a log, or the log is lost: {@link carry} returns all of it once more. */
  carryAll(): void {
    this.#carry.all();
  }

  /** Remembers what an earlier process carried. Returns how many spans that is. What another version wrote in another form is left out. */
  restore(carried: Buffer): number {
    return readPiece(carried, {
      part: (id0, id1, id2, id3) => this.#open(id0, id1, id2, id3),
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

  #receive(spanIdLo: number, print: number): boolean {
    if (this.#has(spanIdLo, print)) return true;
    const part = this.#partForOneMore(); // of the younger generation, which it may have changed
    this.#young.put(part, spanIdLo, print);
    return false;
  }

  /** HOT: per late span. A part of the open trace with room. */
  #partForOneMore(): number {
    const part = this.#youngCount > 0 ? this.#youngParts[this.#newest]! : NO_PART;
    if (part !== NO_PART && this.#young.count(part) < this.#young.mostInPart) {
      const isCarried = this.#carry.has(part);
      if (this.#young.hasRoom(part, !isCarried)) {
        if (isCarried) this.#carry.touched(part);
        return part;
      }
      const larger = this.#young.grow(part, this.#hash);
      if (larger !== NO_PART) {
        this.#youngParts[this.#newest] = larger;
        return larger;
      }
    }
    this.#makeRoom(1);
    const first = this.#young.begin(this.#hash, this.#id0, this.#id1, this.#id2, this.#id3, 1);
    this.#newest = this.#youngCount;
    this.#youngParts = withPart(this.#youngParts, this.#youngCount++, first);
    return first;
  }

  /** A part for so many spans fits into the younger generation. */
  #makeRoom(count: number): void {
    if (this.nowMs - this.#young.sinceMs >= this.#generationMs || !this.#young.fits(count)) {
      this.#carry.rotated(this.#young);
      [this.#young, this.#old] = [this.#old, this.#young];
      this.#young.clear();
      [this.#youngParts, this.#oldParts] = [this.#oldParts, this.#youngParts];
      this.#oldCount = this.#youngCount;
      this.#youngCount = 0;
    }
    if (this.#young.sinceMs === Infinity) this.#young.sinceMs = this.nowMs;
  }

  /** HOT: per late span; looks for the parts of its trace, once for a run of spans of one. */
  #open(id0: number, id1: number, id2: number, id3: number): void {
    if (this.#isOpen && this.#id3 === id3 && this.#id2 === id2 && this.#id1 === id1 && this.#id0 === id0) return;
    this.openNew(id0, id1, id2, id3);
    const hash = this.#hash;
    const young = this.#young;
    this.#newest = 0;
    for (let part = young.find(hash, id0, id1, id2, id3); part !== NO_PART; part = young.find(hash, id0, id1, id2, id3, part)) {
      this.#youngParts = withPart(this.#youngParts, this.#youngCount++, part);
    }
    const old = this.#old;
    for (let part = old.find(hash, id0, id1, id2, id3); part !== NO_PART; part = old.find(hash, id0, id1, id2, id3, part)) {
      this.#oldParts = withPart(this.#oldParts, this.#oldCount++, part);
    }
  }

  /** HOT: per trace. */
  #hashOf(id0: number, id1: number, id2: number, id3: number): number {
    let a = Math.imul(id0 ^ this.#seed, 0x9e3779b1);
    a = Math.imul((a ^ (a >>> 16)) + id1, 0x85ebca77);
    let b = Math.imul(id2 + this.#seed, 0xc2b2ae3d);
    b = Math.imul((b ^ (b >>> 15)) + id3, 0x27d4eb2f);
    const hash = Math.imul(a ^ (a >>> 13) ^ (b << 7) ^ (b >>> 11), 0x165667b1);
    return hash ^ (hash >>> 15);
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
