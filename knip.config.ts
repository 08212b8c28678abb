// What nothing uses fails the check. `knip` looks at everything, `knip --production --strict` at what is marked with `!`: the product and the
// scripts. There an export, a file or a dependency that only tests use is unused, and what is imported must be among the dependencies.
import type { KnipConfig } from 'knip';

const config: KnipConfig = ({ production = false }) => ({
  entry: [
    // Programs.
    '{collector,query,deploy/embedded-clickhouse}/main.ts!',
    'deploy/all-in-one.ts!',
    'deploy/cli/winnow.ts!',
    'scripts/*.{ts,mjs}!',
    // Loaded by name: deploy/cli/run-winnow.ts.
    'deploy/cli/commands/*.ts!',
    // Known without this, but then what they export would not be looked at.
    'tests/**/*.{test,bench}.ts',
    'tests/bench/promql-store-queries.ts',
    'tests/e2e/screenshots.ts',
    'tests/e2e/old-data/make.ts',
    'tests/deploy/embedded-clickhouse/launcher-process.ts',
  ],
  project: ['{collector,query,deploy,proto,ui,scripts}/**/*.{ts,tsx,mjs}!', 'tests/**/*.{ts,tsx}', '*.ts'],
  vite: { config: 'ui/vite.config.ts' },
  includeEntryExports: true,
  // A test may look at what a file of the product exports for it alone, as long as the file uses it, too.
  ignoreExportsUsedInFile: production,
  ignoreIssues: { 'deploy/cli/commands/*.ts': ['exports'] },
  // Part of the operating system.
  ignoreBinaries: ['prlimit'],
  ignoreDependencies: [
    // What the browser runs is built into ui/dist before: it stays a development dependency.
    '^@codemirror/!',
    '^@fontsource-variable/!',
    '^@tanstack/!',
    '@dagrejs/dagre!',
    '@lezer/highlight!',
    '@prometheus-io/codemirror-promql!',
    'lucide-react!',
    'react!',
    'react-dom!',
    'uplot!',
    'wouter!',
  ],
  treatConfigHintsAsErrors: true,
});
export default config;
