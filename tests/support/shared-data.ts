// Finds the shared captures and conformance cases, which lie beside the repository and are never copied into it.
/* oxlint-disable vitest/no-conditional-tests, vitest/valid-describe-callback, vitest/valid-title, vitest/no-disabled-tests -- this is the one place that decides whether suites over shared data run */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const repositoryRoot = resolve(import.meta.dirname, '..', '..');

/** Root of the shared data: `$WINNOW_SHARED_DATA`, else `../shared/data` beside the repository. */
const root = resolve(process.env['WINNOW_SHARED_DATA'] ?? join(repositoryRoot, '..', 'shared', 'data'));

const required = process.env['CI'] === 'true';

/** Whether the shared data are there. In CI their absence is a failure, never a silent pass. */
const hasSharedData: boolean = existsSync(join(root, 'MANIFEST.csv'));

if (!hasSharedData && !required) {
  console.warn(`notice: no shared data in ${root}: the tests that read captures do not run (set WINNOW_SHARED_DATA)`);
}

/**
 * Absolute path of a shared file.
 * @param path below the root, e.g. `otlp/train-ticket-12min.otlp.pb.frames`
 * @throws Error naming the path when it is absent
 */
export function sharedData(path: string): string {
  const absolute = join(root, path);
  if (!existsSync(absolute)) throw new Error(`shared data absent: ${absolute} (set WINNOW_SHARED_DATA to their root)`);
  return absolute;
}

/**
 * `describe` for suites that read shared data: absent data fail in CI; elsewhere the suite is left out after the notice above,
 * and not even entered, since it may read the data while it is being collected.
 */
export function describeWithData(name: string, suite: () => void): void {
  if (hasSharedData || required) describe(name, suite);
  else
    describe.skip(`${name} (no shared data)`, () =>
      it('runs where the shared data are', () => expect(hasSharedData).toBe(true)));
}
