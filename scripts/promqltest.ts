// npm run promqltest -- FILES… [--store memory|clickhouse]: runs scripts of Prometheus' test language and fails when one of them does.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { clickHouseTarget } from './promqltest/clickhouse-target.ts';
import { runScript, type Failure } from './promqltest/run.ts';
import { memoryTarget } from './promqltest/target.ts';

const USAGE = 'usage: npm run promqltest -- FILES… [--store memory|clickhouse]';

function show({ line, what, expected, got }: Failure): string {
  return `  line ${line}: ${what}\n    expected: ${expected}\n    got:      ${got}`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { store: { type: 'string', default: 'memory' } },
});
if (positionals.length === 0 || !['memory', 'clickhouse'].includes(values.store)) {
  console.error(USAGE);
  process.exit(2);
}
// npm runs scripts in the root of the package: paths are meant from where the caller stands.
const directory = process.env['INIT_CWD'] ?? process.cwd();
const files = positionals.map((file) => path.resolve(directory, file));
const target = values.store === 'clickhouse' ? await clickHouseTarget() : memoryTarget();
try {
  for (const file of files) {
    const { passed, failures } = await runScript(target, readFileSync(file, 'utf8'));
    const total = passed.length + failures.length;
    console.log(`${path.basename(file)}: ${passed.length} passed, ${failures.length} failed, ${total} total`);
    for (const failure of failures) console.log(show(failure));
    if (failures.length > 0) process.exitCode = 1;
  }
} finally {
  await target.close();
}
