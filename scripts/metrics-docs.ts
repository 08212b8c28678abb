// Makes docs/metrics.md from the tables of the collector's own metrics; `node scripts/metrics-docs.ts` writes it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRIC_SECTIONS } from '#collector/admin/collector-metrics.ts';

/** Below the repository's root. */
export const METRICS_DOCS_PATH = 'docs/metrics.md';

export function metricsDocs(): string {
  const sections = METRIC_SECTIONS.map(([heading, metrics]) => {
    const rows = metrics.map(
      ({ name, kind, labels, help }) =>
        `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
    );
    return `## ${heading}\n\n${['| metric | kind | labels | what it is |', '|---|---|---|---|', ...rows].join('\n')}\n`;
  });
  return `# Metrics of the collector itself

Made by \`scripts/metrics-docs.ts\` from the tables that stand beside what they count (\`collector/admin/collector-metrics.ts\` joins them): edit those, not this page.

\`curl http://127.0.0.1:4321/metrics\` (the admin address) answers with them in the text format of Prometheus, and with those of the Node process
(\`process_*\`, \`nodejs_*\`) as prom-client names them. They are read when they are asked for. What they add up to is in [the ledger](durability.md#audit); metrics that are
made from your spans are queried over PromQL, not here.

${sections.join('\n')}`;
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', METRICS_DOCS_PATH), metricsDocs());
  console.log(`written: ${METRICS_DOCS_PATH}`);
}
