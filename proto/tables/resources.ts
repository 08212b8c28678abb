// The table `resources`: distinct resources.
import { ATTRIBUTE_COLUMNS } from './shared-columns.ts';
import type { Table } from './table.ts';

export const RESOURCES_TABLE = {
  name: 'resources',
  about: [
    'Distinct resources.',
    'Spans and log records point here.',
    'Written again at least daily while in use, so that retention never removes a resource before its spans.',
  ],
  signal: 'spans and logs',
  columns: {
    id: { type: 'UInt64', about: 'first 8 bytes (big endian) of SHA-256 over the OTLP message and its schema_url' },
    stored_at: { type: 'DateTime' },
    service: { type: 'LowCardinality(String)' },
    host: { type: 'String' },
    schema_url: { type: 'String' },
    ...ATTRIBUTE_COLUMNS,
    items: { type: 'Array(String)', materialized: "arrayMap((k, v) -> concat(k, '=', v), attr_keys, attr_values)" },
  },
  engine: 'ReplacingMergeTree(stored_at)',
  orderBy: 'id',
  keep: 'resources',
} as const satisfies Table;
