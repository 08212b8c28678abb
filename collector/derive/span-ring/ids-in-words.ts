// Ids of spans in the first six words of an entry of a ring: trace id 4, span id 2.
import { wordsHash } from '#proto/model/hash.ts';
import type { SpanIds } from '#proto/model/ids.ts';

/** HOT: for the bucket of a span. */
export function idsHash({ spanHi, spanLo, id3 }: SpanIds): number {
  return wordsHash(spanHi, spanLo, id3);
}

/** HOT */
export function writeIds(words: Int32Array, at: number, ids: SpanIds): void {
  words[at] = ids.id0;
  words[at + 1] = ids.id1;
  words[at + 2] = ids.id2;
  words[at + 3] = ids.id3;
  words[at + 4] = ids.spanHi;
  words[at + 5] = ids.spanLo;
}

/** HOT: whether the entry is of that span. */
export function hasIds(words: Int32Array, at: number, ids: SpanIds): boolean {
  return (
    words[at + 5] === (ids.spanLo | 0) &&
    words[at + 4] === (ids.spanHi | 0) &&
    words[at + 3] === (ids.id3 | 0) &&
    words[at + 2] === (ids.id2 | 0) &&
    words[at + 1] === (ids.id1 | 0) &&
    words[at] === (ids.id0 | 0)
  );
}

/** HOT: whether two entries are of the same span. */
export function haveSameIds(words: Int32Array, at: number, other: number): boolean {
  for (let word = 5; word >= 0; word--) if (words[at + word] !== words[other + word]) return false;
  return true;
}
