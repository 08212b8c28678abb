// The SQL that makes a table as it is described, or adds a column to it.
import { STORED_AT, type Table, type TableColumn } from '#proto/tables/table.ts';

/** Blocks that ClickHouse remembers, so that one that is sent again counts once. */
const DEDUPLICATION_WINDOW = 10_000;

/** @param seconds how long rows are kept */
export function createTableSql(table: Table, seconds: number): string {
  const lines = [
    ...Object.entries(table.columns).map(([name, column]) => columnSql(name, column)),
    ...(table.indexes ?? []).map((index) => `INDEX ${index}`),
  ];
  return [
    `CREATE TABLE IF NOT EXISTS ${table.name} (\n    ${lines.join(',\n    ')}\n) ENGINE = ${table.engine}`,
    ...(table.partitionBy === undefined ? [] : [`PARTITION BY ${table.partitionBy}`]),
    `ORDER BY ${table.orderBy}`,
    `TTL ${ttlSql(table, seconds)}`,
    `SETTINGS non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}${table.partitionBy === undefined ? '' : ', ttl_only_drop_parts = 1'}`,
  ].join('\n');
}

export function addColumnSql(table: Table, name: string): string {
  const names = Object.keys(table.columns);
  const before = names[names.indexOf(name) - 1];
  const place = before === undefined ? 'FIRST' : `AFTER ${before}`;
  return `ALTER TABLE ${table.name} ADD COLUMN IF NOT EXISTS ${columnSql(name, table.columns[name]!)} ${place}`;
}

export function ttlSql(table: Table, seconds: number): string {
  return `${table.age ?? STORED_AT} + toIntervalSecond(${seconds})`;
}

/** As the table stores it. */
export function storedType({ type, stored, merge }: TableColumn): string {
  return merge === undefined ? (stored ?? type) : `SimpleAggregateFunction(${merge}, ${stored ?? type})`;
}

function columnSql(name: string, column: TableColumn): string {
  return [
    `${name} ${storedType(column)}`,
    ...(column.materialized === undefined ? [] : [`MATERIALIZED ${column.materialized}`]),
    ...(column.default === undefined ? [] : [`DEFAULT ${column.default}`]),
    ...(column.codec === undefined ? [] : [`CODEC(${column.codec})`]),
  ].join(' ');
}
