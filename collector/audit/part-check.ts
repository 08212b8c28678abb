// Opens the parts of one table: what is counted but cannot be read is missing.
import type { AuditStore, StoredPart } from './audit-store.ts';
import { isDamage, isTooMuch, sum, textOf } from './small.ts';

/** A part this old is opened: younger ones are mostly merged away soon, s. */
const PART_AGE_S = 15;
/** Parts opened in one run. */
const MAX_OPENED = 10;
export class PartCheck {
  /** Parts that cannot be read, and their rows. */
  readonly unreadable = new Map<string, number>();
  readonly #store: AuditStore;
  /** As bounded as the parts of the table. */
  readonly #opened = new Set<string>();

  constructor(store: AuditStore) {
    this.#store = store;
  }

  get rows(): number {
    return sum([...this.unreadable.values()]);
  }

  /**
   * Opens parts that are new, the largest first, and those again that could not be read: a restart of the store may have healed them.
   * @param parts of the table
   * @param uncountable those whose rows cannot be read, and why
   * @returns what to report: parts newly found to be unreadable
   */
  async run(parts: readonly StoredPart[], nowS: number, uncountable: ReadonlyMap<string, string>): Promise<string[]> {
    const names = new Set(parts.map(({ name }) => name));
    for (const name of this.#opened) if (!names.has(name)) this.#opened.delete(name);
    for (const name of this.unreadable.keys()) if (!names.has(name)) this.unreadable.delete(name);
    const again = parts.filter(({ name }) => this.unreadable.has(name)).slice(0, MAX_OPENED);
    const isDue = ({ name, madeAt }: StoredPart): boolean => !this.#opened.has(name) && nowS - madeAt >= PART_AGE_S;
    const due = parts
      .filter((part) => uncountable.has(part.name) || isDue(part))
      .sort((a, b) => b.rows - a.rows)
      .slice(0, MAX_OPENED);
    const reports: string[] = [];
    for (const part of new Set([...again, ...due])) {
      const problem = uncountable.get(part.name) ?? (await this.#open(part));
      this.#opened.add(part.name);
      if (problem === undefined) this.unreadable.delete(part.name);
      else if (!this.unreadable.has(part.name)) {
        this.unreadable.set(part.name, part.rows);
        reports.push(`part ${part.name} of ${part.table} with ${part.rows} rows cannot be read (${problem})`);
      }
    }
    return reports;
  }

  async #open(part: StoredPart): Promise<string | undefined> {
    try {
      await this.#store.openPart(part);
    } catch (error) {
      if (isDamage(error)) return textOf(error);
      if (!isTooMuch(error)) throw error; // otherwise the part is neither right nor wrong
    }
    return undefined;
  }
}
