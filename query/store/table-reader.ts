// What a reader asks ClickHouse, behind one look at the schema: a table or column that is not there is named in the error, with what to do, before
// the first question.
import type { Table } from '#proto/tables/table.ts';
import { text, texts, type Columns, type RecordOf } from './columns.ts';
import type { Bindings, Database, SelectOptions } from './database.ts';
import type { NativeBlock } from './native-blocks.ts';
import { StoreError } from './store-error.ts';

const FOUND = { tableName: text('table'), columnNames: texts('groupArray(name)') };

export class TableReader {
  readonly #db: Database;
  readonly #tables: readonly Table[];
  #checked: Promise<void> | undefined;

  /** @param tables that are read: all columns of their descriptions have to be there */
  constructor(db: Database, tables: readonly Table[]) {
    this.#db = db;
    this.#tables = tables;
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
    const found = await this.#db.select(
      FOUND,
      'FROM system.columns WHERE database = currentDatabase() AND table IN {tables:Array(String)} GROUP BY table',
      { tables: this.#tables.map(({ name }) => name) },
    );
    const missing = this.#tables.flatMap(({ name, columns }) => {
      const there = found.find(({ tableName }) => tableName === name)?.columnNames;
      if (there === undefined) return [`the table ${name}`];
      return Object.keys(columns)
        .filter((column) => !there.includes(column))
        .map((column) => `${name}.${column}`);
    });
    if (missing.length > 0)
      throw new StoreError(
        'schema',
        `ClickHouse lacks ${missing.join(', ')}, which this version of query needs: a collector of this version creates it at its start`,
      );
  }
}
