// Keeps files small enough to be read in one sitting: warns from 400 lines, fails over 600 unless listed with a reason.
import { readFileSync } from 'node:fs';
import { sourceFiles } from './source-files.ts';

const WARN_LINES = 400;
const FAIL_LINES = 600;
const EXCEPTIONS: Readonly<Record<string, string>> = {};

const files = sourceFiles('.ts', '.tsx', '.css').filter((file) => !file.endsWith('.d.ts'));
let failed = files.length === 0;
if (failed) console.error('sizes: no source files found: the check is looking at nothing');
const lengths: number[] = [];
for (const file of files) {
  const lines = readFileSync(file, 'utf8').split('\n').length - 1;
  lengths.push(lines);
  if (lines > FAIL_LINES && EXCEPTIONS[file] === undefined) {
    console.error(`sizes: ${file} has ${lines} lines (over ${FAIL_LINES}): divide it by stage, or list it with a reason in scripts/check-sizes.ts`);
    failed = true;
  } else if (lines > WARN_LINES) {
    console.warn(`sizes: ${file} has ${lines} lines`);
  }
}
lengths.sort((a, b) => a - b);
console.log(`sizes: ${files.length} files, median ${lengths[lengths.length >> 1] ?? 0} lines, longest ${lengths.at(-1) ?? 0}`);
process.exitCode = failed ? 1 : 0;
