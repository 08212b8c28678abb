// The search for what nothing uses sees each kind of violation: all are planted in a small project with the same configuration.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const PLANTED: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'planted',
    private: true,
    type: 'module',
    imports: { '#collector/*': './collector/*' },
    dependencies: { yaml: '1', 'left-over': '1' },
    devDependencies: { react: '1', 'fast-check': '1', vitest: '1', 'left-over-too': '1' },
  }),
  'collector/main.ts':
    "import 'yaml';\nimport 'not-declared';\nimport 'fast-check';\nimport { used } from './part.ts';\nused();\nexport const AT_ENTRY = 1;\n",
  'collector/part.ts':
    'export const used = (): number => LOOKED_AT;\nexport const LOOKED_AT = 1;\nexport const UNUSED = 1;\nexport type Unused = string;\n' +
    'export const FOR_TESTS = 1;\nexport const ONCE = 1;\nexport const TWICE = ONCE;\n',
  'collector/never.ts': '',
  'collector/for-tests.ts': 'export const WHOLE_FILE = 1;\n',
  'tests/part.test.ts':
    "import { test } from 'vitest';\nimport 'react';\nimport { WHOLE_FILE } from '#collector/for-tests.ts';\nimport { FOR_TESTS, LOOKED_AT, ONCE, TWICE } from '#collector/part.ts';\n" +
    'test(String([FOR_TESTS, LOOKED_AT, ONCE, TWICE, WHOLE_FILE]), () => {});\nexport const IN_TEST = 1;\n',
};

const project = mkdtempSync(path.join(tmpdir(), 'winnow-unused-'));
for (const [file, text] of Object.entries(PLANTED)) {
  mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
  writeFileSync(path.join(project, file), text);
}
copyFileSync(path.join(ROOT, 'knip.config.ts'), path.join(project, 'knip.config.ts'));
afterAll(() => rmSync(project, { recursive: true }));

/** What knip finds: a kind and a name each. */
function found(...flags: string[]): string[] {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'node_modules/knip/bin/knip.js'), '--no-progress', '--reporter', 'json', ...flags],
    { cwd: project, encoding: 'utf8' },
  );
  expect(stderr).not.toContain('Error');
  const { issues } = JSON.parse(stdout) as { issues: Readonly<Record<string, string | readonly unknown[]>>[] };
  const kinds = issues.flatMap((issue) =>
    Object.entries(issue).flatMap(([kind, list]) =>
      typeof list === 'string' ? [] : list.map((one) => [kind, one] as const),
    ),
  );
  return kinds
    .map(
      ([kind, one]) =>
        `${kind} ${[one]
          .flat()
          .map((each) => (each as { name: string }).name)
          .join(' ')}`,
    )
    .toSorted();
}

it('in everything: files, exports, types and dependencies that nothing uses, what is exported twice, what is not declared', () => {
  expect(found()).toEqual([
    'dependencies left-over',
    'devDependencies left-over-too',
    'duplicates ONCE TWICE',
    'exports AT_ENTRY',
    'exports IN_TEST',
    'exports UNUSED',
    'files collector/never.ts',
    'types Unused',
    'unlisted not-declared',
  ]);
});

it('in the product: what only tests use, and development dependencies that are imported', () => {
  expect(found('--production', '--strict')).toEqual([
    'dependencies left-over',
    'duplicates ONCE TWICE',
    'exports AT_ENTRY',
    'exports FOR_TESTS',
    'exports TWICE',
    'exports UNUSED',
    'files collector/for-tests.ts',
    'files collector/never.ts',
    'types Unused',
    'unlisted fast-check',
    'unlisted not-declared',
  ]);
});
