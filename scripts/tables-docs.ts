// Makes docs/tables.md from the descriptions of ClickHouse's tables; `node scripts/tables-docs.ts` writes it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { storedType } from '#collector/store/table-ddl.ts';
import { ALL_TABLES } from '#proto/tables/all-tables.ts';
import type { Keep, Table } from '#proto/tables/table.ts';

/** Below the repository's root. */
export const TABLES_DOCS_PATH = 'docs/tables.md';

const KEPT: Readonly<Record<Keep, string>> = {
  traces: '`retention.traces`',
  logs: '`retention.logs`',
  metrics: '`retention.metrics`',
  decisions: '`retention.decisions`',
  series: '`retention.metrics` and ten days more',
  resources: 'the longer of `retention.traces` and `retention.logs`, and two days more',
};

export function tablesDocs(): string {
  return `# Tables

Made by \`scripts/tables-docs.ts\` from the descriptions in [proto/tables/](../proto/tables/): edit those, not this page.

The collector makes these tables in the database \`clickhouse.database\` at its start, and adds columns that a table of an older version lacks.
Ids are raw bytes: \`lower(hex(trace_id))\` shows one as digits. Rows are kept by the settings under \`retention\` ([configuration](configuration.md)), counted from
\`stored_at\`, the time Winnow stored the row.

${ALL_TABLES.map(section).join('\n')}`;
}

function section({ name, about, columns, engine, orderBy, keep }: Table): string {
  const rows = Object.entries(columns).map(
    ([column, description]) =>
      `| \`${column}\` | \`${storedType(description)}\` | ${description.materialized === undefined ? (description.about ?? '') : `\`${description.materialized}\``} |`,
  );
  return `## ${name}

${about.join(' ')} ${engine}, ordered by \`${orderBy}\`; kept for ${KEPT[keep]}.

${['| column | type | what it is |', '|---|---|---|', ...rows].join('\n')}
`;
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', TABLES_DOCS_PATH), tablesDocs());
  console.log(`written: ${TABLES_DOCS_PATH}`);
}
