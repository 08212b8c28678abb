// Looks for spans that are stored twice although each block is there once: a request that was received again and not known, a life that decided again what
// an earlier one had stored. Ids are looked through in slices, so that each look is cheap.
import type { AuditStore, IdRange } from './audit-store.ts';
import { isTooMuch, sum } from './small.ts';

const SLICES = 4;
/** Rows of one look: where a slice has more, a part of its ids is looked at, another one each time. */
const MOST_ROWS = 60_000;
/** Copies stored so close to each other came within the time that the collector must know them, whatever their traces waited, s. */
const WITHIN_S = 40;
/** Rows younger than this may still be written, s. */
const SETTLE_S = 2;
/** Most that one look goes back, s: after a start, or a time in which the store was away. */
const MOST_BACK_S = 300;
/** So much is looked through however long it takes, s. */
const LEAST_BACK_S = 60;
/** Findings kept; older ones go first. */
const MAX_FOUND = 10_000;

export interface FoundCopies {
  /** What was stored until then was looked through, Unix s. */
  readonly second: number;
  readonly rows: number;
  readonly slice: number;
}

export class CopyCheck {
  readonly #store: AuditStore;
  readonly #found: FoundCopies[] = [];
  /** Per slice: up to which second it was looked through. */
  readonly #to = Array.from({ length: SLICES }, () => 0);
  #slice = 0;
  #backS = MOST_BACK_S;
  /** Where in its slice a part of the ids begins, 0 to 1. */
  #offset = 0;
  readonly #rowsOf: (from: number, to: number) => number;

  /** @param rowsOf how many spans were stored in the seconds [from, to] */
  constructor(store: AuditStore, rowsOf: (from: number, to: number) => number) {
    this.#store = store;
    this.#rowsOf = rowsOf;
  }

  add(found: FoundCopies): void {
    this.#found.push(found);
    if (found.slice < SLICES) this.#to[found.slice] = Math.max(this.#to[found.slice]!, found.second);
    if (this.#found.length > MAX_FOUND) this.#found.shift();
  }

  /** Copies found since then. */
  rows(since: number): number {
    return sum(this.#found.filter(({ second }) => second >= since).map(({ rows }) => rows));
  }

  forget(): void {
    this.#found.length = 0;
  }

  /** Looks through the next slice. @param since what was stored before is not looked at @returns what was found, if anything */
  async run(nowS: number, since: number): Promise<{ found: FoundCopies; text: string } | undefined> {
    const slice = this.#slice;
    this.#slice = (slice + 1) % SLICES;
    const to = nowS - SETTLE_S;
    const after = Math.max(since, this.#to[slice]!, to - this.#backS);
    if (to <= after) return undefined;
    const share = Math.min(1, (MOST_ROWS * SLICES) / Math.max(1, this.#rowsOf(after - WITHIN_S, to)));
    const begin = Math.min(this.#offset, 1 - share);
    if (slice + 1 === SLICES) this.#offset = this.#offset + share >= 1 ? 0 : this.#offset + share;
    const rows = await this.#look(after, to, { from: (slice + begin) / SLICES, to: (slice + begin + share) / SLICES });
    this.#to[slice] = to;
    if (rows === 0) return undefined;
    const found = { second: to, rows, slice };
    this.add(found);
    return {
      found,
      text: `${rows} spans are stored twice within ${WITHIN_S} s of each other, among ${((share / SLICES) * 100).toFixed(1)} % of the trace ids`,
    };
  }

  /** Goes back less far where there is more than can be looked through in its time and memory. */
  async #look(after: number, to: number, ids: IdRange): Promise<number> {
    try {
      const rows = await this.#store.doubledSpans(after, to, WITHIN_S, ids);
      this.#backS = Math.min(MOST_BACK_S, this.#backS * 2);
      return rows;
    } catch (error) {
      if (!isTooMuch(error) || this.#backS === LEAST_BACK_S) throw error;
      this.#backS = Math.max(LEAST_BACK_S, this.#backS / 2);
      return 0;
    }
  }
}
