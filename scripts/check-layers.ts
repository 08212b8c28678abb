// Fails when a folder imports what its row does not allow, or a file is not as pure as it has to be: layers.ts. The table in ARCHITECTURE.md is
// that one in words.
import { readFileSync } from 'node:fs';
import { violationsIn } from './layers.ts';
import { sourceFiles } from './source-files.ts';

const sources = new Map(sourceFiles('.ts', '.tsx', '.mjs').map((file) => [file, readFileSync(file, 'utf8')]));
const violations = violationsIn(sources);
if (sources.size === 0) violations.push('no source files found: the check is looking at nothing');
for (const violation of violations) console.error(`layers: ${violation}`);
console.log(`layers: ${sources.size} files, ${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
