// Prometheus' own test scripts against the engine, on a memory store. What it does not do yet is listed, and the list may only shrink.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectKnownFailures, readKnownFailures, type Outcome } from '#tests/support/known-failures.ts';
import { runScript } from '#scripts/promqltest/run.ts';
import { memoryTarget } from '#scripts/promqltest/target.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';

const LIST = new URL('./promql-known-failures.txt', import.meta.url);

describeWithData('promqltest', () => {
  it('passes every eval that is not a known failure', async () => {
    const directory = sharedData('promql/promqltest');
    const outcomes: Outcome[] = [];
    for (const name of readdirSync(directory).sort()) {
      const { passed, failures } = await runScript(memoryTarget(), readFileSync(join(directory, name), 'utf8'));
      outcomes.push(...passed.map((line) => ({ id: `${name}:${line}`, problem: undefined })));
      for (const { line, expected, got } of failures)
        outcomes.push({ id: `${name}:${line}`, problem: `expected ${expected}, got ${got}` });
    }
    const passed = outcomes.filter((one) => one.problem === undefined).length;
    console.log(`promqltest: ${passed} of ${outcomes.length} evals pass`);
    expect(outcomes.length).toBeGreaterThan(1000);
    expectKnownFailures(outcomes, readKnownFailures(LIST, 'promqltest'));
  });
});
