// The table `scopes`: distinct instrumentation scopes.
import { ATTRIBUTE_COLUMNS } from './shared-columns.ts';
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
    ...ATTRIBUTE_COLUMNS,
  },
  engine: 'ReplacingMergeTree(stored_at)',
  orderBy: 'id',
  keep: 'resources',
} as const satisfies Table;
