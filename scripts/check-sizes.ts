// Fails where source files are larger than scripts/sizes.ts allows.
import { readFileSync } from 'node:fs';
import { sizesOf } from './sizes.ts';
import { sourceFiles } from './source-files.ts';

const files = sourceFiles('.ts', '.tsx', '.css').filter((file) => !file.endsWith('.d.ts'));
const { problems, summary } = sizesOf(new Map(files.map((file) => [file, readFileSync(file, 'utf8')])));
for (const problem of problems) console.error(`sizes: ${problem}`);
console.log(`sizes: ${summary}`);
process.exitCode = problems.length === 0 ? 0 : 1;
