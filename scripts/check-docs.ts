// Fails when a generated page under docs/ is not what its generator makes now, or when documentation names a file that is not there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_DOCS_PATH, apiDocs } from './api-docs.ts';
import { CONFIG_DOCS_PATH, configDocs } from './config-docs.ts';
import { deadLinks } from './doc-links.ts';
import { METRICS_DOCS_PATH, metricsDocs } from './metrics-docs.ts';
import { sourceFiles } from './source-files.ts';
import { TABLES_DOCS_PATH, tablesDocs } from './tables-docs.ts';

const ROOT = join(import.meta.dirname, '..');
const GENERATED: readonly (readonly [path: string, generator: string, make: () => string])[] = [
  [API_DOCS_PATH, 'scripts/api-docs.ts', apiDocs],
  [CONFIG_DOCS_PATH, 'scripts/config-docs.ts', configDocs],
  [METRICS_DOCS_PATH, 'scripts/metrics-docs.ts', metricsDocs],
  [TABLES_DOCS_PATH, 'scripts/tables-docs.ts', tablesDocs],
];

const problems: string[] = [];
for (const [path, generator, make] of GENERATED) {
  const absolute = join(ROOT, path);
  if (existsSync(absolute) && readFileSync(absolute, 'utf8') === make()) continue;
  problems.push(`${path} is stale: run node ${generator} and commit it`);
}
const pages = sourceFiles('.md').filter((path) => !path.startsWith('proto/opentelemetry/'));
for (const page of pages) {
  problems.push(...deadLinks(page, readFileSync(join(ROOT, page), 'utf8'), (path) => existsSync(join(ROOT, path))));
}
for (const problem of problems) console.error(problem);
console.log(`docs: ${pages.length} pages, ${GENERATED.length} of them generated, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
