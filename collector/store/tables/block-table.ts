// What the writer knows of a table's encoder: how much has gathered, and how to take it as a block.
import type { Block, NamedColumns } from '../block.ts';
import { encodeBlock } from '../block.ts';
import type { UInt32Column } from '../columns/fixed-columns.ts';

export abstract class BlockTable {
  readonly table: string;
  protected abstract readonly columns: NamedColumns;
  /** Rows gathered since the last `take`. */
  rows = 0;

  constructor(table: string) {
    this.table = table;
  }

  /** Bytes the block would take, names of columns not counted. */
  byteLength(): number {
    let sum = 0;
    for (const name in this.columns) sum += this.columns[name]!.byteLength();
    return sum;
  }

  /** Encodes the gathered rows, all stored at the same second, and begins anew. Undefined when there are none. */
  take(storedAtSeconds: number): Block | undefined {
    if (this.rows === 0) return undefined;
    const storedAt = this.storedAt();
    if (storedAt !== undefined) for (let i = 0; i < this.rows; i++) storedAt.append(storedAtSeconds);
    const block = encodeBlock(this.table, this.columns, this.rows);
    for (const name in this.columns) this.columns[name]!.reset();
    this.rows = 0;
    this.afterTake();
    return block;
  }

  /** The column `stored_at`, filled when the block is taken so that it lies in one day's partition. */
  protected abstract storedAt(): UInt32Column | undefined;

  /** Forget indexes into dictionaries of the block that went. */
  protected afterTake(): void {}
}
