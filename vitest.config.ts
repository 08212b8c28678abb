import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'],
    exclude: ['tests/soak/**', 'tests/bench/**'],
    pool: 'forks',
    maxWorkers: 3, // more than the two cores of CI: many tests wait for processes most of their time
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
