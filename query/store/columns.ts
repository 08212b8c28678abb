// Columns of a question: the expression and how its cells are read stand together under one name. Rows come with a header, and are read by it.

export type Cell = string | number | boolean | null | readonly Cell[];
/** As ClickHouse sends them; the first one holds the names. */
export type Table = readonly (readonly Cell[])[];

export interface Column<T> {
  /** Constant text, never a user's. */
  readonly sql: string;
  readonly read: (cell: Cell | undefined) => T;
}
export type Columns = Readonly<Record<string, Column<unknown>>>;
type ValueOf<C> = C extends Column<infer T> ? T : never;
/** A row by name. */
export type RecordOf<C extends Columns> = { readonly [K in keyof C]: ValueOf<C[K]> };
export const text = (sql: string): Column<string> => ({ sql, read: textOf });
/** 64-bit integers lose digits beyond 2^53. */
export const number = (sql: string): Column<number> => ({ sql, read: numberOf });
export const flag = (sql: string): Column<boolean> => ({ sql, read: (cell) => numberOf(cell) > 0 });
export const texts = (sql: string): Column<readonly string[]> => ({ sql, read: textsOf });
export const numbers = (sql: string): Column<readonly number[]> => ({ sql, read: numbersOf });
/** Trace and span ids, lower-case hex. */
export const hexId = (sql: string): Column<string> => text(`lower(hex(${sql}))`);
/** A DateTime64(9) as Unix ns in decimal. */
export const unixNs = (sql: string): Column<string> => text(`toUnixTimestamp64Nano(${sql})`);
/** 56 bits of randomness or threshold, 14 hex digits. */
export const hex56 = (sql: string): Column<string> => ({
  sql,
  read: (cell) => BigInt(textOf(cell)).toString(16).padStart(14, '0'),
});
/** A protobuf message. */
export const message = (sql: string): Column<Buffer> => ({
  sql: `base64Encode(${sql})`,
  read: (cell) => Buffer.from(textOf(cell), 'base64'),
});
/** An array of protobuf messages. */
export const messages = (sql: string): Column<readonly Buffer[]> => ({
  sql: `arrayMap(m -> base64Encode(m), ${sql})`,
  read: (cell) => listOf(cell).map((one) => Buffer.from(textOf(one), 'base64')),
});

/** An array as records: members name parts of an entry, which is `t`. */
export function entries<C extends Columns>(sql: string, members: C): Column<readonly RecordOf<C>[]> {
  const readers = Object.entries(members);
  const values = readers.map(([, member]) => member.sql).join(', ');
  return {
    sql: `arrayMap(t -> tuple(${values}), ${sql})`,
    read: (cell) =>
      listOf(cell).map((entry) => {
        const parts = listOf(entry);
        return Object.fromEntries(readers.map(([name, { read }], at) => [name, read(parts[at])])) as RecordOf<C>;
      }),
  };
}

/** Names must not be those of other columns of the table: ClickHouse would use the expression for them also in conditions. */
export function selectList(columns: Columns): string {
  return Object.entries(columns)
    .map(([name, { sql }]) => (name === sql ? sql : `${sql} AS ${name}`))
    .join(', ');
}

export function recordsOf<C extends Columns>(columns: C, table: Table): RecordOf<C>[] {
  const readers = readersOf(columns, table);
  const records: RecordOf<C>[] = [];
  for (let row = 1; row < table.length; row++) {
    const cells = table[row]!;
    const record: Record<string, unknown> = {};
    for (const { name, at, read } of readers) record[name] = read(cells[at]);
    records.push(record as RecordOf<C>);
  }
  return records;
}

interface NamedReader {
  readonly name: string;
  readonly at: number;
  readonly read: Column<unknown>['read'];
}

function readersOf(columns: Columns, table: Table): NamedReader[] {
  const names = table[0];
  if (names === undefined) return [];
  return Object.entries(columns).map(([name, { read }]) => {
    const at = names.indexOf(name);
    if (at < 0) throw new Error(`ClickHouse answered without the column ${name}`);
    return { name, at, read };
  });
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell : typeof cell === 'number' ? String(cell) : '';
}

/** Denormals come as text. */
function numberOf(cell: Cell | undefined): number {
  return typeof cell === 'number' ? cell : Number(textOf(cell));
}

export function listOf(cell: Cell | undefined): readonly Cell[] {
  return typeof cell === 'object' && cell !== null ? cell : [];
}

function textsOf(cell: Cell | undefined): readonly string[] {
  return listOf(cell).map(textOf);
}

function numbersOf(cell: Cell | undefined): readonly number[] {
  return listOf(cell).map(numberOf);
}
