// Rows of this collector in one table, by second, from its parts: a part never changes, so each is counted once, when it is new. What a part had goes
// with it: the rows of a part that is lost leave the sum; after a merge they are in it again, as rows of another part.
import type { AuditedTable } from './audited.ts';
import type { AuditStore, PartCount, StoredPart } from './audit-store.ts';
import type { Seconds } from './compare.ts';
import { SecondCounts } from './second-counts.ts';
import { isDamage, isTooMuch, textOf } from './small.ts';

/** Rows of parts counted in one run; the first of them may be larger. After a start, and when parts are many, the rest waits for the next runs. */
const MAX_ROWS = 10_000_000;
/** Parts counted by one question. */
const MAX_PARTS = 200;

export class PartCounts {
  readonly stored = new SecondCounts();
  /** Parts whose rows cannot be read, and why. */
  readonly unreadable = new Map<string, string>();
  readonly #table: AuditedTable['table'];
  readonly #store: AuditStore;
  /** What each part has; as bounded as the parts and their seconds. */
  readonly #parts = new Map<string, readonly PartCount[]>();
  /** Parts that take too long to count: their seconds stay open. */
  readonly #tooLarge = new Set<string>();

  constructor(table: AuditedTable['table'], store: AuditStore) {
    this.#table = table;
    this.#store = store;
  }

  /**
   * Brings the sum up to these parts.
   * @param parts all that the table consists of, at one time
   * @param since rows before do not matter
   * @returns seconds of parts that are not in the sum
   */
  async update(parts: readonly StoredPart[], since: number): Promise<Seconds[]> {
    const now = new Map(parts.map((part) => [part.name, part]));
    for (const [name, counts] of this.#parts) {
      if (now.has(name)) continue;
      for (const { second, rows, digest } of counts) this.stored.add(second, -rows, -digest);
      this.#parts.delete(name);
    }
    for (const name of this.unreadable.keys()) if (!now.has(name)) this.unreadable.delete(name);
    for (const name of this.#tooLarge) if (!now.has(name)) this.#tooLarge.delete(name);
    const due = parts
      .filter(({ name, to }) => to >= since && !this.#parts.has(name) && !this.#tooLarge.has(name))
      .sort((a, b) => b.to - a.to);
    await this.#count(firstRows(due));
    return parts.filter(({ name, to }) => to >= since && !this.#parts.has(name)).map(({ from, to }) => ({ from, to }));
  }

  async #count(parts: readonly StoredPart[]): Promise<void> {
    if (parts.length === 0) return;
    try {
      const counts = await this.#store.countParts(
        this.#table,
        parts.map(({ name }) => name),
      );
      for (const [name, rows] of Map.groupBy(counts, ({ part }) => part)) {
        const own = rows.filter((one) => one.rows > 0);
        for (const { second, rows: count, digest } of own) this.stored.add(second, count, digest);
        this.#parts.set(name, own);
        this.unreadable.delete(name);
      }
    } catch (error) {
      if (!isDamage(error) && !isTooMuch(error)) throw error;
      const [only, ...others] = parts;
      if (others.length > 0) for (const part of parts) await this.#count([part]);
      else if (isDamage(error)) this.unreadable.set(only!.name, textOf(error));
      else this.#tooLarge.add(only!.name);
    }
  }
}

function firstRows(parts: readonly StoredPart[]): StoredPart[] {
  const first: StoredPart[] = [];
  let rows = 0;
  for (const part of parts.slice(0, MAX_PARTS)) {
    rows += part.rows;
    if (rows > MAX_ROWS && first.length > 0) break;
    first.push(part);
  }
  return first;
}
