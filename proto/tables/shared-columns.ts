// Columns that several tables have alike.
import type { TableColumn } from './table.ts';

/** Attributes, in three parallel arrays. */
export const ATTRIBUTE_COLUMNS = {
  attr_keys: {
    type: 'Array(LowCardinality(String))',
    about: 'attributes keep wire order and type in three parallel arrays',
  },
  attr_types: {
    type: 'Array(UInt8)',
    about:
      'number of the field of OTLP AnyValue: 0 unset, 1 string, 2 bool, 3 int, 4 double, 5 array, 6 kvlist, 7 bytes',
  },
  attr_values: { type: 'Array(String)', about: 'text; arrays and kvlists as OTLP/JSON, bytes as base64' },
} as const satisfies Readonly<Record<string, TableColumn>>;

/** What search looks up: `key=value` of each attribute, and the keys of those whose values are arrays or maps. */
export const SEARCHED_COLUMNS = {
  items: { type: 'Array(String)', materialized: "arrayMap((k, v) -> concat(k, '=', v), attr_keys, attr_values)" },
  structured_keys: {
    type: 'Array(LowCardinality(String))',
    materialized: 'arrayFilter((k, t) -> t IN (5, 6), attr_keys, attr_types)',
    about: 'keys whose value is an array or a map',
  },
} as const satisfies Readonly<Record<string, TableColumn>>;
export const SEARCHED_INDEXES = [
  "items_text items TYPE text(tokenizer = 'array')",
  "structured_keys_text structured_keys TYPE text(tokenizer = 'array')",
] as const;

/** Of tables that the audit counts. */
export const WRITER_COLUMN = {
  type: 'UInt32',
  default: '0',
  about:
    'which collector wrote the row, a number made of its install id (0: a version before); with stored_at it says which block the row came with',
} as const satisfies TableColumn;
