// Resources and scopes that spans point at, remembered: an id is the hash of its content, so what was read once never changes.
import { textOf, type Database, type Row } from '../store/database.ts';

/** Distinct resources and scopes remembered each; the longest unseen goes first. Applications have hundreds. */
const MAX_REMEMBERED = 10_000;

export class Identities {
  readonly #select: string;
  readonly #known = new Map<string, Row>();

  /** @param select SELECT list and FROM; the first column is the id as text */
  constructor(select: string) {
    this.#select = select;
  }

  /** The rows of all ids in column `column` of the spans, in no order. An id that the store does not know (yet) is left out. */
  async of(db: Database, spans: readonly Row[], column: number): Promise<Row[]> {
    const found: Row[] = [];
    const missing: bigint[] = [];
    for (const id of new Set(spans.map((row) => textOf(row[column])))) {
      const row = this.#known.get(id);
      if (row === undefined) {
        missing.push(BigInt(id));
        continue;
      }
      found.push(row);
      this.#known.delete(id);
      this.#known.set(id, row);
    }
    if (missing.length === 0) return found;
    const read = await db.rows(`${this.#select} WHERE id IN {ids:Array(UInt64)}`, { ids: missing });
    for (const row of read) this.#remember(row);
    return [...found, ...read];
  }

  #remember(row: Row): void {
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < MAX_REMEMBERED) break;
      this.#known.delete(oldest);
    }
    this.#known.set(textOf(row[0]), row);
  }
}

/** id, service, host, schema_url, attributes (keys, types, values). */
export const resources: Identities = new Identities(
  'SELECT toString(id), service, host, schema_url, attr_keys, attr_types, attr_values FROM resources FINAL',
);
/** id, name, version, schema_url, attributes (keys, types, values). */
export const scopes: Identities = new Identities(
  'SELECT toString(id), name, version, schema_url, attr_keys, attr_types, attr_values FROM scopes FINAL',
);
