// Makes docs/metrics.md from the tables of the own metrics of collector and query; `node scripts/metrics-docs.ts` writes it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRIC_SECTIONS } from '#collector/admin/collector-metrics.ts';
import { QUERY_METRIC_SECTIONS } from '#query/query-metrics.ts';

/** Below the repository's root. */
export const METRICS_DOCS_PATH = 'docs/metrics.md';

interface Described {
  readonly name: string;
  readonly kind: string;
  readonly labels: readonly string[];
  readonly help: string;
}

function sectionsOf(sections: readonly (readonly [heading: string, metrics: readonly Described[]])[]): string {
  return sections
    .map(([heading, metrics]) => {
      const rows = metrics.map(
        ({ name, kind, labels, help }) =>
          `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
      );
      return `## ${heading}\n\n${['| metric | kind | labels | what it is |', '|---|---|---|---|', ...rows].join('\n')}\n`;
    })
    .join('\n');
}

export function metricsDocs(): string {
  return `# Metrics of Winnow itself

Made by \`scripts/metrics-docs.ts\` from the tables that stand beside what they count (\`collector/admin/collector-metrics.ts\` and \`query/query-metrics.ts\` join them): edit
those, not this page.

\`curl http://127.0.0.1:4321/metrics\` (the admin address) answers with those of the collector in the text format of Prometheus, and with those of the Node process
(\`process_*\`, \`nodejs_*\`) as prom-client names them. They are read when they are asked for. What they add up to is in [the ledger](durability.md#audit); metrics that are
made from your spans are queried over PromQL, not here.

${sectionsOf(METRIC_SECTIONS)}
# Metrics of query

\`curl http://127.0.0.1:4320/prometheus/metrics\` (the address of the UI) answers with those of rules and alerts: [rules-and-alerts.md](rules-and-alerts.md).

${sectionsOf(QUERY_METRIC_SECTIONS)}`;
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', METRICS_DOCS_PATH), metricsDocs());
  console.log(`written: ${METRICS_DOCS_PATH}`);
}
