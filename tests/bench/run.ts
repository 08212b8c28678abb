// Runs the benchmarks one after the other, each in a process of its own: node tests/bench/run.ts [NAME…]. Figures belong in docs/benchmarks.md.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Longest a single benchmark may take before it counts as hanging. */
const TIMEOUT_MS = 10 * 60_000;

const wanted = process.argv.slice(2);
const files = readdirSync(import.meta.dirname).filter(
  (name) => name.endsWith('.bench.ts') && (wanted.length === 0 || wanted.some((word) => name.includes(word))),
);
if (files.length === 0) {
  console.error(
    `no benchmark is called ${wanted.join(', ')}; there are: ${readdirSync(import.meta.dirname)
      .filter((name) => name.endsWith('.bench.ts'))
      .join(', ')}`,
  );
  process.exit(2);
}
let failed = 0;
for (const [i, file] of files.entries()) {
  console.log(`\n[${i + 1}/${files.length}] ${file}`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', path.join(import.meta.dirname, file)], {
    stdio: 'inherit',
    timeout: TIMEOUT_MS,
  });
  if (status !== 0) {
    console.error(`${file} ended with ${status}`);
    failed++;
  }
}
process.exitCode = failed === 0 ? 0 : 1;
