// What a table of ClickHouse is described with. Its DDL, the columns of its encoder, its retention and what query expects of it come from here.

/** What is stored by a setting of `retention.*`, or by more than one. */
export type Keep = 'traces' | 'logs' | 'metrics' | 'decisions' | 'series' | 'resources';

export interface TableColumn {
  /** As it is sent. */
  readonly type: string;
  /** As it is stored, where that is another. */
  readonly stored?: string;
  /** Aggregate by which rows of one key merge. */
  readonly merge?: string;
  readonly codec?: string;
  readonly default?: string;
  /** Computed by ClickHouse from other columns, and not sent. */
  readonly materialized?: string;
  /** For people who write SQL. */
  readonly about?: string;
}

export interface Table {
  readonly name: string;
  readonly about: readonly string[];
  /** Whose part of the spool its rows take. */
  readonly signal: 'traces' | 'logs' | 'metrics' | 'spans and logs';
  /** In the order of the table. A column that an older version lacks is added at the start of the collector; none changes its type. */
  readonly columns: Readonly<Record<string, TableColumn>>;
  /** Made with the table. */
  readonly indexes?: readonly string[];
  readonly engine: string;
  /** Parts are then removed whole by retention. */
  readonly partitionBy?: string;
  readonly orderBy: string;
  readonly keep: Keep;
  /** What retention counts from; `stored_at`, so that replayed captures live as long as new data, when absent. */
  readonly age?: string;
}

/** Names and types of the columns that are sent. */
export type SentTypes<T extends Table> = {
  readonly [
    Name in keyof T['columns'] as T['columns'][Name] extends { readonly materialized: string } ? never : Name
  ]: T['columns'][Name]['type'];
};

/** What retention counts from. */
export const STORED_AT = 'stored_at';
