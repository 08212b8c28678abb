// Finds the parts of a trace in the words of a generation: open addressing by a hash of the trace id, as large as the parts in it need.
// A part begins with the four words of its trace id.
import { traceIdHash } from '#proto/model/hash.ts';

export const NO_PART = 0;

/** An entry: position of a part in the lower bits, the upper bits of the hash above, so that few other parts are looked at. 0 = a free place. */
const POSITION_MASK = 2 ** 22 - 1;
const LEAST_PLACES = 4096;
const MOST_LOAD = 0.6;

export class PartIndex {
  readonly #words: Int32Array;
  readonly #seed: number;
  #places = new Int32Array(LEAST_PLACES);
  #used = 0;
  /** Where the last search stopped. */
  #at = 0;

  /** @param seed 32 random bits, so that no sender can choose ids that all meet in one place @param words what the parts lie in */
  constructor(seed: number, words: Int32Array) {
    this.#seed = seed;
    this.#words = words;
  }

  /** It stays as large as it is: the next parts are about as many. */
  clear(): void {
    this.#places.fill(0);
    this.#used = 0;
  }

  /** HOT: per trace. */
  hashOf(id0: number, id1: number, id2: number, id3: number): number {
    return traceIdHash(id0, id1, id2, id3, this.#seed);
  }

  /** HOT: per run of late spans. A part of the trace; {@link NO_PART} = there is none. @param hash of the trace id */
  first(hash: number, id0: number, id1: number, id2: number, id3: number): number {
    this.#at = hash - 1;
    return this.next(hash, id0, id1, id2, id3);
  }

  /** HOT: another one, after {@link first} or {@link next} of the same trace. */
  next(hash: number, id0: number, id1: number, id2: number, id3: number): number {
    const places = this.#places;
    const words = this.#words;
    const mask = places.length - 1;
    let at = (this.#at + 1) & mask;
    for (let entry = places[at]!; entry !== 0; entry = places[at]!) {
      if (((entry ^ hash) & ~POSITION_MASK) === 0) {
        const part = entry & POSITION_MASK;
        if (words[part + 3] === id3 && words[part + 2] === id2 && words[part + 1] === id1 && words[part] === id0) {
          this.#at = at;
          return part;
        }
      }
      at = (at + 1) & mask;
    }
    return NO_PART;
  }

  /** HOT: per decided trace. */
  add(hash: number, part: number): void {
    if (++this.#used > this.#places.length * MOST_LOAD) this.#grow();
    this.#put(this.#places, hash, part);
  }

  /** A part has moved. */
  replace(hash: number, part: number, larger: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let at = hash & mask;
    while ((places[at]! & POSITION_MASK) !== part) at = (at + 1) & mask;
    places[at] = (hash & ~POSITION_MASK) | larger;
  }

  #put(places: Int32Array, hash: number, part: number): void {
    const mask = places.length - 1;
    let at = hash & mask;
    while (places[at] !== 0) at = (at + 1) & mask;
    places[at] = (hash & ~POSITION_MASK) | part;
  }

  #grow(): void {
    const words = this.#words;
    const larger = new Int32Array(this.#places.length * 2);
    for (const entry of this.#places) {
      if (entry === 0) continue;
      const part = entry & POSITION_MASK;
      this.#put(
        larger,
        traceIdHash(words[part]!, words[part + 1]!, words[part + 2]!, words[part + 3]!, this.#seed),
        part,
      );
    }
    this.#places = larger;
  }
}
