// Resources and scopes that rows point at, remembered: an id is the hash of its content, so what was read once never changes.
import { RESOURCES_TABLE } from '#proto/tables/resources.ts';
import { SCOPES_TABLE } from '#proto/tables/scopes.ts';
import { attributes, type StoredAttribute } from './attributes.ts';
import { text, type Columns, type RecordOf } from './columns.ts';
import type { Database } from './database.ts';
import { TableReader } from './table-reader.ts';

/** Distinct resources and scopes remembered each; the longest unseen goes first. Applications have hundreds. */
const MAX_REMEMBERED = 10_000;

export interface StoredResource {
  /** 64 bits in decimal. */
  readonly id: string;
  readonly service: string;
  readonly host: string;
  readonly schemaUrl: string;
  readonly attributes: readonly StoredAttribute[];
}

export interface StoredScope {
  /** 64 bits in decimal. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: readonly StoredAttribute[];
}

/** The one place where resources and scopes are looked up. */
export interface Identities {
  /** Of these ids, in no order; one that the store does not know (yet) is left out. */
  resources(ids: Iterable<string>): Promise<readonly StoredResource[]>;
  scopes(ids: Iterable<string>): Promise<readonly StoredScope[]>;
}

const ID = text('toString(id)');
const SCHEMA_URL = text('schema_url');
const RESOURCE = { idText: ID, service: text('service'), host: text('host'), schemaUrl: SCHEMA_URL, attributes };
const SCOPE = { idText: ID, name: text('name'), version: text('version'), schemaUrl: SCHEMA_URL, attributes };

export function clickHouseIdentities(db: Database): Identities {
  const tables = new TableReader(db, [RESOURCES_TABLE, SCOPES_TABLE]);
  const resources = new Remembered(tables, RESOURCE, 'FROM resources FINAL');
  const scopes = new Remembered(tables, SCOPE, 'FROM scopes FINAL');
  return { resources: (ids) => resources.of(ids), scopes: (ids) => scopes.of(ids) };
}

type Known<T> = Omit<T, 'idText'> & { readonly id: string };

class Remembered<C extends Columns & { readonly idText: typeof ID }> {
  readonly #tables: TableReader;
  readonly #columns: C;
  readonly #from: string;
  readonly #known = new Map<string, Known<RecordOf<C>>>();

  constructor(tables: TableReader, columns: C, from: string) {
    this.#tables = tables;
    this.#columns = columns;
    this.#from = from;
  }

  async of(ids: Iterable<string>): Promise<Known<RecordOf<C>>[]> {
    const found: Known<RecordOf<C>>[] = [];
    const missing: bigint[] = [];
    for (const id of new Set(ids)) {
      const known = this.#known.get(id);
      if (known === undefined) {
        missing.push(BigInt(id));
        continue;
      }
      found.push(known);
      this.#known.delete(id);
      this.#known.set(id, known);
    }
    if (missing.length === 0) return found;
    const rows = await this.#tables.select(this.#columns, `${this.#from} WHERE id IN {ids:Array(UInt64)}`, {
      ids: missing,
    });
    const read = rows.map(({ idText: id, ...rest }) => ({ ...rest, id }));
    for (const one of read) this.#remember(one);
    return [...found, ...read];
  }

  #remember(one: Known<RecordOf<C>>): void {
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < MAX_REMEMBERED) break;
      this.#known.delete(oldest);
    }
    this.#known.set(one.id, one);
  }
}
