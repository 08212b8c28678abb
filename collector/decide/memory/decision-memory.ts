// Remembers decided traces so that late spans follow them: kept ones with all that a late span needs, dropped ones in 16 bytes or
// less. Two generations of fixed size each; when the younger is full the older is forgotten whole, and the horizon says how long that is.
import { mix32 } from '#proto/model/hash.ts';
import { TWO_32 } from '#proto/model/halves.ts';
import {
  DECIDED_DROPPED,
  UNDECIDED,
  type DecisionLookup,
  type PastDecision,
} from '#collector/assemble/decision-lookup.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { HALF, weightOf } from '#proto/model/threshold.ts';
import { gauge, type Metric } from '#collector/model/metric-table.ts';

/** Share of the slots that are used before a generation is full: longer probes cost more than the memory saved. */
const MAX_LOAD = 0.75;
/** Bytes of a kept slot: id 16, threshold 8, start 8, rule 2, first seen 2. */
const KEPT_SLOT_BYTES = 36;
/** Bytes of a dropped slot: 64-bit fingerprint 8, rule 2, first seen 2. */
const DROPPED_SLOT_WORDS = 3;
const DROPPED_SLOT_BYTES = DROPPED_SLOT_WORDS * 4;
/** Share of the memory for kept traces: they are rarer by the sampling rate and three times as large. */
const KEPT_SHARE = 0.5;
const GENERATIONS = 2;
const LEAST_SLOTS = 16;
/** Added to the high half of a threshold that is not written as `th`. */
const NO_TH = 2 ** 31;

/** Slots of a table are not a power of two, so that the memory asked for is the memory used. */
function slotsWithin(bytes: number, slotBytes: number): number {
  return Math.max(LEAST_SLOTS, Math.ceil(bytes / slotBytes));
}

class KeptGeneration {
  readonly id: Uint32Array;
  readonly thresholdHi: Uint32Array;
  readonly thresholdLo: Uint32Array;
  readonly startHi: Uint32Array;
  readonly startLo: Uint32Array;
  /** Rule + 1; 0 = the slot is free. */
  readonly rule: Uint16Array;
  /** Collector clock, s, of the trace's first span, modulo 2^16. */
  readonly seenSeconds: Uint16Array;
  used = 0;
  /** Collector clock, ms, of the first span of its oldest trace; Infinity while empty. */
  sinceMs = Infinity;

  constructor(slots: number) {
    this.id = new Uint32Array(slots * 4);
    this.thresholdHi = new Uint32Array(slots);
    this.thresholdLo = new Uint32Array(slots);
    this.startHi = new Uint32Array(slots);
    this.startLo = new Uint32Array(slots);
    this.rule = new Uint16Array(slots);
    this.seenSeconds = new Uint16Array(slots);
  }

  clear(): void {
    this.rule.fill(0);
    this.used = 0;
    this.sinceMs = Infinity;
  }
}

/** What is read together lies together: a look-up costs two accesses to memory that is in no cache, a miss one. */
class DroppedGeneration {
  /**
   * Three words per slot, side by side so that a look-up touches memory once: two of fingerprint; then, low half, rule + 1 (0 = the slot
   * is free) and, high half, collector clock, s, of the trace's first span, modulo 2^16.
   */
  readonly words: Int32Array;
  used = 0;
  sinceMs = Infinity;

  constructor(slots: number) {
    this.words = new Int32Array(slots * DROPPED_SLOT_WORDS);
  }

  clear(): void {
    this.words.fill(0);
    this.used = 0;
    this.sinceMs = Infinity;
  }
}

/** What is remembered of a trace. */
export type RememberedTrace = Pick<TraceView, 'id0' | 'id1' | 'id2' | 'id3' | 'startHi' | 'startLo' | 'firstSeenMs'>;

export class DecisionMemory implements DecisionLookup {
  readonly keptSlots: number;
  readonly droppedSlots: number;
  readonly #seed: number;
  readonly #kept: readonly [KeptGeneration, KeptGeneration];
  readonly #dropped: readonly [DroppedGeneration, DroppedGeneration];
  /** Which generation is the younger. */
  #keptNow: 0 | 1 = 0;
  #droppedNow: 0 | 1 = 0;
  #forgotKept = false;
  #forgotDropped = false;
  /** 64-bit fingerprint of the id last hashed. */
  #print0 = 0;
  #print1 = 0;

  /**
   * @param maxBytes all of it; pages that were never written cost nothing
   * @param seed 32 random bits, so that peers cannot choose ids whose fingerprints collide
   */
  constructor(maxBytes: number, seed: number) {
    this.#seed = seed | 0;
    this.keptSlots = slotsWithin((maxBytes * KEPT_SHARE) / GENERATIONS, KEPT_SLOT_BYTES);
    this.droppedSlots = slotsWithin((maxBytes * (1 - KEPT_SHARE)) / GENERATIONS, DROPPED_SLOT_BYTES);
    this.#kept = [new KeptGeneration(this.keptSlots), new KeptGeneration(this.keptSlots)];
    this.#dropped = [new DroppedGeneration(this.droppedSlots), new DroppedGeneration(this.droppedSlots)];
  }

  /** HOT: per late span. A kept entry's number is valid until the next {@link remember}. */
  lookup(id0: number, id1: number, id2: number, id3: number, past?: PastDecision): number {
    this.#hash(id0, id1, id2, id3);
    let entry = this.#findKept(this.#keptNow, id0, id1, id2, id3);
    if (entry < 0) entry = this.#findKept(this.#keptNow === 0 ? 1 : 0, id0, id1, id2, id3);
    if (entry > 0) {
      if (past !== undefined) {
        past.rule = this.ruleOf(entry);
        past.seenSeconds = this.#keptOf(entry).seenSeconds[this.#slotOf(entry)]!;
      }
      return entry;
    }
    let both = this.#findDropped(this.#droppedNow);
    if (both === 0) both = this.#findDropped(this.#droppedNow === 0 ? 1 : 0);
    if (both === 0) return UNDECIDED;
    if (past !== undefined) {
      past.rule = (both & 0xffff) - 1;
      past.seenSeconds = both >>> 16;
    }
    return DECIDED_DROPPED;
  }

  /** HOT: per decision. A trace decided again takes its new decision, kept beating dropped. */
  remember(view: RememberedTrace, decision: Decision): void {
    this.#hash(view.id0, view.id1, view.id2, view.id3);
    if (decision.keep) this.#rememberKept(view, decision);
    else this.#rememberDropped(decision.rule, view.firstSeenMs);
  }

  /** HOT: per trace turned away at its arrival. As {@link remember} of a drop, for a trace that was never assembled. */
  drop(id0: number, id1: number, id2: number, id3: number, rule: number, seenMs: number): void {
    this.#hash(id0, id1, id2, id3);
    this.#rememberDropped(rule, seenMs);
  }

  thresholdHi(entry: number): number {
    return this.#keptOf(entry).thresholdHi[this.#slotOf(entry)]! % NO_TH;
  }

  /** Whether its spans carry the threshold as `th`. */
  writesTh(entry: number): boolean {
    return this.#keptOf(entry).thresholdHi[this.#slotOf(entry)]! < NO_TH;
  }

  thresholdLo(entry: number): number {
    return this.#keptOf(entry).thresholdLo[this.#slotOf(entry)]!;
  }

  ruleOf(entry: number): number {
    return this.#keptOf(entry).rule[this.#slotOf(entry)]! - 1;
  }

  /** Earliest start of the trace, halves of Unix ns: the place of its rows in storage. */
  startHi(entry: number): number {
    return this.#keptOf(entry).startHi[this.#slotOf(entry)]!;
  }

  startLo(entry: number): number {
    return this.#keptOf(entry).startLo[this.#slotOf(entry)]!;
  }

  /** 0 where nobody knows it. */
  weight(entry: number): number {
    const hi = this.thresholdHi(entry);
    return hi < HALF ? weightOf(hi, this.thresholdLo(entry)) : 0;
  }

  /** A kept trace has another threshold from now on. */
  revise(entry: number, decision: Decision): void {
    const slot = this.#slotOf(entry);
    const table = this.#keptOf(entry);
    table.thresholdHi[slot] = Math.min(decision.thresholdHi, HALF) + (decision.writesTh === false ? NO_TH : 0);
    table.thresholdLo[slot] = decision.thresholdLo;
  }

  /** Collector clock, ms: traces whose first span came since then are all remembered; -Infinity while nothing was forgotten. */
  rememberedSinceMs(): number {
    const kept = this.#forgotKept ? Math.min(this.#kept[0].sinceMs, this.#kept[1].sinceMs) : -Infinity;
    const dropped = this.#forgotDropped ? Math.min(this.#dropped[0].sinceMs, this.#dropped[1].sinceMs) : -Infinity;
    return Math.max(kept, dropped);
  }

  /** Rule numbers change with a reload: every remembered one is translated, `map[old]` = new. */
  renumberRules(map: Uint16Array): void {
    for (const { rule } of this.#kept) {
      for (let slot = 0; slot < rule.length; slot++) if (rule[slot] !== 0) rule[slot] = (map[rule[slot]! - 1] ?? 0) + 1;
    }
    for (const { words } of this.#dropped) {
      for (let at = 2; at < words.length; at += DROPPED_SLOT_WORDS) {
        const both = words[at]!;
        if (both !== 0) words[at] = (both & 0xffff0000) | ((map[(both & 0xffff) - 1] ?? 0) + 1);
      }
    }
  }

  #keptOf(entry: number): KeptGeneration {
    return entry > this.keptSlots ? this.#kept[1] : this.#kept[0];
  }

  #slotOf(entry: number): number {
    return entry > this.keptSlots ? entry - 1 - this.keptSlots : entry - 1;
  }

  /** HOT. Two 32-bit mixes of all 128 bits, each with its own constants (after MurmurHash3's finalizer, public domain). */
  #hash(id0: number, id1: number, id2: number, id3: number): void {
    let a = this.#seed ^ 0x9e3779b9;
    let b = Math.imul(this.#seed, 0x85ebca6b) ^ 0x7f4a7c15;
    a = mix32(a ^ id0);
    b = mix32(b + id1);
    a = mix32(a + id2 + b);
    b = mix32((b ^ id3) + a);
    a = mix32(a ^ Math.imul(id1, 0xcc9e2d51) ^ id3);
    b = mix32(b ^ Math.imul(id0, 0x1b873593) ^ id2);
    a = mix32(a + b);
    this.#print0 = a;
    this.#print1 = mix32(b ^ a);
  }

  /** HOT. Slot a search begins at: the fingerprint scaled to the table (multiplication, no modulo by a variable). */
  #home(slots: number): number {
    return Math.floor(((this.#print0 >>> 0) / TWO_32) * slots);
  }

  #findKept(generation: 0 | 1, id0: number, id1: number, id2: number, id3: number): number {
    const { id, rule, used } = this.#kept[generation];
    if (used === 0) return -1;
    const slots = this.keptSlots;
    let slot = this.#home(slots);
    while (rule[slot] !== 0) {
      const at = slot * 4;
      if (id[at + 3] === id3 >>> 0 && id[at + 2] === id2 >>> 0 && id[at + 1] === id1 >>> 0 && id[at] === id0 >>> 0) {
        return generation * slots + slot + 1;
      }
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
    return -1;
  }

  /** Rule + 1 and, high half, when the trace was first seen; 0: it is not there. */
  #findDropped(generation: 0 | 1): number {
    const { words, used } = this.#dropped[generation];
    if (used === 0) return 0;
    let at = this.#home(this.droppedSlots) * DROPPED_SLOT_WORDS;
    for (let both = words[at + 2]!; both !== 0; both = words[at + 2]!) {
      if (words[at] === this.#print0 && words[at + 1] === this.#print1) return both;
      at += DROPPED_SLOT_WORDS;
      if (at === words.length) at = 0;
    }
    return 0;
  }

  #rememberKept(view: RememberedTrace, decision: Decision): void {
    let table = this.#kept[this.#keptNow];
    if (table.used >= this.keptSlots * MAX_LOAD) {
      this.#keptNow = this.#keptNow === 0 ? 1 : 0;
      table = this.#kept[this.#keptNow];
      if (table.used > 0) this.#forgotKept = true;
      table.clear();
    }
    let slot = this.#home(this.keptSlots);
    while (table.rule[slot] !== 0 && !sameId(table.id, slot * 4, view))
      slot = slot + 1 === this.keptSlots ? 0 : slot + 1;
    if (table.rule[slot] === 0) table.used++;
    const at = slot * 4;
    table.id[at] = view.id0;
    table.id[at + 1] = view.id1;
    table.id[at + 2] = view.id2;
    table.id[at + 3] = view.id3;
    table.thresholdHi[slot] = Math.min(decision.thresholdHi, HALF) + (decision.writesTh === false ? NO_TH : 0);
    table.thresholdLo[slot] = decision.thresholdLo;
    table.startHi[slot] = view.startHi;
    table.startLo[slot] = view.startLo;
    table.rule[slot] = decision.rule + 1;
    table.seenSeconds[slot] = view.firstSeenMs / 1000;
    if (view.firstSeenMs < table.sinceMs) table.sinceMs = view.firstSeenMs;
  }

  #rememberDropped(rule: number, seenMs: number): void {
    let table = this.#dropped[this.#droppedNow];
    if (table.used >= this.droppedSlots * MAX_LOAD) {
      this.#droppedNow = this.#droppedNow === 0 ? 1 : 0;
      table = this.#dropped[this.#droppedNow];
      if (table.used > 0) this.#forgotDropped = true;
      table.clear();
    }
    const { words } = table;
    let at = this.#home(this.droppedSlots) * DROPPED_SLOT_WORDS;
    while (words[at + 2] !== 0 && (words[at] !== this.#print0 || words[at + 1] !== this.#print1)) {
      at += DROPPED_SLOT_WORDS;
      if (at === words.length) at = 0;
    }
    if (words[at + 2] === 0) table.used++;
    words[at] = this.#print0;
    words[at + 1] = this.#print1;
    words[at + 2] = (Math.floor(seenMs / 1000) << 16) | (rule + 1);
    if (seenMs < table.sinceMs) table.sinceMs = seenMs;
  }
}

/** HOT. */
function sameId(ids: Uint32Array, at: number, view: RememberedTrace): boolean {
  return (
    ids[at] === view.id0 >>> 0 &&
    ids[at + 1] === view.id1 >>> 0 &&
    ids[at + 2] === view.id2 >>> 0 &&
    ids[at + 3] === view.id3 >>> 0
  );
}

/** How far back decisions are remembered. */
export interface DecisionMemoryNumbers {
  /** See {@link DecisionMemory.rememberedSinceMs}. */
  readonly rememberedSinceMs: number;
  /** Collector clock. */
  readonly nowMs: number;
}

export const DECISION_MEMORY_METRICS: readonly Metric<DecisionMemoryNumbers>[] = [
  gauge('winnow_decision_memory_seconds', 'how far back decisions are remembered', ({ rememberedSinceMs, nowMs }) =>
    Number.isFinite(rememberedSinceMs) ? Math.max(0, (nowMs - rememberedSinceMs) / 1000) : 0,
  ),
];
