// Attributes as they are stored: three parallel arrays (key, type, text), and `items`, the texts `key=value` that are searched.
import { listOf, type Column } from './columns.ts';

/** Index = field number in OTLP AnyValue = stored type. */
const ATTRIBUTE_TYPES = ['unset', 'string', 'bool', 'int', 'double', 'array', 'kvlist', 'bytes'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

export interface StoredAttribute {
  readonly key: string;
  readonly type: AttributeType;
  /** As text; array and kvlist as OTLP/JSON, bytes as base64. */
  readonly value: string;
}

/** @param code field number in OTLP AnyValue */
export function attributeType(code: number): AttributeType {
  return ATTRIBUTE_TYPES[code] ?? 'unset';
}

/** Field number in OTLP AnyValue. */
export function attributeCode(type: AttributeType): number {
  return ATTRIBUTE_TYPES.indexOf(type);
}

/** Of a table that has attributes. */
export const attributes: Column<readonly StoredAttribute[]> = {
  sql: 'tuple(attr_keys, attr_types, attr_values)',
  read: (cell) => {
    const [keys = [], types = [], values = []] = listOf(cell).map(listOf);
    return keys.map((key, i) => ({
      key: String(key),
      type: attributeType(Number(types[i])),
      value: String(values[i] ?? ''),
    }));
  },
};

/** Rows that have the item themselves, or whose resource has it. @param parameter name of the bound `key=value` */
export function hasItem(parameter: string): string {
  const has = `has(items, {${parameter}:String})`;
  return `(${has} OR resource_id IN (SELECT id FROM resources WHERE ${has}))`;
}

/** Binds each item that is asked for, and returns under which names. */
export function bindItems(items: readonly string[], bindings: Record<string, unknown>): string[] {
  return items.map((item, i) => {
    bindings[`item${i}`] = item;
    return `item${i}`;
  });
}
