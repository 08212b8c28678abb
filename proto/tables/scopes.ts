// The table `scopes`: distinct instrumentation scopes.
import type { Table } from './table.ts';

export const SCOPES_TABLE = {
  name: 'scopes',
  about: [
    'Distinct instrumentation scopes.',
    'Spans and log records point here.',
    'Written again at least daily while in use.',
  ],
  signal: 'spans and logs',
  columns: {
    id: { type: 'UInt64', about: 'as of resources' },
    stored_at: { type: 'DateTime' },
    name: { type: 'String' },
    version: { type: 'String' },
    schema_url: { type: 'String' },
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
  },
  engine: 'ReplacingMergeTree(stored_at)',
  orderBy: 'id',
  keep: 'resources',
} as const satisfies Table;
