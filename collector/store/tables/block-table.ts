// What the writer knows of a table's encoder: how much has gathered, and how to cut it off as a block. A block's worth of rows is handed over
// at once.
import { STORED_AT, type Table } from '#proto/tables/table.ts';
import type { AuditMark, Block, NamedColumns } from '../block.ts';
import { encodeBlock } from '../block.ts';
import { LOOK_EVERY_BYTES, LOOK_EVERY_ROWS, MAX_BLOCK_BYTES, MAX_BLOCK_ROWS } from '../block-limits.ts';
import { namedColumnsOf, type ColumnsOf } from '../columns/columns-of.ts';
import { UInt32Column, type FixedWidthColumn } from '../columns/fixed-columns.ts';

/** Digests are made of so much of each row's value: a sum over 2^33 rows is exact. */
const DIGEST_MASK = 0xfffff;

const NONE: readonly string[] = [];

/** One of any table. */
export type AnyBlockTable = BlockTable<Table>;

export abstract class BlockTable<T extends Table> {
  readonly table: string;
  protected readonly columns: ColumnsOf<T>;
  readonly #named: NamedColumns;
  /** The column `stored_at`, filled when the block is cut so that it lies in one day's partition. */
  readonly #storedAt: UInt32Column | undefined;
  /** Rows gathered since the last block. */
  rows = 0;
  #cut = 0;
  #maxRows = MAX_BLOCK_ROWS;
  #maxBytes = MAX_BLOCK_BYTES;
  #onLimit: (() => void) | undefined;
  /** The size is looked at when there are so many rows. */
  #lookAtRows = LOOK_EVERY_ROWS;
  /** Bytes of messages appended since the size was last looked at. */
  #unseenBytes = 0;

  constructor(description: T) {
    this.table = description.name;
    this.#named = namedColumnsOf(description);
    // The class of each follows from the text of its type, which TypeScript reads as the line above does.
    this.columns = this.#named as ColumnsOf<T>;
    const storedAt = this.#named[STORED_AT];
    this.#storedAt = storedAt instanceof UInt32Column ? storedAt : undefined;
  }

  /** Rows appended over its life. */
  get appended(): number {
    return this.#cut + this.rows;
  }

  /** A block's worth has gathered. Cheap enough for every few rows, not for each. */
  get isAtLimit(): boolean {
    return this.rows >= this.#maxRows || this.byteLength() >= this.#maxBytes;
  }

  /** `onLimit` is called in the middle of appending, between two rows, as soon as a block's worth has gathered: it MUST call `cutBlock`. */
  cutAt(maxRows: number, maxBytes: number, onLimit: () => void): void {
    this.#maxRows = maxRows;
    this.#maxBytes = maxBytes;
    this.#onLimit = onLimit;
    this.#lookAtRows = Math.min(this.rows + LOOK_EVERY_ROWS, maxRows);
  }

  /** Bytes of the block, names of columns not counted. */
  byteLength(): number {
    let sum = 0;
    for (const name in this.#named) sum += this.#named[name]!.byteLength();
    return sum;
  }

  /**
   * Encodes the gathered rows, all stored at the same second, and begins anew. Undefined when there are none. Throws what `encodeBlock`
   * throws.
   * @param writer number of this collector among those that share a store, see {@link audited}
   */
  cutBlock(storedAtSeconds: number, writer = 0): Block | undefined {
    if (this.rows === 0) return undefined;
    const storedAt = this.#storedAt;
    if (storedAt !== undefined) for (let i = 0; i < this.rows; i++) storedAt.append(storedAtSeconds);
    try {
      const audit = this.#mark(storedAtSeconds, writer);
      return { ...encodeBlock(this.table, this.#needed(), this.rows), audit };
    } finally {
      this.#begin();
    }
  }

  /** HOT: a row is whole. @param messageBytes what its texts were copied from; they are at most some times as long */
  protected endRow(messageBytes = 0): void {
    const rows = ++this.rows;
    this.#unseenBytes += messageBytes;
    if (rows >= this.#lookAtRows || this.#unseenBytes >= LOOK_EVERY_BYTES) this.#look();
  }

  /** Of tables that are audited: the column `writer`, filled when the block is cut, and a column of 8 bytes that makes the digest: whole numbers by their low bits, ids by those of either end. */
  protected audited():
    | { readonly writer: UInt32Column; readonly of: FixedWidthColumn; readonly isId?: boolean }
    | undefined {
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

  /** Columns that hold nothing but their defaults in the block that is cut: they are left out of it. */
  protected unused(): readonly string[] {
    return NONE;
  }

  #needed(): NamedColumns {
    const unused = this.unused();
    if (unused.length === 0) return this.#named;
    return Object.fromEntries(Object.entries(this.#named).filter(([name]) => !unused.includes(name)));
  }

  /** Forget indexes into dictionaries of the block that went. */
  protected afterCut(): void {}

  #look(): void {
    this.#unseenBytes = 0;
    this.#lookAtRows = Math.min(this.rows + LOOK_EVERY_ROWS, Math.max(this.#maxRows, this.rows + 1));
    if (this.#onLimit !== undefined && this.isAtLimit) this.#onLimit();
  }

  #begin(): void {
    for (const name in this.#named) this.#named[name]!.reset();
    this.#cut += this.rows;
    this.rows = 0;
    this.#unseenBytes = 0;
    this.#lookAtRows = Math.min(LOOK_EVERY_ROWS, this.#maxRows);
    this.afterCut();
  }
}
