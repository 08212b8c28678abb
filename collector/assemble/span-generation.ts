// Spans of decided traces, two words each: the low half of the id and the print. A trace has a part: a head, then its spans one after the other,
// or, where there are more than some, in places found by a hash. Parts lie one behind the other; those of a bucket are chained.

import type { SpanTable } from '#collector/model/span-table.ts';

/** Most words of all parts together: 16 MiB. Pages that were never written cost nothing. */
export const MOST_WORDS = 4 * 1024 * 1024;
/** Buckets: half a position in the lower bits, and above them a bit for each of eight kinds of hashes, set where its chain has one. 1 MiB a generation. */
export const BUCKETS = 262_144;
/** Those of two generations lie side by side: a trace is mostly looked for in both. */
const GENERATIONS = 2;
const POSITION_MASK = 2 ** 21 - 1;
const KIND_SHIFT = 21;
/** Position 0 is no part. */
export const NO_PART = 0;
export const FIRST_PART = 2;

/** Head of a part: trace id 4, next part of its bucket, size; then two words for each span or place. */
const NEXT = 4;
const SIZE = 5;
const HEAD_WORDS = 6;
/** Size: spans in the lower bits; then the room, in spans up to {@link MOST_LISTED}, as HASHED + the power of two above; then whether a larger part replaces it. */
const COUNT_MASK = 2 ** 20 - 1;
const ROOM_SHIFT = 20;
const ROOM_MASK = 255;
const HASHED = 129;
const REPLACED = 2 ** 28;
/** Spans that are listed one after the other; of a part that grew, because late spans came, so many: they are looked through for each. */
const MOST_LISTED = 128;
const MOST_LISTED_LATE = 32;
const MOST_LOAD = 0.75;
/** Spans of a part, as a share of the words; a trace of more has several parts. Its places then take an eighth of the words. */
const MOST_SHARE = 1 / 32;

/** Visits a part: its trace, how many spans it has, and them. */
export interface PartVisitor {
  part(id0: number, id1: number, id2: number, id3: number, count: number): void;
  span(spanIdLo: number, print: number): void;
}

export class SpanGeneration {
  /** Collector clock, ms, when its first part began; Infinity while it has none. */
  sinceMs = Infinity;
  /** It has spans of an earlier life, so of traces whose decision may be forgotten. */
  isRestored = false;
  /** Times it was cleared: a position is good only for the life it is from. */
  life = 0;
  /** Words in use: where the next part goes. */
  used = FIRST_PART;
  /** Spans that a part may have. */
  readonly mostInPart: number;
  readonly #words: Int32Array;
  readonly #buckets: Int32Array;
  readonly #which: 0 | 1;
  readonly #seed: number;

  /**
   * @param seed 32 random bits, so that no sender can choose spans that all meet in one place @param words at most {@link MOST_WORDS}
   * @param buckets of both generations, twice {@link BUCKETS} @param which of them this one is
   */
  constructor(seed: number, words: number, buckets: Int32Array, which: 0 | 1) {
    this.#seed = seed;
    this.#buckets = buckets;
    this.#which = which;
    this.#words = new Int32Array(words);
    this.mostInPart = Math.floor(words * MOST_SHARE);
  }

  clear(): void {
    for (let at: number = this.#which; at < this.#buckets.length; at += GENERATIONS) this.#buckets[at] = 0;
    this.used = FIRST_PART;
    this.sinceMs = Infinity;
    this.isRestored = false;
    this.life++;
  }

  /** HOT: per run of late spans. The newest part of the trace, or the next older one; {@link NO_PART} = there is none. @param hash of the trace id */
  find(hash: number, id0: number, id1: number, id2: number, id3: number, newer = NO_PART): number {
    const words = this.#words;
    let part = NO_PART;
    if (newer === NO_PART) {
      const bucket = this.#buckets[this.#bucketOf(hash)]!;
      if ((bucket & kindOf(hash)) !== 0) part = (bucket & POSITION_MASK) * 2;
    } else part = words[newer + NEXT]!;
    while (part !== NO_PART) {
      if (words[part + 3] === id3 && words[part + 2] === id2 && words[part + 1] === id1 && words[part] === id0) return part;
      part = words[part + NEXT]!;
    }
    return NO_PART;
  }

  /** HOT: per late span. */
  has(part: number, spanIdLo: number, print: number): boolean {
    const words = this.#words;
    const size = words[part + SIZE]!;
    const room = (size >>> ROOM_SHIFT) & ROOM_MASK;
    const from = part + HEAD_WORDS;
    if (room < HASHED) {
      const to = from + (size & COUNT_MASK) * 2;
      for (let at = from; at < to; at += 2) if (words[at] === spanIdLo && words[at + 1] === print) return true;
      return false;
    }
    const mask = (1 << (room - HASHED)) - 1;
    for (let place = this.#hash(spanIdLo, print) & mask; ; place = (place + 1) & mask) {
      const at = from + place * 2;
      if (words[at + 1] === 0) return false;
      if (words[at] === spanIdLo && words[at + 1] === print) return true;
    }
  }

  /** Spans of a part. */
  count(part: number): number {
    return this.#words[part + SIZE]! & COUNT_MASK;
  }

  /** Whether a new part for so many spans fits. */
  fits(count: number): boolean {
    return this.used + HEAD_WORDS + roomWords(roomFor(count)) <= this.#words.length;
  }

  /** HOT: per decided trace. A part without spans, for `count` of them; it MUST fit. */
  begin(hash: number, id0: number, id1: number, id2: number, id3: number, count: number): number {
    const part = this.#open(id0, id1, id2, id3, roomFor(count));
    const at = this.#bucketOf(hash);
    const bucket = this.#buckets[at]!;
    this.#words[part + NEXT] = (bucket & POSITION_MASK) * 2;
    this.#buckets[at] = (bucket & ~POSITION_MASK) | kindOf(hash) | (part >>> 1);
    return part;
  }

  /** HOT: per decided span. Puts a span into a part that has room for it. */
  put(part: number, spanIdLo: number, print: number): void {
    const words = this.#words;
    const size = words[part + SIZE]!;
    const room = (size >>> ROOM_SHIFT) & ROOM_MASK;
    const from = part + HEAD_WORDS;
    words[part + SIZE] = size + 1;
    let at = from + (size & COUNT_MASK) * 2;
    if (room >= HASHED) {
      const mask = (1 << (room - HASHED)) - 1;
      let place = this.#hash(spanIdLo, print) & mask;
      while (words[from + place * 2 + 1] !== 0) place = (place + 1) & mask;
      at = from + place * 2;
    }
    words[at] = spanIdLo;
    words[at + 1] = print;
  }

  /** HOT: per decided trace. Puts the spans rows[from, to) into a new part that has room for them. */
  fill(part: number, { spanIdLo, print }: SpanTable, rows: Int32Array, from: number, to: number): void {
    const words = this.#words;
    if (to - from > MOST_LISTED) {
      for (let i = from; i < to; i++) this.put(part, spanIdLo[rows[i]!]! | 0, print[rows[i]!]!);
      return;
    }
    words[part + SIZE]! += to - from;
    let at = part + HEAD_WORDS;
    for (let i = from; i < to; i++, at += 2) {
      const row = rows[i]!;
      words[at] = spanIdLo[row]!;
      words[at + 1] = print[row]!;
    }
  }

  /** HOT: per late span. Makes room for one more span in a part; false where it has none and cannot get it where it lies. @param mayExtend the last part may get longer */
  hasRoom(part: number, mayExtend: boolean): boolean {
    const words = this.#words;
    const size = words[part + SIZE]!;
    const room = (size >>> ROOM_SHIFT) & ROOM_MASK;
    const count = size & COUNT_MASK;
    if (room >= HASHED) return count + 1 <= 2 ** (room - HASHED) * MOST_LOAD;
    if (count < room) return true;
    if (!mayExtend || room >= MOST_LISTED_LATE || part + HEAD_WORDS + room * 2 !== this.used || this.used + 2 > words.length) return false;
    words[part + SIZE] = size + 2 ** ROOM_SHIFT;
    this.used += 2;
    return true;
  }

  /** Moves a part to where it has room for twice as many spans; {@link NO_PART} = that does not fit. @param hash of its trace id */
  grow(part: number, hash: number): number {
    const words = this.#words;
    const { count: countNow, room: roomNow } = this.#sizeOf(part);
    const room = roomFor(Math.min(this.mostInPart, Math.max(4, countNow * 2)), MOST_LISTED_LATE);
    if (this.used + HEAD_WORDS + roomWords(room) > words.length) return NO_PART;
    const larger = this.#open(words[part]!, words[part + 1]!, words[part + 2]!, words[part + 3]!, room);
    const end = part + HEAD_WORDS + roomWords(roomNow);
    for (let at = part + HEAD_WORDS, left = countNow; left > 0 && at < end; at += 2) {
      if (roomNow >= HASHED && words[at + 1] === 0) continue;
      this.put(larger, words[at]!, words[at + 1]!);
      left--;
    }
    words[larger + NEXT] = words[part + NEXT]!;
    words[part + SIZE]! |= REPLACED;
    this.#relink(this.#bucketOf(hash), part, larger);
    return larger;
  }

  /** Visits the parts at positions [from, to), both of them ends of parts, and what they hold. Returns where it stopped: after the part with which `most` spans were reached. */
  visit(from: number, to: number, most: number, visitor: PartVisitor): number {
    const words = this.#words;
    let part = from;
    for (let seen = 0; part < to && seen < most; ) {
      const { count, room } = this.#sizeOf(part);
      const end = part + HEAD_WORDS + roomWords(room);
      if ((words[part + SIZE]! & REPLACED) === 0) {
        visitor.part(words[part]!, words[part + 1]!, words[part + 2]!, words[part + 3]!, count);
        for (let at = part + HEAD_WORDS, left = count; left > 0 && at < end; at += 2) {
          if (room >= HASHED && words[at + 1] === 0) continue;
          visitor.span(words[at]!, words[at + 1]!);
          left--;
        }
        seen += count;
      }
      part = end;
    }
    return part;
  }

  /** Where the part ends. */
  endOf(part: number): number {
    return part + HEAD_WORDS + roomWords(this.#sizeOf(part).room);
  }

  /** HOT: per decided trace. A part in no bucket. */
  #open(id0: number, id1: number, id2: number, id3: number, room: number): number {
    const words = this.#words;
    const part = this.used;
    this.used += HEAD_WORDS + roomWords(room);
    words[part] = id0;
    words[part + 1] = id1;
    words[part + 2] = id2;
    words[part + 3] = id3;
    words[part + SIZE] = room << ROOM_SHIFT;
    if (room >= HASHED) words.fill(0, part + HEAD_WORDS, this.used);
    return part;
  }

  #sizeOf(part: number): { count: number; room: number } {
    const size = this.#words[part + SIZE]!;
    return { count: size & COUNT_MASK, room: (size >>> ROOM_SHIFT) & ROOM_MASK };
  }

  /** Puts another part into the place of one in its chain. */
  #relink(at: number, part: number, larger: number): void {
    const words = this.#words;
    const bucket = this.#buckets[at]!;
    if ((bucket & POSITION_MASK) * 2 === part) {
      this.#buckets[at] = (bucket & ~POSITION_MASK) | (larger >>> 1);
      return;
    }
    let before = (bucket & POSITION_MASK) * 2;
    while (words[before + NEXT] !== part) before = words[before + NEXT]!;
    words[before + NEXT] = larger;
  }

  #bucketOf(hash: number): number {
    return (hash & (BUCKETS - 1)) * GENERATIONS + this.#which;
  }

  #hash(spanIdLo: number, print: number): number {
    let hash = Math.imul(spanIdLo ^ this.#seed, 0x9e3779b1);
    hash = Math.imul((hash ^ (hash >>> 15)) + print, 0x85ebca77);
    return hash ^ (hash >>> 16);
  }
}

/** HOT */
function kindOf(hash: number): number {
  return 1 << (KIND_SHIFT + (hash >>> 29));
}

/** HOT: room of a part for so many spans. */
function roomFor(count: number, mostListed = MOST_LISTED): number {
  return count <= mostListed ? count : HASHED + 32 - Math.clz32(Math.ceil(count / MOST_LOAD) - 1);
}

/** HOT: words of that room. */
function roomWords(room: number): number {
  return room < HASHED ? room * 2 : 2 << (room - HASHED);
}
