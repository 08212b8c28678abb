// Fails when the product has more type assertions (`x as T`; `as const` is none) than it may: a guard, a generic or a better type takes their place.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** What is left stands where bytes, JSON or the private members of a pinned package get their type. */
const MOST = 40;
/** Counted by themselves: their assertions are still to be looked at. */
const APART = [
  'collector/shard/',
  'collector/derive/',
  'collector/assemble/',
  'collector/rescue/',
  'collector/reconstruct/',
  'query/promql/',
  'query/api/prometheus/',
];

const OXLINT = join(import.meta.dirname, '..', 'node_modules', '.bin', 'oxlint');

const { stdout, stderr } = spawnSync(
  OXLINT,
  ['-c', '.oxlintrc.assertions.json', '--format', 'unix', 'collector', 'query', 'ui', 'proto', 'deploy'],
  { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
);
const found = stdout.split('\n').filter((line) => line.includes('consistent-type-assertions'));
const summary = /^(\d+) problems?/m.exec(stdout);
if (summary !== null && Number(summary[1]) !== found.length) throw new Error(`oxlint says something else: ${stdout}`);
// Without a finding and without a summary it has not run at all.
if (found.length === 0 && summary === null) throw new Error(`oxlint found nothing to count: ${stdout}${stderr}`);
const counted = found.filter((line) => !APART.some((folder) => line.startsWith(folder)));
const isTooMany = counted.length > MOST;
for (const line of isTooMany ? counted : []) console.error(`assertions: ${line}`);
console.log(`assertions: ${counted.length} of at most ${MOST}, ${found.length - counted.length} counted apart`);
process.exitCode = isTooMany ? 1 : 0;
