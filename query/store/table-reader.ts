// What a reader asks ClickHouse, behind one look at the schema: a table or column that is not there is said once, by name and with the remedy,
// before the first question.
import { text, texts, type Columns, type ListsOf, type RecordOf } from './columns.ts';
import type { Bindings, Database, SelectOptions } from './database.ts';
import type { NativeBlock } from './native-blocks.ts';
import { StoreError } from './store-error.ts';

/** Columns that are read, by table. */
export type Needs = Readonly<Record<string, readonly string[]>>;

const FOUND = { tableName: text('table'), columnNames: texts('groupArray(name)') };

export class TableReader {
  readonly #db: Database;
  readonly #needs: Needs;
  #checked: Promise<void> | undefined;

  constructor(db: Database, needs: Needs) {
    this.#db = db;
    this.#needs = needs;
  }

  /** @see Database.select */
  async select<C extends Columns>(
    columns: C,
    rest: string,
    bindings?: Bindings,
    options?: SelectOptions,
  ): Promise<RecordOf<C>[]> {
    await this.#check();
    return this.#db.select(columns, rest, bindings, options);
  }

  /** @see Database.selectLists */
  async selectLists<C extends Columns>(columns: C, rest: string, bindings?: Bindings): Promise<ListsOf<C>> {
    await this.#check();
    return this.#db.selectLists(columns, rest, bindings);
  }

  /** @see Database.selectBlocks */
  async *selectBlocks(
    query: string,
    types: readonly string[],
    bindings: Bindings,
    options: SelectOptions,
  ): AsyncGenerator<NativeBlock> {
    await this.#check();
    yield* this.#db.selectBlocks(query, types, bindings, options);
  }

  /** Once; again only after it failed, since the collector may have created what was missing. */
  #check(): Promise<void> {
    this.#checked ??= this.#look().catch((error: unknown) => {
      this.#checked = undefined;
      throw error;
    });
    return this.#checked;
  }

  async #look(): Promise<void> {
    const tables = Object.keys(this.#needs);
    const found = await this.#db.select(
      FOUND,
      'FROM system.columns WHERE database = currentDatabase() AND table IN {tables:Array(String)} GROUP BY table',
      { tables },
    );
    const missing = tables.flatMap((table) => {
      const columns = found.find(({ tableName }) => tableName === table)?.columnNames;
      if (columns === undefined) return [`the table ${table}`];
      return this.#needs[table]!.filter((column) => !columns.includes(column)).map((column) => `${table}.${column}`);
    });
    if (missing.length > 0)
      throw new StoreError(
        'schema',
        `ClickHouse lacks ${missing.join(', ')}, which query reads: a collector of this version creates it at its start`,
      );
  }
}
