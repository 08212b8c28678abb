import { defineConfig } from 'vitest/config';

/** Whole processes that are killed, stopped and started again, what replays, draws samples or looks at all pages for a minute: `npm run test:long`. */
export const LONG = [
  'tests/collector/shard/rescue-statistics.test.ts',
  'tests/e2e/addresses.test.ts',
  'tests/e2e/axe.test.ts',
  'tests/e2e/clickhouse-away.test.ts',
  'tests/e2e/engine-killed.test.ts',
  'tests/e2e/ownership.test.ts',
  'tests/e2e/recorded-queries.test.ts',
  'tests/e2e/signals.test.ts',
  'tests/conformance/simulate-server.test.ts',
];

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'],
    exclude: ['tests/soak/**', 'tests/bench/**', ...LONG],
    pool: 'forks',
    maxWorkers: 2,
    maxConcurrency: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
