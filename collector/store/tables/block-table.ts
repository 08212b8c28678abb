// What the writer knows of a table's encoder: how much has gathered, and how to take it as a block.
import type { AuditMark, Block, NamedColumns } from '../block.ts';
import { encodeBlock } from '../block.ts';
import type { FixedWidthColumn, UInt32Column } from '../columns/fixed-columns.ts';

/** Digests take so much of each row's value: a sum over 2^33 rows is exact. */
const DIGEST_MASK = 0xfffff;

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

  /** Encodes the gathered rows, all stored at the same second, and begins anew. Undefined when there are none. @param writer number of this collector among those that share a store, see {@link audited} */
  take(storedAtSeconds: number, writer = 0): Block | undefined {
    if (this.rows === 0) return undefined;
    const storedAt = this.storedAt();
    if (storedAt !== undefined) for (let i = 0; i < this.rows; i++) storedAt.append(storedAtSeconds);
    const audit = this.#mark(storedAtSeconds, writer);
    const block: Block = { ...encodeBlock(this.table, this.columns, this.rows), audit };
    for (const name in this.columns) this.columns[name]!.reset();
    this.rows = 0;
    this.afterTake();
    return block;
  }

  /** The column `stored_at`, filled when the block is taken so that it lies in one day's partition. */
  protected abstract storedAt(): UInt32Column | undefined;

  /** Of tables that are audited: the column `writer`, filled when the block is taken, and a column of 8 bytes that makes the digest: whole numbers by their low bits, ids by those of either end. */
  protected audited(): { readonly writer: UInt32Column; readonly of: FixedWidthColumn; readonly isId?: boolean } | undefined {
    return undefined;
  }

  #mark(storedAt: number, writer: number): AuditMark | undefined {
    const audited = this.audited();
    if (audited === undefined) return undefined;
    const { buffer, width } = audited.of;
    let digest = 0;
    for (let i = 0; i < this.rows; i++) {
      audited.writer.append(writer);
      digest += buffer.readUInt32LE(i * width) & DIGEST_MASK;
      if (audited.isId === true) digest += buffer.readUInt32BE(i * width + 4) & DIGEST_MASK;
    }
    return { storedAt, digest };
  }

  /** Forget indexes into dictionaries of the block that went. */
  protected afterTake(): void {}
}
