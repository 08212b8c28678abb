// Prometheus' own test scripts against the engine, on a memory store.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { runScript } from '#scripts/promqltest/run.ts';
import { memoryTarget } from '#scripts/promqltest/target.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';

/** By name: what the newer suite has takes the place of what the older one has. */
function scripts(): string[] {
  const byName = new Map<string, string>();
  for (const directory of ['promql/promqltest', 'promql/promqltest-3.15'])
    for (const name of readdirSync(sharedData(directory)).sort())
      if (name.endsWith('.test')) byName.set(name, join(sharedData(directory), name));
  return [...byName.values()];
}

describeWithData('promqltest', () => {
  it('passes every eval', async () => {
    const failures: string[] = [];
    let passed = 0;
    for (const path of scripts()) {
      const outcome = await runScript(memoryTarget(), readFileSync(path, 'utf8'));
      passed += outcome.passed.length;
      for (const { line, expected, got } of outcome.failures)
        failures.push(`${basename(path)}:${line}: expected ${expected}, got ${got}`);
    }
    console.log(`promqltest: ${passed} of ${passed + failures.length} evals pass`);
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThan(1000);
  });
});
