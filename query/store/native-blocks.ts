// ClickHouse's Native format, as far as columns of numbers of 8 or 4 bytes and of arrays of them go: an answer of millions of rows comes as blocks of whole columns, which become
// typed arrays by one copy. See https://clickhouse.com/docs/interfaces/formats/Native.
import { StoreError, storeErrorOf } from './store-error.ts';

/** Bytes of a number, unless its type is below. */
const CELL_BYTES = 8;
const BYTES_OF: Readonly<Record<string, number>> = { UInt32: 4 };
/** ClickHouse cuts blocks at 65,409 rows (max_block_size); some sources of rows give larger ones. */
const MAX_BLOCK_ROWS = 16 * 1024 * 1024;
/** An answer that fails half way ends with a block of text between two of these. */
const EXCEPTION_MARK = '__exception__';
/** Elements of arrays in a block: some thousand of each of its rows. */
const MAX_BLOCK_CELLS = 128 * 1024 * 1024;
const TWO_32 = 2 ** 32;
const MAX_EXCEPTION_BYTES = 64 * 1024;
const MAX_NAME_BYTES = 1024;
const MAX_VARINT_BYTES = 5;

/** Its cells may be changed. They begin where their memory begins, and the next block uses it again. */
export interface NativeBlock {
  readonly rows: number;
  /** Each column's cells, little-endian; of arrays those of all rows. */
  readonly columns: readonly Uint8Array<ArrayBuffer>[];
  /** Of columns of arrays: where each row's cells end, as UInt64. */
  readonly ends: readonly (Uint8Array<ArrayBuffer> | undefined)[];
}

/** Memory for the cells of one column. */
interface ColumnMemory {
  readonly type: string;
  /** Of the elements, where it is a column of arrays. */
  readonly elementType: string | undefined;
  cells: ArrayBuffer;
  ends: ArrayBuffer;
}

function memoryFor(type: string): ColumnMemory {
  const elementType = /^Array\((.*)\)$/.exec(type)?.[1];
  return { type, elementType, cells: new ArrayBuffer(), ends: new ArrayBuffer() };
}

/** Thrown where more bytes have to come. */
const INCOMPLETE = new Error('more bytes have to come');

/**
 * Reads blocks off the chunks of an answer. Throws StoreError for what ClickHouse reports in the middle of it, and for an answer that is not what
 * was asked for.
 * @param types of the columns, as ClickHouse writes them; each must be one of 8 bytes or UInt32, or `Array` of one
 */
export async function* nativeBlocks(
  chunks: AsyncIterable<Uint8Array>,
  types: readonly string[],
): AsyncGenerator<NativeBlock> {
  const held = new HeldBytes();
  const memory = types.map(memoryFor);
  let problem: StoreError | undefined;
  for await (const chunk of chunks) {
    held.append(chunk);
    try {
      while (problem === undefined) {
        const block = readBlock(held, memory);
        if (block === undefined) break;
        yield block;
      }
    } catch (error) {
      // What is not a block may be an error of ClickHouse, of which more is to come.
      problem = storeErrorOf(error);
    }
    if (problem !== undefined && held.length > MAX_EXCEPTION_BYTES) break;
  }
  if (held.length > 0)
    throw reported(held) ?? problem ?? new StoreError('failed', 'an answer of ClickHouse was cut short');
}

function readBlock(held: HeldBytes, memory: readonly ColumnMemory[]): NativeBlock | undefined {
  if (!held.isWorthALook) return undefined;
  try {
    const block = parseBlock(held, memory);
    held.keepPosition();
    return block;
  } catch (error) {
    held.goBack();
    if (error !== INCOMPLETE) throw error;
    return undefined;
  }
}

function parseBlock(held: HeldBytes, memory: readonly ColumnMemory[]): NativeBlock {
  const count = held.varint();
  if (count !== memory.length) throw unexpected(`a block of ${count} columns`);
  const rows = held.varint();
  if (rows > MAX_BLOCK_ROWS) throw unexpected(`a block of ${rows} rows`);
  const columns: Uint8Array<ArrayBuffer>[] = [];
  const ends: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  for (const column of memory) {
    held.text(); // the name
    const found = held.text();
    if (found !== column.type) throw unexpected(`a column of type ${found}`);
    const { elementType } = column;
    const rowEnds = elementType === undefined ? undefined : endsOf(held, column, rows);
    const cells = rowEnds === undefined ? rows : lastEnd(rowEnds, rows);
    if (cells > MAX_BLOCK_CELLS) throw unexpected(`a block of ${cells} array elements`);
    const bytes = cells * bytesOf(elementType ?? column.type);
    column.cells = large(column.cells, bytes, held);
    columns.push(held.copy(new Uint8Array(column.cells, 0, bytes)));
    ends.push(rowEnds);
  }
  return { rows, columns, ends };
}

function endsOf(held: HeldBytes, column: ColumnMemory, rows: number): Uint8Array<ArrayBuffer> {
  const bytes = rows * CELL_BYTES;
  column.ends = large(column.ends, bytes, held);
  return held.copy(new Uint8Array(column.ends, 0, bytes));
}

function lastEnd({ buffer }: Uint8Array<ArrayBuffer>, rows: number): number {
  if (rows === 0) return 0;
  const [low, high] = new Uint32Array(buffer, (rows - 1) * CELL_BYTES, 2);
  return high! * TWO_32 + low!;
}

/** The memory, or larger one. Throws INCOMPLETE where the bytes have not come: nobody's number makes us allocate. */
function large(memory: ArrayBuffer, bytes: number, held: HeldBytes): ArrayBuffer {
  held.require(bytes);
  // Of whole cells, so that there may be arrays of any type over all of it.
  return memory.byteLength >= bytes ? memory : new ArrayBuffer(Math.ceil(bytes / CELL_BYTES) * CELL_BYTES);
}

function bytesOf(type: string): number {
  return BYTES_OF[type] ?? CELL_BYTES;
}

function unexpected(what: string): StoreError {
  return new StoreError('failed', `ClickHouse answered with ${what}, which was not asked for`);
}

/** What ClickHouse reports in place of the rest of an answer. */
function reported(held: HeldBytes): StoreError | undefined {
  const rest = held.rest();
  const at = rest.indexOf(EXCEPTION_MARK);
  if (at < 0) return undefined;
  const text = /Code: \d+\.[^]*?(?=\n\d+ \S+\r?\n|$)/.exec(rest.subarray(at).toString('utf8'))?.[0];
  return storeErrorOf(new Error(text ?? 'an answer of ClickHouse ended with an error'));
}

/** Bytes that have come and are not read yet, one after the other. */
class HeldBytes {
  #bytes = Buffer.alloc(0);
  #end = 0;
  /** Where the block begins, and how far it has been read. */
  #from = 0;
  #position = 0;
  /** Bytes of the block that were missing at the last look, from its beginning. */
  #needed = 1;

  get length(): number {
    return this.#end - this.#from;
  }

  get isWorthALook(): boolean {
    return this.length >= this.#needed;
  }

  append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) {
      const kept = this.length;
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * kept, kept + chunk.length));
      this.#bytes.copy(larger, 0, this.#from, this.#end);
      this.#bytes = larger;
      this.#from = this.#position = 0;
      this.#end = kept;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** What has been read is not read again. */
  keepPosition(): void {
    this.#from = this.#position;
    this.#needed = 1;
    if (this.#from === this.#end) this.#from = this.#position = this.#end = 0;
  }

  goBack(): void {
    this.#position = this.#from;
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#from, this.#end);
  }

  varint(): number {
    let value = 0;
    for (let at = 0; at < MAX_VARINT_BYTES; at++) {
      this.require(1);
      const byte = this.#bytes[this.#position++]!;
      value += (byte & 0x7f) * 2 ** (7 * at);
      if (byte < 0x80) return value;
    }
    throw unexpected('a number of more than 35 bits');
  }

  text(): string {
    const length = this.varint();
    if (length > MAX_NAME_BYTES) throw unexpected(`a name of ${length} bytes`);
    this.require(length);
    const text = this.#bytes.toString('utf8', this.#position, this.#position + length);
    this.#position += length;
    return text;
  }

  /** Copies what comes next: the bytes stand at any offset, typed arrays do not. */
  copy(into: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.require(into.length);
    into.set(this.#bytes.subarray(this.#position, this.#position + into.length));
    this.#position += into.length;
    return into;
  }

  /** Throws INCOMPLETE where so many bytes have not come. */
  require(bytes: number): void {
    if (this.#end - this.#position >= bytes) return;
    this.#needed = this.#position - this.#from + bytes;
    throw INCOMPLETE;
  }
}
