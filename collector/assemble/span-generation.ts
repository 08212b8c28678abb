// Spans of decided traces, two words each: the low half of the id and the print. A trace has a part: a head, then its spans one after the other,
// or, where there are more than some, in places found by a hash. Parts lie one behind the other.
import type { SpanTable } from '#collector/model/span-table.ts';
import { NO_PART, PartIndex } from './part-index.ts';

/** Most words of all parts together: 16 MiB. Pages that were never written cost nothing. */
export const MOST_WORDS = 4 * 1024 * 1024;
/** Position of the first part: 0 is no part. */
export const FIRST_PART = 1;

/** Head of a part: trace id 4, size, filter 2 (a bit in each for every listed span); then two words for each span or place. */
const SIZE = 4;
const FILTER = 5;
const HEAD_WORDS = 7;
/** Size: spans in the lower bits; then the room, in spans up to {@link MOST_LISTED}, as HASHED + the power of two above; then whether it may grow, and whether a larger part replaces it. */
const COUNT_MASK = 2 ** 20 - 1;
const ROOM_SHIFT = 20;
const ROOM_MASK = 255;
const HASHED = 129;
const MAY_GROW = 2 ** 28;
const REPLACED = 2 ** 29;
/** Spans that are listed one after the other; so many of late ones, which are looked through for each that comes. */
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
  /** It has spans of an earlier process, so of traces whose decision may be forgotten. */
  isRestored = false;
  /** Times it was cleared: a position is good only for the life it is from. */
  life = 0;
  /** Words in use: where the next part goes. */
  used = FIRST_PART;
  /** Spans that a part may have. */
  readonly mostInPart: number;
  /** Parts by trace. */
  readonly index: PartIndex;
  readonly #words: Int32Array;
  readonly #seed: number;

  /** @param seed 32 random bits, so that no sender can choose spans that all meet in one place @param words at most {@link MOST_WORDS} */
  constructor(seed: number, words: number) {
    this.#seed = seed;
    this.#words = new Int32Array(words);
    this.index = new PartIndex(seed, this.#words);
    this.mostInPart = Math.floor(words * MOST_SHARE);
  }

  clear(): void {
    this.index.clear();
    this.used = FIRST_PART;
    this.sinceMs = Infinity;
    this.isRestored = false;
    this.life++;
  }

  /** HOT: per late span. */
  has(part: number, spanIdLo: number, print: number): boolean {
    const words = this.#words;
    const size = words[part + SIZE]!;
    const room = (size >>> ROOM_SHIFT) & ROOM_MASK;
    const from = part + HEAD_WORDS;
    if (room < HASHED) {
      const hash = Math.imul(spanIdLo ^ print, 0x9e3779b1);
      if (
        (words[part + FILTER]! & (1 << (hash >>> 27))) === 0 ||
        (words[part + FILTER + 1]! & (1 << ((hash >>> 22) & 31))) === 0
      )
        return false;
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

  /** Whether a new part for so many spans fits. */
  fits(count: number): boolean {
    return this.used + HEAD_WORDS + roomWords(roomFor(count)) <= this.#words.length;
  }

  /** HOT: per decided trace. A part without spans, for `count` of them; it MUST fit. @param hash of the trace id @param mayGrow spans come one by one: see {@link tryPut} */
  begin(hash: number, id0: number, id1: number, id2: number, id3: number, count: number, mayGrow: boolean): number {
    const part = this.#open(id0, id1, id2, id3, roomFor(count), mayGrow);
    this.index.add(hash, part);
    return part;
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
    let one = 0;
    let two = 0;
    for (let i = from; i < to; i++, at += 2) {
      const row = rows[i]!;
      const hash = Math.imul(spanIdLo[row]! ^ print[row]!, 0x9e3779b1);
      one |= 1 << (hash >>> 27);
      two |= 1 << ((hash >>> 22) & 31);
      words[at] = spanIdLo[row]!;
      words[at + 1] = print[row]!;
    }
    words[part + FILTER] = one;
    words[part + FILTER + 1] = two;
  }

  /** HOT: puts a span into a part that has room for it. */
  put(part: number, spanIdLo: number, print: number): void {
    const words = this.#words;
    const size = words[part + SIZE]!;
    const room = (size >>> ROOM_SHIFT) & ROOM_MASK;
    const from = part + HEAD_WORDS;
    words[part + SIZE] = size + 1;
    let at = from + (size & COUNT_MASK) * 2;
    if (room < HASHED) {
      const hash = Math.imul(spanIdLo ^ print, 0x9e3779b1);
      words[part + FILTER]! |= 1 << (hash >>> 27);
      words[part + FILTER + 1]! |= 1 << ((hash >>> 22) & 31);
    } else {
      const mask = (1 << (room - HASHED)) - 1;
      let place = this.#hash(spanIdLo, print) & mask;
      while (words[from + place * 2 + 1] !== 0) place = (place + 1) & mask;
      at = from + place * 2;
    }
    words[at] = spanIdLo;
    words[at + 1] = print;
  }

  /** HOT: per run of late spans. Whether a part may get more of them. */
  mayGrow(part: number): boolean {
    const size = this.#words[part + SIZE]!;
    return (size & MAY_GROW) !== 0 && (size & COUNT_MASK) < this.mostInPart;
  }

  /** HOT: per late span. Puts a span into a part that may grow; false where it has no room and cannot get it where it lies. @param mayExtend the last part may get longer */
  tryPut(part: number, spanIdLo: number, print: number, mayExtend: boolean): boolean {
    const words = this.#words;
    const size = words[part + SIZE]!;
    const room = (size >>> ROOM_SHIFT) & ROOM_MASK;
    const count = size & COUNT_MASK;
    if (room >= HASHED) {
      if (count >= this.mostInPart || count + 1 > 2 ** (room - HASHED) * MOST_LOAD) return false;
    } else if (count === room) {
      const end = part + HEAD_WORDS + room * 2;
      if (!mayExtend || room >= MOST_LISTED_LATE || end !== this.used || end + 2 > words.length) return false;
      words[part + SIZE] = size + 2 ** ROOM_SHIFT;
      this.used = end + 2;
    }
    this.put(part, spanIdLo, print);
    return true;
  }

  /** Moves a part to where it has room for twice as many spans; {@link NO_PART} = that does not fit. @param hash of its trace id */
  grow(part: number, hash: number): number {
    const words = this.#words;
    const size = words[part + SIZE]!;
    const countNow = size & COUNT_MASK;
    const roomNow = (size >>> ROOM_SHIFT) & ROOM_MASK;
    const room = roomFor(Math.min(this.mostInPart, Math.max(4, countNow * 2)), MOST_LISTED_LATE);
    if (this.used + HEAD_WORDS + roomWords(room) > words.length) return NO_PART;
    const larger = this.#open(words[part]!, words[part + 1]!, words[part + 2]!, words[part + 3]!, room, true);
    for (let at = part + HEAD_WORDS, left = countNow; left > 0; at += 2) {
      if (roomNow >= HASHED && words[at + 1] === 0) continue;
      this.put(larger, words[at]!, words[at + 1]!);
      left--;
    }
    words[part + SIZE] = size | REPLACED;
    this.index.replace(hash, part, larger);
    return larger;
  }

  /** Visits the parts at positions [from, to), both of them ends of parts, and what they hold. Returns where it stopped: after the part with which `most` spans were reached. */
  visit(from: number, to: number, most: number, visitor: PartVisitor): number {
    const words = this.#words;
    let part = from;
    for (let seen = 0; part < to && seen < most; part = endOfPart(words, part)) {
      const size = words[part + SIZE]!;
      if ((size & REPLACED) !== 0) continue;
      const count = size & COUNT_MASK;
      const isHashed = ((size >>> ROOM_SHIFT) & ROOM_MASK) >= HASHED;
      visitor.part(words[part]!, words[part + 1]!, words[part + 2]!, words[part + 3]!, count);
      for (let at = part + HEAD_WORDS, left = count; left > 0; at += 2) {
        if (isHashed && words[at + 1] === 0) continue;
        visitor.span(words[at]!, words[at + 1]!);
        left--;
      }
      seen += count;
    }
    return part;
  }

  /** Where the part ends. */
  endOf(part: number): number {
    return endOfPart(this.#words, part);
  }

  /** HOT: per decided trace. A part that is not in the index. */
  #open(id0: number, id1: number, id2: number, id3: number, room: number, mayGrow: boolean): number {
    const words = this.#words;
    const part = this.used;
    this.used += HEAD_WORDS + roomWords(room);
    words[part] = id0;
    words[part + 1] = id1;
    words[part + 2] = id2;
    words[part + 3] = id3;
    words[part + SIZE] = (room << ROOM_SHIFT) | (mayGrow ? MAY_GROW : 0);
    words[part + FILTER] = 0;
    words[part + FILTER + 1] = 0;
    if (room >= HASHED) words.fill(0, part + HEAD_WORDS, this.used);
    return part;
  }

  #hash(spanIdLo: number, print: number): number {
    let hash = Math.imul(spanIdLo ^ this.#seed, 0x9e3779b1);
    hash = Math.imul((hash ^ (hash >>> 15)) + print, 0x85ebca77);
    return hash ^ (hash >>> 16);
  }
}

function endOfPart(words: Int32Array, part: number): number {
  return part + HEAD_WORDS + roomWords((words[part + SIZE]! >>> ROOM_SHIFT) & ROOM_MASK);
}

/** HOT: room of a part for so many spans. */
function roomFor(count: number, mostListed = MOST_LISTED): number {
  return count <= mostListed ? count : HASHED + 32 - Math.clz32(Math.ceil(count / MOST_LOAD) - 1);
}

/** HOT: words of that room. */
function roomWords(room: number): number {
  return room < HASHED ? room * 2 : 2 << (room - HASHED);
}
