// Attributes as they are stored: three parallel arrays (key, type, text); what is searched of them is in search/attribute-sql.ts.
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
