// Rows by table: how many are on their way to ClickHouse, and how many were given up, for which reason. Tables that no ledger counts are among them.

export interface DroppedRows {
  readonly table: string;
  readonly reason: string;
  readonly rows: number;
}

export class RowCounts {
  readonly #pending = new Map<string, number>();
  /** By table and reason: as bounded as those. */
  readonly #dropped = new Map<string, number>();

  /** Rows of blocks of a table that ClickHouse does not have. */
  pending(table: string): number {
    return this.#pending.get(table) ?? 0;
  }

  /** @param rows below 0: they are waited for no more */
  addPending(table: string, rows: number): void {
    this.#pending.set(table, this.pending(table) + rows);
  }

  drop(table: string, rows: number, reason: string): void {
    const key = `${table}\0${reason}`;
    this.#dropped.set(key, (this.#dropped.get(key) ?? 0) + rows);
  }

  dropped(): DroppedRows[] {
    return [...this.#dropped].map(([key, rows]) => {
      const [table = '', reason = ''] = key.split('\0');
      return { table, reason, rows };
    });
  }
}
