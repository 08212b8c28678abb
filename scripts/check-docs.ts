// Fails when a generated page under docs/ is not what its generator makes now.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_DOCS_PATH, configDocs } from './config-docs.ts';

const GENERATED: readonly (readonly [path: string, generator: string, make: () => string])[] = [
  [CONFIG_DOCS_PATH, 'scripts/config-docs.ts', configDocs],
];

let stale = 0;
for (const [path, generator, make] of GENERATED) {
  const absolute = join(import.meta.dirname, '..', path);
  if (existsSync(absolute) && readFileSync(absolute, 'utf8') === make()) continue;
  stale++;
  console.error(`${path} is stale: run node ${generator} and commit it`);
}
if (stale === 0) console.log(`docs: ${GENERATED.length} generated page(s) as their generators make them`);
process.exitCode = stale === 0 ? 0 : 1;
