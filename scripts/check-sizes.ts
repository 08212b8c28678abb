// Keeps files small enough to be read in one sitting: fails over 400 lines unless listed with a reason.
import { readFileSync } from 'node:fs';
import { sourceFiles } from './source-files.ts';

const MOST_LINES = 400;
const EXCEPTIONS: Readonly<Record<string, string>> = {};

const files = sourceFiles('.ts', '.tsx', '.css').filter((file) => !file.endsWith('.d.ts'));
let failed = files.length === 0;
if (failed) console.error('sizes: no source files found: the check is looking at nothing');
const lengths: number[] = [];
for (const file of files) {
  const lines = readFileSync(file, 'utf8').split('\n').length - 1;
  lengths.push(lines);
  if (lines > MOST_LINES && EXCEPTIONS[file] === undefined) {
    console.error(
      `sizes: ${file} has ${lines} lines (over ${MOST_LINES}): divide it by stage, or list it with a reason in scripts/check-sizes.ts`,
    );
    failed = true;
  }
}
lengths.sort((a, b) => a - b);
console.log(
  `sizes: ${files.length} files, median ${lengths[lengths.length >> 1] ?? 0} lines, longest ${lengths.at(-1) ?? 0}`,
);
process.exitCode = failed ? 1 : 0;
