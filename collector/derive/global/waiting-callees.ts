// Remembers spans whose caller has not been seen yet: their parent, or a message they link to, may belong to spans that are decided later.
// A ring: the newest `capacity` of them, at most 60 bytes each; found again by the id they wait for, all that wait for one id together.

import { TWO_32 } from '#proto/model/halves.ts';
import type { SpanIds } from '#proto/model/ids.ts';
import { KIND_CONSUMER, KIND_SERVER } from '#proto/otlp/enums.ts';
import { KIND_BITS, SPAN_BY_LINK, type SpanTimes } from '../edges/edge-facts.ts';
import { hasIds, haveSameIds, idsHash, writeIds } from '../span-ring/ids-in-words.ts';

/** Words of an entry: awaited trace id 4 and span id 2, service, facts, start 2 and end 2 (halves of Unix ns), number of the next in its chain. */
const WORDS = 13;
const SERVICE = 6;
const FACTS = 7;
const START = 8;
const END = 10;
const NEXT = 12;
/** {@link FACTS} of an entry that waits no more. */
const RESOLVED = -1;
const NONE = 0;
/** Entries of one chain that are looked at: bounds what a flood of spans with one parent can cost. */
const MAX_WALK = 4096;

export class WaitingCallees {
  readonly capacity: number;
  /** Entries that wait. */
  waiting = 0;
  /** Entries that were given up, nothing having come within the wait or newer ones needing the room: those that another service must have called, or that link. */
  unresolved = 0;
  /** Entry number n is at slot n modulo the capacity, a power of two; numbers go round at 2^32. */
  #last = 0;
  /** All up to this number wait no more. */
  #expired = 0;
  #walked = 0;
  readonly #waitMs: number;
  readonly #words: Int32Array;
  readonly #heads: Int32Array;
  readonly #mask: number;
  /** Last number at earlier times: [number, ms] each, oldest first. */
  readonly #marks: [number, number][] = [];

  /** @param capacity at least this many, rounded up to a power of two @param waitMs after which an entry is given up */
  constructor(capacity: number, waitMs: number) {
    let slots = 16;
    while (slots < capacity) slots *= 2;
    this.capacity = slots;
    this.#mask = slots - 1;
    this.#waitMs = waitMs;
    this.#words = new Int32Array(slots * WORDS);
    this.#heads = new Int32Array(slots);
  }

  /** HOT for orphans: a span waits for the one with these ids. @param facts its kind and SPAN_… */
  add(ids: SpanIds, service: number, facts: number, { startHi, startLo, endHi, endLo }: SpanTimes): void {
    let number = (this.#last + 1) | 0;
    if (number === NONE) number = 1;
    this.#last = number;
    const words = this.#words;
    const at = (number & this.#mask) * WORDS;
    this.#giveUp(at);
    writeIds(words, at, ids);
    words[at + SERVICE] = service;
    words[at + FACTS] = facts;
    words[at + START] = startHi;
    words[at + START + 1] = startLo;
    words[at + END] = endHi;
    words[at + END + 1] = endLo;
    const bucket = idsHash(ids) & this.#mask;
    words[at + NEXT] = this.#heads[bucket]!;
    this.#heads[bucket] = number;
    this.waiting++;
  }

  /** HOT: an entry that waits for the span with these ids, -1 for none; the others follow by {@link following}. */
  first(ids: SpanIds): number {
    if (this.waiting === 0) return -1;
    this.#walked = 0;
    const words = this.#words;
    for (let number = this.#heads[idsHash(ids) & this.#mask]!; this.#isReachable(number);) {
      const at = (number & this.#mask) * WORDS;
      if (words[at + FACTS] !== RESOLVED && hasIds(words, at, ids)) return number & this.#mask;
      number = words[at + NEXT]!;
    }
    return -1;
  }

  /** The next that waits for the same span as `entry`, -1 after the last. */
  following(entry: number): number {
    const words = this.#words;
    const same = entry * WORDS;
    for (let number = words[same + NEXT]!; this.#isReachable(number);) {
      const at = (number & this.#mask) * WORDS;
      if (words[at + FACTS] !== RESOLVED && haveSameIds(words, at, same)) return number & this.#mask;
      number = words[at + NEXT]!;
    }
    return -1;
  }

  serviceOf(entry: number): number {
    return this.#words[entry * WORDS + SERVICE]!;
  }

  kindOf(entry: number): number {
    return this.#words[entry * WORDS + FACTS]! & KIND_BITS;
  }

  /** @param fact one of SPAN_… */
  is(entry: number, fact: number): boolean {
    return (this.#words[entry * WORDS + FACTS]! & fact) !== 0;
  }

  startHi(entry: number): number {
    return this.#words[entry * WORDS + START]! >>> 0;
  }

  startLo(entry: number): number {
    return this.#words[entry * WORDS + START + 1]! >>> 0;
  }

  durationNs(entry: number): number {
    const words = this.#words;
    const at = entry * WORDS;
    return (
      ((words[at + END]! >>> 0) - (words[at + START]! >>> 0)) * TWO_32 +
      ((words[at + END + 1]! >>> 0) - (words[at + START + 1]! >>> 0))
    );
  }

  /** Its caller was found: it waits no more. */
  resolve(entry: number): void {
    this.#words[entry * WORDS + FACTS] = RESOLVED;
    this.waiting--;
  }

  /** Gives up what was added before the wait. @param nowMs collector clock */
  expire(nowMs: number): void {
    this.#marks.push([this.#last, nowMs]);
    let first = this.#marks[0];
    while (first !== undefined && nowMs - first[1] >= this.#waitMs) {
      const [number] = first;
      const count = Math.min((number - this.#expired) >>> 0, this.capacity);
      for (let i = 0; i < count; i++) {
        const age = (this.#last - (number - i)) >>> 0;
        if (age < this.capacity) this.#giveUp(((number - i) & this.#mask) * WORDS);
      }
      this.#expired = number;
      this.#marks.shift();
      first = this.#marks[0];
    }
  }

  #giveUp(at: number): void {
    const words = this.#words;
    // A slot that was never written has no span id.
    if (words[at + FACTS] === RESOLVED || (words[at + 4] === 0 && words[at + 5] === 0)) return;
    const facts = words[at + FACTS]!;
    const kind = facts & KIND_BITS;
    words[at + FACTS] = RESOLVED;
    this.waiting--;
    if (kind === KIND_SERVER || kind === KIND_CONSUMER || (facts & SPAN_BY_LINK) !== 0) this.unresolved++;
  }

  /** HOT: a chain goes from newer to older numbers; one that has left the ring ends it. */
  #isReachable(number: number): boolean {
    return number !== NONE && (this.#last - number) >>> 0 < this.capacity && this.#walked++ !== MAX_WALK;
  }
}
