// Answers recorded from a real Prometheus, against the engine on the same data. Known failures are listed, and the list may only shrink.
import { expect, it } from 'vitest';
import type { EngineOptions } from '#query/promql/engine.ts';
import { DEFAULT_LIMITS } from '#query/promql/limits.ts';
import { expectKnownFailures, readKnownFailures } from '#tests/support/known-failures.ts';
import { checkRecorded, loadDataset, readLines, type RecordedQuery } from '#tests/support/promql-oracle.ts';
import { describeWithData } from '#tests/support/shared-data.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';

const LIST = new URL('./promql-known-failures.txt', import.meta.url);

const FILES: readonly (readonly [name: string, options: Partial<EngineOptions>])[] = [
  ['queries', {}],
  ['queries-experimental', { features: ALL_FEATURES }],
  ['queries-delayed-name-removal', { delayedNameRemoval: true }],
  ['queries-limits', { limits: { ...DEFAULT_LIMITS, maxSamples: 1000 } }],
];

describeWithData('recorded PromQL answers', () => {
  it.each(FILES)('%s: every answer that is not a known failure is the recorded one', async (name, options) => {
    const store = loadDataset();
    const outcomes = [];
    for (const recorded of readLines(`expected/promql/${name}.jsonl.gz`) as RecordedQuery[]) {
      outcomes.push({ id: recorded.id, problem: await checkRecorded(store, recorded, options) });
    }
    console.log(
      `${name}: ${outcomes.filter((one) => one.problem === undefined).length} of ${outcomes.length} answers equal the recorded ones`,
    );
    expect(outcomes.length).toBeGreaterThan(7);
    expectKnownFailures(outcomes, readKnownFailures(LIST, name));
  });
});
