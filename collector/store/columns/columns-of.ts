// Columns to fill for a table's description: one of the right class for each type that is sent.
import type { SentTypes, Table } from '#proto/tables/table.ts';
import { ArrayColumn } from './array-columns.ts';
import type { Column } from './column.ts';
import { DictionaryColumn } from './dictionary-column.ts';
import { FixedStringColumn, Float64Column, Int64Column, UInt32Column, UInt8Column } from './fixed-columns.ts';
import { StringColumn } from './string-column.ts';

/** The column of a type of ClickHouse. */
type ColumnOf<Type extends string> = Type extends 'UInt8'
  ? UInt8Column
  : Type extends 'UInt32' | 'DateTime'
    ? UInt32Column
    : Type extends 'UInt64' | 'Int64' | `DateTime64(${number})`
      ? Int64Column
      : Type extends 'Float64'
        ? Float64Column
        : Type extends `FixedString(${number})`
          ? FixedStringColumn
          : Type extends 'String'
            ? StringColumn
            : Type extends 'LowCardinality(String)'
              ? DictionaryColumn
              : Type extends `Array(Tuple(${infer Members}))`
                ? ArrayColumn<MembersOf<Members>>
                : Type extends `Array(${infer Element})`
                  ? ArrayColumn<readonly [ColumnOf<Element>]>
                  : Type extends `Map(${infer Key}, ${infer Value})`
                    ? ArrayColumn<readonly [ColumnOf<Key>, ColumnOf<Value>]>
                    : never;

/** Of `name Type, name Type`. */
type MembersOf<Members extends string> = Members extends `${string} ${infer Type}, ${infer Rest}`
  ? readonly [ColumnOf<Type>, ...MembersOf<Rest>]
  : Members extends `${string} ${infer Type}`
    ? readonly [ColumnOf<Type>]
    : readonly [];

export type ColumnsOf<T extends Table> = {
  readonly [Name in keyof SentTypes<T>]: SentTypes<T>[Name] extends string ? ColumnOf<SentTypes<T>[Name]> : never;
};

/** New columns of a table, by name, in the table's order; those that ClickHouse computes are left out. */
export function namedColumnsOf(table: Table): Readonly<Record<string, Column>> {
  const sent = Object.entries(table.columns).filter(([, { materialized }]) => materialized === undefined);
  return Object.fromEntries(sent.map(([name, { type }]) => [name, columnOf(type)]));
}

const INTEGER_64 = /^(?:UInt64|Int64|DateTime64\(\d\))$/;
const FIXED_STRING = /^FixedString\((\d+)\)$/;
const CONTAINER = /^(?:Array\(Tuple\((?<members>.+)\)\)|Array\((?<element>.+)\)|Map\((?<map>.+)\))$/;

function columnOf(type: string): Column {
  if (type === 'UInt8') return new UInt8Column();
  if (type === 'UInt32' || type === 'DateTime') return new UInt32Column(type);
  if (type === 'Float64') return new Float64Column();
  if (type === 'String') return new StringColumn();
  if (type === 'LowCardinality(String)') return new DictionaryColumn();
  if (INTEGER_64.test(type)) return new Int64Column(type);
  const fixed = FIXED_STRING.exec(type);
  if (fixed !== null) return new FixedStringColumn(Number(fixed[1]));
  const { members, element, map } = CONTAINER.exec(type)?.groups ?? {};
  if (members !== undefined)
    return new ArrayColumn(
      type,
      members.split(', ').map((member) => columnOf(member.slice(member.indexOf(' ') + 1))),
    );
  if (element !== undefined) return new ArrayColumn(type, [columnOf(element)]);
  if (map !== undefined) return new ArrayColumn(type, map.split(', ').map(columnOf));
  throw new Error(`no column for the type ${type}: add it to columns-of.ts`);
}
